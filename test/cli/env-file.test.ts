// Env files: the meaning of each form, refusals with the line, and values that are written and read back.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in the texts that are read are what is tested.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENV_FILE_BYTES_MAX, parseEnvFile } from "../../clients/cli/env/env-file.ts";
import { DOCKER_LINE_BYTES_MAX, envFormats, quoted, written } from "../../clients/cli/env/env-format.ts";
import { importSource } from "../../clients/cli/env/env-import.ts";
import { readEnvFile, variablesOf } from "../../clients/cli/env/env-source.ts";
import { isPlain } from "../../clients/cli/items/plain-value.ts";
import vectors from "../vectors/env-files.json" with { type: "json" };

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-e-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const values = (text: string) =>
  Object.fromEntries(parseEnvFile(text).flatMap((line) => (line.kind === "variable" ? [[line.name, line.value]] : [])));
const unknown = (text: string) =>
  parseEnvFile(text).flatMap((line) => (line.kind === "unknown" ? [[line.number, line.why]] : []));

type Vector = {
  name: string;
  file?: string;
  fileBase64?: string;
  want?: Record<string, string>;
  refused?: { line?: number; says?: string };
  note?: string;
};

describe("a file of the cases", () => {
  const parsed = (vectors as Vector[]).filter(({ name }) => !name.startsWith("reference "));
  test.each(parsed.map((vector) => [vector.name, vector] as const))(
    "%s",
    (_name, { file, fileBase64, want, refused }) => {
      writeFileSync(at("case.env"), fileBase64 === undefined ? (file ?? "") : Buffer.from(fileBase64, "base64"));
      const read = () =>
        Object.fromEntries(variablesOf(at("case.env"), "nothing was done").map(({ name, value }) => [name, value]));
      // An apostrophe inside single quotes has two right answers. We refuse the file.
      if (want !== undefined && want.K !== "it's") return expect(read()).toEqual(want);
      const said = refused?.says ?? `line ${refused?.line ?? 1} `;
      expect(read).toThrow(said);
    },
  );
});

describe("a value", () => {
  test.each([
    ["between double quotes knows six escapes", String.raw`A="\n\r\t\"\\\$\`"`, '\n\r\t"\\$`'],
    ["keeps a backslash before anything else", String.raw`A="C:\dir\x"`, "C:\\dir\\x"],
    ["keeps a backslash before a line's end", 'A="one\\\ntwo"', "one\\\ntwo"],
    ["between single quotes knows no escape", String.raw`A='\n\\'`, "\\n\\\\"],
    ["between backticks knows none either", 'A=`it\'s "x" \\n`', 'it\'s "x" \\n'],
    ["without quotes keeps quotes inside", "A=it's 5\" wide", "it's 5\" wide"],
    ["without quotes keeps a backslash", String.raw`A=C:\new`, "C:\\new"],
    ["begins behind blanks and tabs", "A\t=  \tx", "x"],
    ["keeps other white space at its ends", "A=\u00a0x\u00a0", "\u00a0x\u00a0"],
    ["over lines of a file with CR LF has LF", 'B=1\r\nA="x\r\ny"\r\n', "x\ny"],
    ["over lines keeps a CR where other lines have none", 'B=1\nA="x\r\ny"\n', "x\r\ny"],
    ["keeps a CR between quotes", "A='x\ry'\n", "x\ry"],
    ["in front of a name called export", "export=1\nA=2", "2"],
    ["of a name that every object has", "__proto__=1\nA=2", "2"],
  ])("%s", (_what, text, expected) => {
    expect(values(text).A).toBe(expected);
    expect(unknown(text)).toEqual([]);
  });

  test("of __proto__ is a variable as any other", () => {
    expect(Object.getOwnPropertyDescriptor(values("__proto__=1"), "__proto__")?.value).toBe("1");
  });
});

