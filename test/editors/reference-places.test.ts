// Where references begin and end in files of every language, which ones are filled in later, and what only looks like one.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFault, readReference } from "../../clients/editors/server/reference-fault.ts";
import { almostPlaces, placesOf, REFERENCE_LENGTH_MAX } from "../../clients/editors/server/reference-places.ts";

const MANY = 1_000;

const found = (path: string, text: string) => placesOf(text, path, MANY).map((place) => place.text);
const open = (path: string, text: string) => placesOf(text, path, MANY).map((place) => place.isOpen);

describe("a reference is found whole", () => {
  test.each([
    [".env", "A=op://My Vault/My Item/user name # a comment", "op://My Vault/My Item/user name"],
    [".env.local", "export A = op://V/I/f", "op://V/I/f"],
    ["prod.env", 'A="op://My Vault/I/f"', "op://My Vault/I/f"],
    ["a.json", '{"a": "op://My Vault/I/f?attribute=otp"}', "op://My Vault/I/f?attribute=otp"],
    ["a.yaml", "key: op://My Vault/I/f", "op://My Vault/I/f"],
    ["a.yml", "  - op://My Vault/I/f # one", "op://My Vault/I/f"],
    ["compose.yaml", "    - TOKEN=op://V/I/f", "op://V/I/f"],
    ["a.toml", "key = 'op://My Vault/I/f'", "op://My Vault/I/f"],
    ["a.tf", 'value = "op://V/I/s/f"', "op://V/I/s/f"],
    ["Dockerfile", "ENV TOKEN=op://V/I/f OTHER=1", "op://V/I/f"],
    [".github/workflows/a.yml", "          TOKEN: op://V/I/f", "op://V/I/f"],
    ["a.sh", "postern read op://V/I/f | wc -c", "op://V/I/f"],
    ["a.ts", "resolve(`op://My Vault/I/f`);", "op://My Vault/I/f"],
    ["a.py", "client.resolve('op://V/I/f')", "op://V/I/f"],
    ["a.go", 'client.Resolve(ctx, "op://V/I/f")', "op://V/I/f"],
    ["a.tpl", "{{ op://My Vault/I/f | json }}", "op://My Vault/I/f"],
    ["a.txt", "It is op://V/I/f.", "op://V/I/f"],
    ["a.md", "(see op://V/I/f)", "op://V/I/f"],
    ["a.txt", "“op://V/I/f”", "op://V/I/f"],
    ["a.txt", "one,op://V/I/f;two", "op://V/I/f"],
  ])("in %s: %s", (path, text, expected) => {
    expect(found(path, text)).toEqual([expected]);
    expect(open(path, text)).toEqual([false]);
    expect(isFault(readReference(expected))).toBe(false);
  });
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other languages
describe("a reference that is filled in later is known as such", () => {
  test.each([
    ["a.env", "A=op://${ENV}/db/password"],
    ["a.sh", "op://$VAULT/db/password"],
    ["a.sh", "op://${VAULT:-Demo}/db/password"],
    ["a.sh", "op://$(cat vault)/db/password"],
    ["a.ts", "`op://${vault}/${item}/f`"],
    ["a.ts", '"op://Demo/" + item'],
    ["a.py", 'f"op://{vault}/db/password"'],
    ["a.go", 'Sprintf("op://%s/%s/%s", a, b, c)'],
    ["a.md", "`op://<vault>/<item>/<field>`"],
    ["a.md", "op://vault/item[/section]/field"],
    ["a.md", "op://Demo/*/password"],
    ["a.json", String.raw`"op://a\/b\/c"`],
  ])("in %s: %s", (path, text) => expect(open(path, text)).toEqual([true]));
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

test("an item that a command takes is no reference, and elsewhere it is a badly formed one", () => {
  expect(open("a.sh", "postern share create Demo/Wi-Fi op://Demo/Door")).toEqual([true]);
  expect(open("a.sh", "postern read op://Demo/Door/code")).toEqual([false]);
  expect(open("a.env", "DOOR=op://Demo/Door")).toEqual([false]);
});

test("two references between quotes are two", () => {
  expect(found("a.ts", '"op://V/I/f op://V/I/g"')).toEqual(["op://V/I/f", "op://V/I/g"]);
});

describe("no reference is found", () => {
  test.each([
    "shop://a/b/c",
    String.raw`\op://a/b/c`,
    "1op://a/b/c",
    "éop://a/b/c",
    "-op://a/b/c",
    'startsWith("op://")',
    "op:// ",
    "op:/",
    "op://…",
    "op://...",
  ])("in %s", (text) => expect(found("a.txt", text)).toEqual([]));
});

describe("a badly formed reference is told, and not repeated", () => {
  test.each([
    "op://hunter2",
    "op://hunter2/item",
    "op://a/b/c/d/hunter2",
    "op:///item/hunter2",
    "op://vault//hunter2",
    "op://v/i/f?key=hunter2",
    "op://v/i/f?attribute=hunter2",
    "op://v/i/f?attribute=otp?hunter2",
    "op://v/i/f?hunter2",
    "op://user:hunter2@host/a/b",
    "op://v/i/hunter2#x",
    "op://v/ï/hunter2",
    "op://v/i/ ",
  ])("%s", (text) => {
    const read = readReference(text);
    if (!isFault(read)) return expect.fail("it was read");
    expect(read.rule).toBe("reference-malformed");
    expect(JSON.stringify(read)).not.toContain("hunter2");
  });
});

describe("what looks like a reference is told", () => {
  test.each(["OP://a/b/c", "Op://a/b/c", "op:/a/b/c", "op//a/b/c", "op: //a/b/c", "= oP:/a/b/c"])("%s", (text) =>
    expect(almostPlaces(text)).toHaveLength(1),
  );
  test.each([
    "op://a/b/c",
    "shop:/a/b",
    "http://host/op//x/y",
    "op:/",
    "op:/x",
    "a op: b",
    "stop//a/b",
    "op: true",
    "{op:/x/}",
  ])("but not %s", (text) => expect(almostPlaces(text)).toEqual([]));
});

test(`a reference has at most ${REFERENCE_LENGTH_MAX} characters`, () => {
  const longest = `op://v/i/${"f".repeat(REFERENCE_LENGTH_MAX - "op://v/i/".length)}`;
  const [whole = ""] = found("a.env", `A=${longest}`);
  expect(isFault(readReference(whole))).toBe(false);
  const [longer = ""] = found("a.env", `A=${longest}f`);
  expect(readReference(longer)).toMatchObject({ rule: "reference-malformed" });
});

test("places are where the text is, in order, and no more than asked for", () => {
  const text = "op://a/b/c ".repeat(5);
  expect(placesOf(text, "a.txt", 3).map(({ at }) => at)).toEqual([0, 11, 22]);
});

test("any text is read without an error, and a place has the text that it names", () => {
  const unit = fc.constantFrom(
    "op://",
    "a/b/c",
    "$",
    "{{",
    "}}",
    '"',
    "'",
    " ",
    "\n",
    "\r",
    "/",
    "?",
    "\\",
    "é",
    "|",
    "…",
    "OP:/x/y",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), fc.constantFrom(".env", "a.yaml", "a.ts"), (text, path) => {
      for (const { at, end, text: said } of placesOf(text, path, MANY)) expect(text.slice(at, end)).toBe(said);
      almostPlaces(text);
    }),
  );
});
