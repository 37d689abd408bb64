// What the command reads and rewrites: env files, kits, a program's output.
import { parseEnv } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEnvFile } from "../../clients/cli/env-file.ts";
import { quoted } from "../../clients/cli/env-format.ts";
import { launchdPlist, systemdService } from "../../clients/cli/install-units.ts";
import { kitText, parseKit } from "../../clients/cli/kit.ts";
import { createMasker, MASKED_LENGTH_MIN } from "../../clients/cli/mask.ts";

const values = (text: string) =>
  Object.fromEntries(parseEnvFile(text).flatMap((line) => (line.kind === "variable" ? [[line.name, line.value]] : [])));

describe("an env file", () => {
  test.each([
    ["a plain value", "A=1", { A: "1" }],
    ["export", "export A=1", { A: "1" }],
    ["single quotes", "A='x # y'", { A: "x # y" }],
    ["double quotes and an escape", 'A="x\\ny"', { A: "x\ny" }],
    ["a comment behind a value", "A=1 # one", { A: "1" }],
    ["a value over lines", 'A="x\ny"\nB=2', { A: "x\ny", B: "2" }],
    ["an equals sign in a value", "A=b=c", { A: "b=c" }],
    ["an empty value", "A=", { A: "" }],
    ["CR LF", "A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["a byte order mark", "\ufeffA=1", { A: "1" }],
    ["a name twice: the last one", "A=1\nA=2", { A: "2" }],
  ])("with %s is read as Node reads it", (_what, text, expected) => {
    expect(values(text)).toEqual(expected);
    expect(values(text)).toEqual({ ...parseEnv(text.replace(/^\ufeff/, "")) });
  });

  test.each(["nonsense", "=x", "1A=x", "A B=x", "- A=1"])("%s is told as not understood, by its line", (line) => {
    expect(parseEnvFile(`OK=1\n${line}\n`)[1]).toMatchObject({ kind: "unknown", number: 2 });
  });

  test("of any bytes is read without an error, and no line of it is lost", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("A", "=", "'", '"', "`", "\n", "#", " ", "\\", "\r", "$", "é"),
          maxLength: 60,
        }),
        (text) => {
          expect(
            parseEnvFile(text)
              .map((line) => line.raw)
              .join("\n"),
          ).toBe(text);
        },
      ),
    );
  });

  test("with a reference put in is read back as that reference", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."abcXYZ019 -_."), minLength: 1, maxLength: 12 }), (title) => {
        const reference = `op://${title}/X/password`;
        expect(values(`A=${quoted(reference)}`)).toEqual({ A: reference });
      }),
    );
  });
});

describe("masking", () => {
  const secret = fc.string({ unit: fc.constantFrom(..."abcd"), minLength: MASKED_LENGTH_MIN, maxLength: 10 });

  test("hides every secret however the output is cut", () => {
    fc.assert(
      fc.property(
        secret,
        fc.array(fc.oneof(fc.constant(undefined), fc.string({ unit: fc.constantFrom(..."abcxyz"), maxLength: 6 })), {
          maxLength: 10,
        }),
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 60 }),
        (hidden, parts, sizes) => {
          const text = parts.map((part) => part ?? hidden).join("|");
          const masker = createMasker([hidden]);
          let out = "";
          let at = 0;
          for (const size of sizes) {
            out += masker.push(text.slice(at, at + size));
            at += size;
          }
          out += masker.push(text.slice(at)) + masker.end();
          expect(out.replaceAll("<concealed by postern>", "")).not.toContain(hidden);
          expect(out).toBe(text.replaceAll(hidden, "<concealed by postern>"));
        },
      ),
    );
  });

  test("leaves output without secrets as it is", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (chunks) => {
        const masker = createMasker(["a secret that does not occur in it"]);
        expect(chunks.map((chunk) => masker.push(chunk)).join("") + masker.end()).toBe(chunks.join(""));
      }),
    );
  });

  test("passes over what is too short to be told from other text, and hides one character more", () => {
    const mask = (hidden: string) => {
      const masker = createMasker([hidden]);
      return masker.push(`<${hidden}>`) + masker.end();
    };
    expect(mask("x".repeat(MASKED_LENGTH_MIN - 1))).toContain("xxx");
    expect(mask("x".repeat(MASKED_LENGTH_MIN))).not.toContain("xxxx");
  });

  test("hides a secret of several lines as a terminal shows it", () => {
    const masker = createMasker(["one\ntwo"]);
    expect(masker.push("one\r\ntwo") + masker.end()).toBe("<concealed by postern>");
  });
});

describe("an emergency kit", () => {
  const kit = {
    account: "a".repeat(26),
    user: "b".repeat(26),
    name: "Ada L.",
    service: "https://postern.example",
    secretKey: "P1-ABCDEF-GHJKMN-PQRSTV-WXYZ01-234567",
  };

  test.each(["https://postern.example", "embedded"])("of a service at %s is read back from its own text", (service) => {
    const { name: _name, ...rest } = { ...kit, service };
    expect(parseKit(kitText({ ...kit, service }))).toEqual(rest);
  });

  test.each(["Account ", "User", "Service", "Secret Key"])("without its line %s is refused", (label) => {
    const text = kitText(kit)
      .split("\n")
      .filter((line) => !line.startsWith(`${label.trim()} `) || line.startsWith("Account name"))
      .join("\n");
    expect(() => parseKit(text)).toThrow("not an emergency kit");
  });

  test("of any text is refused or read, never an unforeseen error", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseKit(text)).toThrow("not an emergency kit");
      }),
    );
  });
});

describe("units", () => {
  const parts = {
    node: "/opt/node with space/bin/node",
    options: ["--disable-sigusr1"],
    program: '/home/a%b/"x"/agent.js',
    home: "/home/a&b",
  };

  test("quote spaces and quotes and double percent signs for systemd", () => {
    expect(systemdService(parts)).toContain(
      'ExecStart="/opt/node with space/bin/node" --disable-sigusr1 "/home/a%%b/\\"x\\"/agent.js"\n',
    );
  });

  test("escape markup for launchd", () => {
    const plist = launchdPlist(parts);
    expect(plist).toContain("<string>/home/a&amp;b</string>");
    expect(plist.match(/<\w+(?: version="1\.0")?>/g)?.length).toBe(plist.match(/<\/\w+>/g)?.length ?? 0);
  });
});