describe("a line is refused", () => {
  test.each([
    ["with text behind a closing quote", `A="x"y\n`, "text stands behind its closing quote"],
    ["with a hash right behind a closing quote", `A="x"#y\n`, "text stands behind its closing quote"],
    ["with a JSON text in quotes of its own", `A="{"a":1}"\n`, "text stands behind its closing quote"],
    ["with a shell's way to write an apostrophe", `A='it'\\''s'\n`, "text stands behind its closing quote"],
    ["with a quote that closes nowhere", "A='x\n", "its quote never closes"],
    ["with a quote that only a backslash closes", 'A="C:\\dir\\"\n', "its quote never closes"],
    ["with a quote that closes inside another's line", 'A="x\nB="y"\n', "its quote never closes"],
    ["with a zero byte", "A=x\0y\n", "its value holds a zero byte"],
    ["with a CR in it", "A=1\rB=2\n", "a carriage return stands inside it"],
    ["as a comment with a CR in it", "# x\rB=2\n", "a carriage return stands inside it"],
    ["with a CR behind a closing quote", "A='x'\rB=2\n", "text stands behind its closing quote"],
    ["with a name in quotes", "'A'=1\n", "a name has letters"],
    ["with a name that is no ASCII", "Ä=1\n", "a name has letters"],
    ["with a mark in front of a later name", "\ufeff\ufeffA=1\n", "a name has letters"],
    ["with += ", "A+=1\n", "a name has letters"],
    ["as YAML", "A: 1\n", "it is no NAME=value"],
    ["as an export of nothing", "export A\n", "it is no NAME=value"],
  ])("%s, and what follows is read", (_what, text, why) => {
    expect(unknown(`# first\n${text}LAST=ok\n`)).toEqual([[2, expect.stringContaining(why)]]);
    expect(values(`${text}LAST=ok\n`).LAST).toBe("ok");
  });

  test("after ten others, and the rest are counted", () => {
    writeFileSync(at("prose.env"), `A=1\n${"not one\n".repeat(12)}`);
    expect(() => variablesOf(at("prose.env"), "x")).toThrow(/line 11 \([^)]*\) and 2 more$/);
  });
});

describe("a file whose only variable is refused", () => {
  test.each([
    ["A='a'b\n", "line 1 (text stands behind its closing quote)"],
    ["A=a\0b\n", "line 1 (its value holds a zero byte)"],
    ['A="x\n', "line 1 (its quote never closes)"],
    ["A=1\r2\n", "line 1 (a carriage return stands inside it)"],
  ])("%j is reported by that line alone", (text, why) => {
    writeFileSync(at("only.env"), text);
    expect(() => variablesOf(at("only.env"), "x")).toThrow(new RegExp(`${why.replace(/[()]/g, "\\$&")}$`));
  });

  test("is no env file where no line sets one", () => {
    writeFileSync(at("only.env"), "some prose\n");
    expect(() => variablesOf(at("only.env"), "x")).toThrow("there is no NAME=value in it");
  });
});

describe("a quote that closes lines later", () => {
  const told = (text: string) => {
    const said: string[] = [];
    writeFileSync(at("runs-on.env"), text);
    variablesOf(at("runs-on.env"), "x", (one) => said.push(one));
    return said;
  };
  const key = `${"Ab9+".repeat(16)}\n`;

  test.each([
    ["with a value", 'A="abc\nB=def"\nC=1\n'],
    ["with a value behind export and blanks", "A='abc\n export B = def'\n"],
    ["without a value", "A='abc\nb=\nc='\n"],
    ["with CR LF", 'A="abc\r\nB=def"\r\n'],
    ["behind a comment", "A=`abc\n# c\nb.c=d`\n"],
    ["that ends as base64 does, behind no base64", 'A="abc\nabc="\n'],
  ])("and swallowed a variable %s is reported by its lines and no value", (_what, text) => {
    const last = text.split("\n").findIndex((line) => /["'`]\r?$/.test(line)) + 1;
    expect(told(text)).toEqual([
      `postern: lines 1 to ${last} of ${at("runs-on.env")}: A: lines inside its quotes look like variables of their own; a quote may be missing`,
    ]);
  });

  test.each([
    ["prose", 'A="one\ntwo"\n'],
    ["a key", `A="-----BEGIN X-----\n${key}${key}Ab=\n-----END X-----\n"\n`],
    ["a key with two signs at its end", `A="${key}Ab==\n"\n`],
    ["an assignment in its first line", 'A="b=c\nd"\n'],
    ["no lines", 'A="B=1"\n'],
  ])("and has %s in it is not", (_what, text) => {
    expect(told(text)).toEqual([]);
  });
});

describe("bytes", () => {
  test("of the largest file are read, and one more is refused", () => {
    const most = Buffer.alloc(ENV_FILE_BYTES_MAX, "#");
    writeFileSync(at("most.env"), most);
    expect(readEnvFile(at("most.env"))).toHaveLength(1);
    writeFileSync(at("more.env"), Buffer.concat([most, Buffer.from("#")]));
    expect(() => readEnvFile(at("more.env"))).toThrow(`has at most ${ENV_FILE_BYTES_MAX} bytes`);
  });

  test.each(["utf16le", "utf16be"] as const)(
    "of %s are reported by its name, with a byte order mark and without",
    (encoding) => {
      for (const text of ["\ufeffA=1\n", "A=1\n"]) {
        const bytes = Buffer.from(text, "utf16le");
        writeFileSync(at("wide.env"), encoding === "utf16be" ? bytes.swap16() : bytes);
        expect(() => readEnvFile(at("wide.env"))).toThrow("UTF-16");
      }
    },
  );

  test("that are no UTF-8 are reported by their line, wherever they stand", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.constantFrom(0xff, 0xe4, 0xc0, 0x80), (before, after, wrong) => {
        const bytes = [
          Buffer.from("A=é\n".repeat(before)),
          Buffer.from([wrong, 0x0a]),
          Buffer.from("B=1\n".repeat(after)),
        ];
        writeFileSync(at("wrong.env"), Buffer.concat(bytes));
        expect(() => readEnvFile(at("wrong.env"))).toThrow(`line ${before + 1} `);
      }),
      { numRuns: 50 },
    );
  });

  test("come through a pipe too", () => {
    execFileSync("mkfifo", [at("pipe")]);
    spawn("sh", ["-c", `printf 'A=1\\n' > "$0"`, at("pipe")], { stdio: "ignore" });
    expect(readEnvFile(at("pipe"))[0]).toMatchObject({ name: "A", value: "1" });
  });

  test.each([
    ["nothing.env", "could not be read (ENOENT)"],
    [".", "could not be read (EISDIR)"],
  ])("of %s are reported missing by an errno", (name, why) => {
    expect(() => readEnvFile(at(name))).toThrow(why);
  });
});

