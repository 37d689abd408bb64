// The command's parsers: env files, kits, a program's output.
import { parseEnv } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { launchdPlist, systemdService } from "../../clients/cli/agent/install-units.ts";
import { kitText, parseKit } from "../../clients/cli/agent/kit.ts";
import { parseEnvFile } from "../../clients/cli/env/env-file.ts";
import { quoted } from "../../clients/cli/env/env-format.ts";

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

  test.each(["nonsense", "=x", "1A=x", "A B=x", "- A=1"])("%s is reported as not understood, by its line", (line) => {
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

  test("with an inserted reference is read back as that reference", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."abcXYZ019 -_."), minLength: 1, maxLength: 12 }), (title) => {
        const reference = `op://${title}/X/password`;
        expect(values(`A=${quoted(reference)}`)).toEqual({ A: reference });
      }),
    );
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

  test.each(["../../../victim2", "/etc", "a".repeat(27), "A".repeat(26)])(
    "with the id %s is refused by its line",
    (id) => {
      for (const [field, label] of [
        ["account", "Account"],
        ["user", "User"],
      ])
        expect(() => parseKit(kitText({ ...kit, [field as string]: id }))).toThrow(
          `the line ${label} of this file holds no id`,
        );
    },
  );

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
