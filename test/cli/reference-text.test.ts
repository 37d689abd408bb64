// References as people write them: with variables, as places in a longer text, at boundaries, and texts that only look like one.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in the texts that are read are what is tested.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escaped } from "../../clients/cli/terminal/escape.ts";
import {
  almostLines,
  bracedPlaces,
  expanded,
  looksLikeReference,
  placesOf,
  replaced,
} from "../../clients/cli/text/reference-text.ts";

const variables = new Map([
  ["VAULT", "Demo"],
  ["EMPTY", ""],
  ["A_1", "x"],
]);

describe("a variable in a reference", () => {
  test.each([
    ["op://${VAULT}/I/f", "op://Demo/I/f"],
    ["op://$VAULT/I/f", "op://Demo/I/f"],
    ["op://$VAULT-2/I/f", "op://Demo-2/I/f"],
    ["op://${VAULT}2/I/f", "op://Demo2/I/f"],
    ["op://${NONE:-V}/I/f", "op://V/I/f"],
    ["op://${EMPTY:-V}/I/f", "op://V/I/f"],
    ["op://${VAULT:-V}/I/f", "op://Demo/I/f"],
    ["op://${NONE:-}/I/$A_1", "op:///I/x"],
    ["op://${NONE:-two words}/I/f", "op://two words/I/f"],
    ["op://V/I/f", "op://V/I/f"],
  ])("%s means %s", (reference, expected) => {
    expect(expanded(reference, variables)).toBe(expected);
  });

  test.each([
    ["op://${NONE}/I/f", "the variable NONE"],
    ["op://$NONE/I/f", "the variable NONE"],
    ["op://$/I/f", "$ in a reference stands before"],
    ["op://${}/I/f", "$ in a reference stands before"],
    ["op://${VAULT:?x}/I/f", "$ in a reference stands before"],
    ["op://${NONE:-${VAULT}}/I/f", "$ in a reference stands before"],
    ["op://$(id)/I/f", "$ in a reference stands before"],
    ["op://$1/I/f", "$ in a reference stands before"],
  ])("%s is refused", (reference, why) => {
    expect(() => expanded(reference, variables)).toThrow(why);
  });

  test("is replaced once: its value is not searched for variables again", () => {
    expect(
      expanded(
        "op://$A/I/f",
        new Map([
          ["A", "$B"],
          ["B", "x"],
        ]),
      ),
    ).toBe("op://$B/I/f");
  });
});