const nasty = fc.string({
  unit: fc.constantFrom(
    ..."aé€😀 =#'\"`\\$!{}()\n\r\t;&|<>*?~%:-+,@^[]\u00a0\u2028",
    "$$",
    "${X}",
    "$(id)",
    "\r\n",
    "`id`",
    "\x01",
    "\x7f",
  ),
  maxLength: 24,
});

describe("a value that is written", () => {
  test.each(["dotenv", "sh"] as const)("as %s is read back as it was, also over lines", (format) => {
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 5 }), (all) => {
        const named = all.map((value, index) => ({ name: `V${index}`, value }));
        const text = written(format, named);
        expect(unknown(text)).toEqual([]);
        expect(values(text)).toEqual(Object.fromEntries(named.map(({ name, value }) => [name, value])));
      }),
      { numRuns: 2_000 },
    );
  });

  test("as docker takes it is read back as it was, or is refused by its name", () => {
    let taken = 0;
    fc.assert(
      fc.property(nasty, (value) => {
        let text: string;
        try {
          text = written("docker", [{ name: "A", value }]);
        } catch (error) {
          expect(String(error)).toMatch(/A: the value fits into no file/);
          return;
        }
        taken++;
        expect(text).toBe(`A=${value}\n`);
        expect([values(text), unknown(text)]).toEqual([{ A: value }, []]);
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  test("is never put between backticks, which a shell would run", () => {
    fc.assert(fc.property(nasty, (value) => !quoted(value).startsWith("`")));
  });

  test.each([
    ["a zero byte", "a\0b", ["dotenv", "sh", "fish", "docker"]],
    ["half a letter", "\ud800", ["dotenv", "sh", "fish", "docker"]],
    ["a newline", "a\nb", ["docker"]],
    ["a CR at the end", "a\r", ["docker"]],
    ["a CR inside", "a\rb", ["docker"]],
    ["a blank at its start", " a", ["docker"]],
    ["a blank at its end", "a\t", ["docker"]],
    ["blanks alone", "  ", ["docker"]],
    ["quotes around it", "'x'", ["docker"]],
    ["no more than quotes", '""', ["docker"]],
    ["a quote at its start", '"x', ["docker"]],
    ["a backtick at its start", "`id`", ["docker"]],
    ["a hash behind a blank", "a #b", ["docker"]],
    ["a hash behind a letter", "#a#b", []],
    ["quotes inside", `{"a":'b'}`, []],
  ])("with %s is refused by its name where it does not fit", (_what, value, refusing) => {
    for (const format of envFormats) {
      const write = () =>
        written(format, [
          { name: "FINE", value: "x" },
          { name: "ODD", value },
        ]);
      if (refusing.includes(format)) expect(write).toThrow(/^ODD: /);
      else expect(write()).toContain("ODD");
    }
  });

  test("as docker takes it is as long as its line reader's buffer, and no longer", () => {
    const value = "x".repeat(DOCKER_LINE_BYTES_MAX - "A=".length);
    expect(written("docker", [{ name: "A", value }])).toBe(`A=${value}\n`);
    expect(() => written("docker", [{ name: "A", value: `${value}x` }])).toThrow(/^A: /);
  });

  test.each([
    ["UID", ["dotenv", "sh"]],
    ["EUID", ["dotenv", "sh"]],
    ["PPID", ["dotenv", "sh"]],
    ["SHELLOPTS", ["dotenv", "sh"]],
    ["BASHOPTS", ["dotenv", "sh"]],
    ["USERNAME", ["dotenv", "sh"]],
    ["path", ["dotenv", "sh"]],
    ["status", ["dotenv", "sh", "fish"]],
    ["IFS", ["dotenv", "sh", "fish"]],
    ["TMOUT", ["dotenv", "sh"]],
    ["POSIXLY_CORRECT", ["dotenv", "sh"]],
    ["HOME", []],
    ["PWD", ["fish"]],
    ["PATH", []],
    ["TZ", []],
    ["DATABASE_URL", []],
  ])("under the name %s is refused by it in %j alone", (name, refusing) => {
    for (const format of envFormats) {
      const write = () => written(format, [{ name, value: "1000" }]);
      if (refusing.includes(format)) expect(write).toThrow(`${name}: a shell keeps this name for itself`);
      else expect(write()).toContain("1000");
    }
  });

  test("as JSON has every value, under every name", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const all = JSON.parse(written("json", [{ name: "__proto__", value }])) as object;
        expect(Object.getOwnPropertyDescriptor(all, "__proto__")?.value).toBe(value);
      }),
    );
  });
});

