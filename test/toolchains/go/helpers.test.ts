// The static helpers of the Go client beside ours: the same verdict and the same text for every reference, and passwords of every recipe.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DIGITS,
  generatePassword,
  LETTERS,
  type PasswordRecipe,
  SYMBOLS,
  wordList,
} from "../../../protocol/secret/generate-password.ts";
import { parseReference } from "../../../protocol/secret/reference.ts";
import { configurations, verdicts } from "../../client/configurations.ts";
import { type GoProject, hasGo, makeGoProject } from "./project.ts";

const TIME_MS = 120_000;
const REFERENCES = 5_000;

let project: GoProject;
let program: string;
beforeAll(async () => {
  if (!hasGo) return;
  project = makeGoProject();
  program = await project.build("helpers");
}, TIME_MS);
afterAll(() => project?.remove());

type Said = Readonly<Record<"references" | "recipes" | "configurations", readonly string[]>>;

type Given = {
  references?: readonly string[];
  recipes?: readonly PasswordRecipe[];
  configurations?: typeof configurations;
};

async function said(given: Given): Promise<Said> {
  project.write("given.json", JSON.stringify({ references: [], recipes: [], ...given }));
  const { code, out, err } = await project.run([program, join(project.folder, "given.json")]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as Said;
}

/** What our own helper says: a text, or the error's name and message. */
function ours(helper: () => string): string {
  try {
    return helper();
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  }
}

const part = fc.string({ unit: fc.constantFrom(..."abXY09 -_.é%"), maxLength: 4 });
const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));
const word = fc.constantFrom("attribute", "ssh-format", "otp", "totp", "openssh", "constructor", "", " ", "é", "a");
const query = fc.array(word, { maxLength: 3 }).map((words) => words.join("="));
const reference = fc.oneof(
  fc.tuple(fc.constantFrom("op://", "OP://", "op:/", ""), path).map((parts) => parts.join("")),
  fc.tuple(path, fc.array(query, { maxLength: 2 })).map(([place, queries]) => [`op://${place}`, ...queries].join("?")),
  fc.string(),
);

test.skipIf(!hasGo)("every reference gets the same verdict in the same words", { timeout: TIME_MS }, async () => {
  const references = fc.sample(reference, REFERENCES);
  const expected = references.map((one) =>
    ours(() => {
      parseReference(one);
      return "valid";
    }),
  );
  expect((await said({ references })).references).toEqual(expected);
  expect(new Set(expected).size).toBe(6);
});

test.skipIf(!hasGo)("a client is refused in the same words before it connects", { timeout: TIME_MS }, async () => {
  expect((await said({ configurations })).configurations).toEqual(verdicts);
  expect(new Set(verdicts).size).toBeGreaterThan(10);
});

const pin = (length: number): PasswordRecipe => ({ type: "Pin", parameters: { length } });
const random = (length: number, includeDigits: boolean, includeSymbols: boolean): PasswordRecipe => ({
  type: "Random",
  parameters: { length, includeDigits, includeSymbols },
});

test.skipIf(!hasGo)("a length out of range is refused in the same words", { timeout: TIME_MS }, async () => {
  const memorable = (wordCount: number): PasswordRecipe => ({
    type: "Memorable",
    parameters: { separatorType: "spaces", capitalize: false, wordListType: "fullWords", wordCount },
  });
  const within = [pin(3), pin(12), random(8, true, true), random(100, false, false), memorable(3), memorable(15)];
  const beyond = [pin(2), pin(13), random(7, true, true), random(101, true, true), memorable(2), memorable(16)];
  const { recipes } = await said({ recipes: [...beyond, ...within] });
  expect(recipes.slice(0, beyond.length)).toEqual(beyond.map((one) => ours(() => generatePassword(one, randomBytes))));
  expect(recipes.slice(beyond.length).filter((text) => text.startsWith("invalidRecipe"))).toEqual([]);
  expect(recipes.slice(beyond.length, -2).map(({ length }) => length)).toEqual([3, 12, 8, 100]);
});

test.skipIf(!hasGo)(
  "random passwords have the promised characters, and all of them",
  { timeout: TIME_MS },
  async () => {
    const many = (recipe: PasswordRecipe) => Array.from({ length: 400 }, () => recipe);
    const { recipes } = await said({ recipes: [...many(random(8, true, true)), ...many(random(8, false, false))] });
    const [mixed, plain] = [recipes.slice(0, 400), recipes.slice(400)];
    for (const one of mixed) expect(one).toMatch(/(?=.*[2346789])(?=.*[!*\-.@_])/);
    expect(new Set(mixed.join(""))).toEqual(new Set(LETTERS + DIGITS + SYMBOLS));
    expect(new Set(plain.join(""))).toEqual(new Set(LETTERS));
  },
);

const lists = ["fullWords", "syllables", "threeLetters"] as const;
const separators = { hyphens: /-/, commas: /,/, digits: /[2346789]/, digitsAndSymbols: /[0-9!*\-.@_]/ } as const;
const kinds = lists.flatMap((list) => Object.entries(separators).map(([type, gap]) => [list, type, gap] as const));

test.skipIf(!hasGo).each(kinds)("memorable passwords of %s and %s", { timeout: TIME_MS }, async (list, type, gap) => {
  const parameters = { separatorType: type as "digits", capitalize: true, wordListType: list, wordCount: 4 };
  const recipes = Array.from({ length: 50 }, (): PasswordRecipe => ({ type: "Memorable", parameters }));
  const known = new Set(wordList(list));
  for (const made of (await said({ recipes })).recipes) {
    const words = made.split(gap);
    expect(words).toHaveLength(4);
    expect(words.filter((one) => one === one.toUpperCase())).toHaveLength(1);
    expect(words.filter((one) => !known.has(one.toLowerCase()))).toEqual([]);
  }
});