describe("a place", () => {
  const references = (text: string) => placesOf(text).map(({ reference }) => reference);

  test.each([..."azAZ09-+\\.éüßЖ字٣𝐚", "e\u0301"])("does not begin after %s", (before) => {
    expect(references(`${before}op://a/b/c`)).toEqual([]);
  });

  test.each([..." \n\t\"'`=:/@,;([{<>|&#_€…😀\u00a0"])("begins after %j", (before) => {
    expect(references(`${before}op://a/b/c`)).toEqual(["op://a/b/c"]);
  });

  test.each([
    ["bare, up to what needs quotes", "x=op://a/b/c, y", ["op://a/b/c"]],
    ["bare with a section and a query", "op://a/b/c/d?attribute=otp;", ["op://a/b/c/d?attribute=otp"]],
    ["bare with variables", "op://${V:-x}/$I/f$G y", ["op://${V:-x}/$I/f$G"]],
    ["bare and too short", "op://a/b", []],
    ["in braces, with spaces in it", "{{ op://My Vault/b/c }}", ["op://My Vault/b/c"]],
    ["in braces without blanks", "{{op://a/b/c}}", ["op://a/b/c"]],
    ["in braces behind a letter", "x{{op://a/b/c}}", ["op://a/b/c"]],
    ["in three braces", "{{{op://a/b/c}}}", ["op://a/b/c"]],
    ["in braces with a variable at its end", "{{op://a/b/${F}}}", ["op://a/b/${F}"]],
    ["in braces with a word in a variable", "{{ op://${V:-My V}/b/c }}", ["op://${V:-My V}/b/c"]],
    ["in braces that do not close", "{{ op://a/b/c", ["op://a/b/c"]],
    ["twice on a line", "op://a/b/c op://a/b/d", ["op://a/b/c", "op://a/b/d"]],
    ["of another scheme", "shop://a/b/c OP://a/b/c", []],
  ])("is found %s", (_what, text, expected) => {
    expect(references(text)).toEqual(expected);
  });

  test.each([
    ["OP://V/I/f", [1]],
    ["a\nx: op://Demo\n", [2]],
    ["op://V/I", [1]],
    ["op:/V/I/f\n\nop://V/I/f Op://V/I/f", [1, 3]],
    ["{{ op://V\n/I/f }}\n{{ OP://V/I/f }}", [3]],
    ["op://V/I/f {{ op://V I/I/f }} op://", [1]],
    ["op://V/I/f, {{ op://My V/I/f }}", []],
    ["shop://V \\op://V/I/f üop://V/I/f https://x/op", []],
    ["key: op\nop: /usr/bin/op", []],
  ])("that is almost one in %j is reported by the lines %j", (text, lines) => {
    expect(almostLines(text, placesOf(text))).toEqual(lines);
  });

  test("that names an unknown escape is refused by its line", () => {
    expect(() => placesOf("a\n{{ op://a/b/c | xml }}")).toThrow("line 2: ");
    expect(() => placesOf("{{ op://a/b/c | json | json }}")).toThrow("line 1: ");
    expect(() => placesOf("{{ op://a/b/c | }}")).toThrow("line 1: ");
  });

  test("never lies in another, in any text; in braces it is the same as alone", () => {
    const piece = fc.constantFrom(
      "op://a/b/c",
      "{{ op://a b/c/d }}",
      "{{",
      "}}",
      "{",
      "${X",
      "}",
      "op://",
      "/",
      "|",
      "?x=y",
      " ",
      "\n",
      "é",
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join("")),
        (text) => {
          let all: ReturnType<typeof placesOf>;
          try {
            all = placesOf(text);
          } catch (error) {
            expect(String(error)).toContain("no escape that is known");
            return;
          }
          let end = 0;
          for (const { at, length } of all) {
            expect(at).toBeGreaterThanOrEqual(end);
            end = at + length;
          }
          expect(replaced(text, all, ({ at, length }) => text.slice(at, at + length))).toBe(text);
          for (const place of bracedPlaces(text)) expect(all).toContainEqual(place);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ["variables without an end", `op://${"$aaaa".repeat(20_000)} `],
    ["braces without an end", "{{ op://".repeat(20_000)],
    ["blanks without an end", `{{ op://a/b/c${" ".repeat(200_000)}`],
    ["braces", "{".repeat(200_000)],
  ])("is searched among %s in good time", (_what, text) => {
    const start = performance.now();
    placesOf(text);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe("what looks like a reference", () => {
  test.each([
    "OP://V/I/f",
    "Op://V/I/f",
    "op:/V/I/f",
    " op://V/I/f",
    '"op://V/I/f"',
    "'op://V/I/f'",
    "“op://V/I/f”",
    "op//V/I/f",
    "op: //V/I/f",
    "{op://V/I/f}",
    "postgres://u:op://V/I/f@db",
    "{{ OP://V/I/f }}",
  ])("%s is told", (value) => {
    expect(looksLikeReference(value)).toBe(true);
  });

  test.each([
    "op://V/I/f",
    "shop://x",
    "https://x/op",
    "\\op://V/I/f",
    "op",
    "operator://x",
    "top:/x",
    "a/b//op",
    "open:/x",
    "",
  ])("%s is not", (value) => {
    expect(looksLikeReference(value)).toBe(false);
  });
});

describe("a value in a place", () => {
  const text = fc.string({
    unit: fc.constantFrom(..."aé😀 '\"\\$`!#:{}[],&*\n\r\t\u2028\u0085\x7f\x01\ufeff%@-", "\r\n", "$(id)"),
    maxLength: 20,
  });

  test("is read back by JSON, as a whole and inside a string", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(JSON.parse(`{"a": ${escaped(value, "json", '{"a": ')}}`)).toEqual({ a: value });
        expect(JSON.parse(`{"it's": "x\\"${escaped(value, "json", '{"it\'s": "x\\"')}y"}`)).toEqual({
          "it's": `x"${value}y`,
        });
      }),
    );
  });

  test("is read back by a shell, outside of quotes and inside of both kinds", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 20, maxLength: 60 }), (values) => {
        const lines = values.flatMap((value) =>
          ["A=x", "A=\"it's ", "A='x"].map(
            (before, index) =>
              `${before}${escaped(value, "shell", before)}${["y", '"', "'"][index]}; printf '%s\\0' "$A"`,
          ),
        );
        const ran = spawnSync("sh", ["-s"], { input: lines.join("\n") });
        const expected = values.flatMap((value) => [`x${value}y`, `it's ${value}`, `x${value}`]);
        expect(ran.stdout.toString().split("\0").slice(0, -1)).toEqual(expected);
      }),
      { numRuns: 3 },
    );
  });

  test.each([
    ["json", "'"],
    ["json", `{"it's": '`],
    ["json", 'DATA=\'{"a": '],
    ["yaml", "a: '"],
  ] as const)("between single quotes is refused for %s: %s", (form, line) => {
    expect(() => escaped("x", form, line)).toThrow(`${form} cannot be written between single quotes`);
  });

  test("of YAML gets no quotes of its own inside double quotes, and an apostrophe is not a quote", () => {
    expect(escaped('a"b', "yaml", 'key: "')).toBe('a\\"b');
    expect(escaped('a"b', "yaml", "it's: ")).toBe('"a\\"b"');
    expect(escaped("a\u0085b\x7f", "yaml", "key: ")).toBe('"a\\u0085b\\u007f"');
  });
});