describe("an import", () => {
  const source = (text: string, options = {}) => {
    writeFileSync(at("import.env"), text);
    return importSource(at("import.env"), options);
  };

  test.each([
    ["a name that is set again", "A=1\nA=2\n", 1, "set again in line 2"],
    ["a comment behind a value", "A=1 # 2\n", 1, "is a comment"],
    ["a comment behind a quote", "A='1' # 2\n", 1, "is a comment"],
    ["blanks at the end", "A=1  \n", 1, "blanks at the end"],
    ["a value over lines", 'A="1\n2"\n', 1, "runs on to line 2"],
    ["a quote that took other variables along", 'A="1\nB=2\nC=3"\n', 1, "a quote may be missing"],
    ["a dollar sign", "A=$HOME/x\n", 1, "$ stays as it is"],
    ["a reference in other quotes", `A="'op://V/I/f'"\n`, 1, "looks like a reference"],
  ])("reports %s", (_what, text, line, note) => {
    const { notes } = source(text);
    expect(notes).toContainEqual({ line, name: "A", note: expect.stringContaining(note) });
    for (const { note: told } of notes) expect(told.replace(/(?:to|in) line \d/, "")).not.toMatch(/[123]|HOME|V/);
  });

  test("keeps the blank before a comment that stands in place of a value", () => {
    expect(
      source("A= # first\nB=\t# x\nC=   \n").lines.map((line) => (line.kind === "variable" ? line.tail : "")),
    ).toEqual([" # first", "\t# x", "   ", ""]);
  });

  test("tells of nothing in an ordinary file", () => {
    expect(source("# x\nA=1\nB='two words'\nexport C=\"x\"\nD=op://V/I/f\nE={{ op://V/I/f }}\n").notes).toEqual([]);
  });

  test.each([
    [{ only: ["A"] }, ["A"]],
    [{ except: ["A"] }, ["B", "C"]],
    [{ only: ["A", "B"], except: ["A"] }, ["B"]],
  ])("with %j takes %j", (options, taken) => {
    expect([...source("A=1\nB=2\nC=3\n", options).taken.keys()]).toEqual(taken);
  });

  test.each([{ only: ["hunter2"] }, { except: ["hunter2"] }, { plain: ["hunter2"] }])(
    "with %j refuses a name that is not there, without repeating it",
    (options) => {
      expect(() => source("A=1\n", options)).toThrow(/^--\w+ names a variable that \S+ does not set$/);
    },
  );

  test("that leaves nothing is refused", () => {
    expect(() => source("A=1\n", { except: ["A"] })).toThrow("leave nothing");
  });

  test.each([
    ["true", true],
    ["False", true],
    ["5432", true],
    ["-1.5", true],
    ["99999", true],
    ["100000", false],
    ["12345.6", false],
    ["yes", false],
    ["0x10", false],
    ["1e5", false],
    ["", false],
    ["truer", false],
    ["op://V/I/f", true],
    ["x{{ op://V/I/f }}", false],
  ])("takes %j for plain: %j", (value, plain) => {
    expect(isPlain("A", value, new Set())).toBe(plain);
    expect(isPlain("A", value, new Set(["A"]))).toBe(true);
  });
});
