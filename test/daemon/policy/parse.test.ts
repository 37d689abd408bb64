// The parser of policies: what it takes, what it refuses, and that its errors hold no value of the file.

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePolicy } from "../../../daemon/policy/parse.ts";
import { sentencesOf } from "../../../daemon/policy/sentences.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { POLICY_RULES_MAX } from "../../../protocol/policy.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const parsed = (value: unknown) => parsePolicy(utf8(JSON.stringify(value)));
const hash = "0123456789abcdef".repeat(4);
const id = "a".repeat(26);

function faultOf(bytes: Uint8Array): string {
  try {
    parsePolicy(bytes);
  } catch (error) {
    if (error instanceof PosternError && error.name === "fileUnusable") return error.message;
    throw error;
  }
  return "none";
}
const rule = (more: object) => utf8(JSON.stringify({ version: 1, rules: [{ effect: "deny" }, more] }));

const allow = { effect: "allow", who: { executable: hash }, what: { reference: "op://Work/*/password" } };
const faults: readonly [string, Uint8Array, string][] = [
  ["nothing", utf8(""), "it is no JSON in UTF-8"],
  ["a mark before the text", utf8("\ufeff{}"), "it is no JSON in UTF-8"],
  ["half a character", Uint8Array.of(0x22, 0xc3, 0x22), "it is no JSON in UTF-8"],
  ["a comment", utf8('{"version":1} // mine'), "it is no JSON in UTF-8"],
  ["a list", utf8("[]"), "the file must be object"],
  ["no version", utf8("{}"), "version is required"],
  ["another version", utf8('{"version":2}'), "version must be 1"],
  ["a key twice", utf8('{"version":1,"rules":[{"effect":"ask","effect":"deny"}]}'), "an object has the same key twice"],
  ["a key twice by an escape", utf8('{"version":1,"versio\\u006e":1}'), "an object has the same key twice"],
  ["nine levels", utf8(`{"rules":${"[".repeat(8)}${"]".repeat(8)}}`), "it is nested deeper than 8 levels"],
  ["an unknown field", rule({ effect: "deny", whom: {} }), "rules[1] has a field that no policy has"],
  ["a prototype", utf8('{"version":1,"__proto__":{}}'), "the file has a field that no policy has"],
  ["an unknown effect", rule({ effect: "permit" }), "rules[1].effect must be"],
  ["an empty who", rule({ effect: "deny", who: {} }), "rules[1].who must"],
  [
    "a hash in capitals",
    rule({ effect: "deny", who: { executable: hash.toUpperCase() } }),
    "rules[1].who.executable must",
  ],
  [
    "a reference and ids",
    rule({ effect: "deny", what: { reference: "op://a/b/c", vault: id } }),
    "rules[1].what has a reference or ids",
  ],
  ["an item without its vault", rule({ effect: "deny", what: { item: id } }), "rules[1].what.item needs its vault"],
  ["a pattern of two parts", rule({ effect: "deny", what: { reference: "op://a/*" } }), "rules[1].what.reference must"],
  ["an allow for anybody", rule({ ...allow, who: { terminal: true } }), "rules[1].who.executable is required"],
  ["an allow by the script alone", rule({ ...allow, who: { script: hash } }), "rules[1].who.executable is required"],
  ["an allow for anything", rule({ effect: "allow", who: { executable: hash } }), "rules[1].what is required"],
  ["an allow to manage", rule({ ...allow, verb: "manage" }), "rules[1].verb must be"],
  [
    "a weaker minimum",
    utf8(JSON.stringify({ version: 1, strengths: [{ vault: id, minimum: "presence" }] })),
    "strengths[0].minimum must be",
  ],
  [
    "a minimum twice",
    utf8(
      JSON.stringify({
        version: 1,
        strengths: [
          { vault: id, minimum: "pin" },
          { vault: id, minimum: "system" },
        ],
      }),
    ),
    "strengths[1] is about",
  ],
  [
    "a rule too many",
    utf8(JSON.stringify({ version: 1, rules: Array(POLICY_RULES_MAX + 1).fill({ effect: "ask" }) })),
    "rules must not have more",
  ],
];

describe("a policy", () => {
  test.each(faults)("with %s is refused, with the place", (_what, bytes, words) => {
    expect(faultOf(bytes)).toContain(words);
  });

  test("of the most rules is read", () => {
    expect(parsed({ version: 1, rules: Array(POLICY_RULES_MAX).fill({ effect: "ask" }) }).rules).toHaveLength(
      POLICY_RULES_MAX,
    );
  });

  test("is read whole or refused, whatever the bytes, and no value of it is in the refusal", () => {
    const mark = "MARK-7f3a";
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constant(mark),
        fc.integer(),
        fc.array(tie("any")),
        fc.dictionary(fc.constantFrom("version", "rules", "effect", "who", "what", "verb", mark), tie("any")),
      ),
    })).any;
    fc.assert(
      fc.property(value, (one) => {
        expect(faultOf(utf8(JSON.stringify(one)))).not.toContain(mark);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void faultOf(bytes)));
  });

  test("reads strings with braces, quotes and colons in them as strings", () => {
    const because = 'a "quoted": {word}, [or] two\\';
    expect(parsed({ version: 1, rules: [{ effect: "ask", because }] }).rules[0]?.because).toBe(because);
  });

  test("is taken by the published schema exactly where the parser's own schema takes it", () => {
    const schema = JSON.parse(
      readFileSync(new URL("../../../protocol/policy.schema.json", import.meta.url), "utf8"),
    ) as object;
    const check = new Ajv2020({ strict: false }).compile(schema);
    expect(
      check({ version: 1, rules: [allow], strengths: [{ vault: id, minimum: "pin" }], $schema: "policy.schema.json" }),
    ).toBe(true);
    for (const value of [{}, { version: 2 }, { version: 1, rules: [{ effect: "permit" }] }, { version: 1, more: 1 }])
      expect(check(value)).toBe(false);
  });
});

describe("its sentences", () => {
  test("have everything that a rule says", () => {
    const policy = parsed({
      version: 1,
      rules: [
        allow,
        {
          effect: "ask",
          verb: "write",
          who: { script: hash, terminal: false },
          what: { vault: id, item: "b".repeat(26) },
          because: "care",
        },
        { effect: "deny" },
      ],
      strengths: [{ vault: id, minimum: "system" }],
    });
    expect(sentencesOf(policy)).toEqual([
      `1. without a question, allow the executable ${hash} to read what it asks for by the words op://Work/*/password`,
      `2. always ask a person before you allow the script ${hash} without a terminal to change the item ${"b".repeat(26)} of the vault ${id} (care)`,
      "3. deny any program to read and change anything",
      `A yes to the vault ${id} needs a proof of the strength system or more.`,
    ]);
  });
});
