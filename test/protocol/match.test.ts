// The meaning of a reference within an item (section 5.4 of the SDKs' behaviour). Ids come first, then titles without case. An ambiguous reference
// never means "the first of several".
import { describe, expect, test } from "vitest";
import type { DetailsContent, Item, ItemCreateParams, ItemField } from "../../protocol/item/item.ts";
import { changedItem, newItem } from "../../protocol/item/item-validation.ts";
import { ambiguous, CANDIDATES_MAX, fieldTitle, fieldTitles, matchField } from "../../protocol/secret/match.ts";
import { parseReference } from "../../protocol/secret/reference.ts";

const field = (
  id: string,
  title: string,
  value: string,
  sectionId?: string,
  fieldType: ItemField["fieldType"] = "Concealed",
) => ({ id, title, value, fieldType, ...(sectionId === undefined ? {} : { sectionId }) });
const file = (name: string, fieldId: string, sectionId: string) => ({
  attributes: { name, id: fieldId.repeat(26).slice(0, 26), size: 1 },
  fieldId,
  sectionId,
});

const details: DetailsContent = {
  fields: [
    field("username", "username", "ada"),
    field("pw", "password", "in the default"),
    field("p1", "Password", "in one", "s1"),
    field("p2", "password", "in two", "s2"),
    field("only", "Only here", "deep", "s2"),
    field("twin1", "Twin", "1", "s1"),
    field("twin2", "twin", "2", "s2"),
    field("Only here", "something else", "by id", "s1"),
    field("TOTP_x", "code", "SEED", "", "Totp"),
  ],
  sections: [
    { id: "s1", title: "First" },
    { id: "s2", title: "Same" },
    { id: "s3", title: "same" },
    { id: "", title: "" },
  ],
  notes: "some notes",
  files: [file("cert.pem", "c", "s1")],
  document: { name: "doc.pdf", id: "d".repeat(26), size: 1 },
};

const match = (path: string) => matchField(details, parseReference(`op://v/i/${path}`));

function ambiguousOf(path: string): Error {
  try {
    match(path);
  } catch (error) {
    return error as Error;
  }
  throw new Error("one field was meant");
}

describe("a reference within an item", () => {
  test.each([
    ["USERNAME", "ada"],
    ["password", "in the default"],
    ["First/password", "in one"],
    ["s2/password", "in two"],
    ["SAME/only here", "deep"],
    ["Only here", "by id"],
    ["notesPlain", "some notes"],
    ["notes", "some notes"],
    ["code", "SEED"],
  ])("%s is %s", (path, value) => expect(match(path).value).toBe(value));

  test.each([
    ["cert.pem", `file:${"c".repeat(26)}`],
    ["First/CERT.PEM", `file:${"c".repeat(26)}`],
    ["doc.pdf", `file:${"d".repeat(26)}`],
  ])("%s is the file %s", (path, id) => expect(match(path)).toMatchObject({ id, kind: "File" }));

  test.each([
    ["nothing", "fieldNotFound"],
    ["", "fieldNotFound"],
    ["First/nothing", "fieldNotFound"],
    ["First/only here now", "fieldNotFound"],
    ["Nowhere/password", "noMatchingSections"],
    ["twin", "tooManyMatchingFields"],
    ["password?attribute=otp", "incompatibleTotpQuery"],
    ["password?ssh-format=openssh", "incompatibleSshQuery"],
    ["cert.pem?attribute=otp", "incompatibleTotpQuery"],
  ])("%s fails with %s", (path, name) => expect(() => match(path)).toThrow(expect.objectContaining({ name })));

  test("that means two fields suggests an unambiguous reference for each", () => {
    const { message } = ambiguousOf("twin");
    const parts = /candidates (.+)$/.exec(message)?.[1]?.split(", ") ?? [];
    expect(parts).toHaveLength(2);
    for (const part of parts) expect(match(part).id).toBeDefined();
  });

  test.each([
    [CANDIDATES_MAX, ""],
    [CANDIDATES_MAX + 1, " and 1 more"],
  ])("of %i candidates names as many as were examined", (count, end) => {
    const ids = Array.from({ length: count }, (_, index) => `id${index}`);
    expect(ambiguous("tooManyItems", ids).message).toBe(
      `more than one item matched the secret reference query: candidates ${ids.slice(0, CANDIDATES_MAX).join(", ")}${end}`,
    );
  });

  test("is shown to a person by titles", () => {
    expect(fieldTitle(details, "s1/p1")).toBe("First/Password");
    expect(fieldTitle(details, "/gone")).toBe("a field that is gone");
    expect(fieldTitles(details)).toContainEqual({
      id: "s1/p1",
      title: "Password",
      section: "First",
      sectionId: "s1",
    });
  });
});

describe("a new item is refused:", () => {
  const base: ItemCreateParams = { title: "T", category: "Login", vaultId: "v" };
  const long = (count: number) => Array.from({ length: count }, (_, index) => field(`f${index}`, "t", "v", ""));
  test.each<[string, Partial<ItemCreateParams>, string]>([
    ["an empty title", { title: " " }, "title cannot be empty"],
    ["an empty tag", { tags: [""] }, "tags list contains one or more empty tags(s)"],
    ["a tag of spaces", { tags: [" \t"] }, "entirely spaces or tabs"],
    ["a tag twice", { tags: ["a", "a"] }, "duplicate tags"],
    [
      "a section id twice",
      {
        sections: [
          { id: "a", title: "" },
          { id: "a", title: "" },
        ],
      },
      "duplicate section ids",
    ],
    ["a field id twice", { fields: [...long(1), ...long(1)] }, "duplicate field ids"],
    [
      "a field in no section",
      { fields: [field("x", "x", "v", "nowhere")] },
      "fields[0] was linked to a section id, but no section with this id exists",
    ],
    [
      "an illegal field id",
      { fields: [field("a/b", "x", "v", "")] },
      "fields[0].id must contain only alphanumeric characters",
    ],
    ["an illegal section id", { sections: [{ id: "a:b", title: "" }] }, "sections[0].id must contain only"],
    [
      "an SSH key in a login",
      { fields: [field("private_key", "private key", "k", undefined, "SshKey")] },
      "Only items with an SSH key category",
    ],
    [
      "an SSH key by another name",
      { category: "SshKey", fields: [field("key", "key", "k", undefined, "SshKey")] },
      "must have ID 'private_key' and title 'private key'",
    ],
    ["a document without a file", { category: "Document" }, "Document items must have a document file attached"],
    [
      "a file in a login",
      { document: { name: "x", content: "" } },
      "cannot have a document file on a non-document item",
    ],
    [
      "a website of a note",
      { category: "SecureNote", websites: [{ url: "u", label: "", autofillBehavior: "Never" }] },
      "Only items with a Login or Password category",
    ],
    ["an unsupported category", { category: "Unsupported" }, "An unsupported item category was specified"],
  ])("%s", (_what, change, text) => {
    expect(() => newItem({ ...base, ...change })).toThrow(text);
  });

  test.each([
    ["Date", "2026-11-4", "invalid date format. must be YYYY-MM-DD"],
    ["Date", "0999-01-01", "invalid year: must be between 1000 and 2999, inclusive"],
    ["Date", "3000-01-01", "invalid year: must be between 1000 and 2999, inclusive"],
    ["Date", "2026-13-01", "invalid month"],
    ["Date", "2026-00-01", "invalid month"],
    ["Date", "2026-02-29", "invalid day"],
    ["Date", "2026-04-31", "invalid day"],
    ["Date", "2026-04-00", "invalid day"],
    ["MonthYear", "1/2026", "error parsing month-year field: invalid month-year format. must be MM/YYYY"],
    ["MonthYear", "13/2026", "error parsing month-year field: invalid month"],
    ["MonthYear", "01/3000", "error parsing month-year field: invalid year"],
    ["Reference", "not an id", "reference does not refer to a valid UUID"],
    ["Address", "1 Main St", "Address fields are constructed from the Address field's details."],
    ["Unsupported", "x", "had an unsupported field type"],
  ] as const)("a %s of %s", (fieldType, value, text) => {
    expect(() => newItem({ ...base, fields: [field("f", "f", value, "", fieldType)] })).toThrow(text);
  });

  test.each([
    ["Date", "1000-01-01"],
    ["Date", "2999-12-31"],
    ["Date", "2024-02-29"],
    ["Date", ""],
    ["MonthYear", "12/2026"],
    ["Reference", "a".repeat(26)],
  ] as const)("not for a %s of %s", (fieldType, value) => {
    expect(newItem({ ...base, fields: [field("f", "f", value, "", fieldType)] }).fields[0]?.value).toBe(value);
  });

  test("two references to one item", () => {
    const twice = ["f", "g"].map((id) => field(id, id, "a".repeat(26), "", "Reference"));
    expect(() => newItem({ ...base, fields: twice })).toThrow("Cannot have multiple references to the same item");
  });

  test("every broken rule is reported at once, without any value", () => {
    const refused = () =>
      newItem({ ...base, title: "", tags: [""], fields: [field("bad/id", "secret title", "secret value", "")] });
    expect(refused).toThrow(/title cannot be empty; tags list.*; fields\[0\]\.id/);
    expect(refused).not.toThrow(/secret|bad\/id/);
  });
});

test("a custom field without a section gets the empty one, a login's own fields do not, a TOTP field gets its prefix", () => {
  const made = newItem({
    title: "T",
    category: "Login",
    vaultId: "v",
    fields: [field("username", "u", "a"), field("custom", "c", "b"), field("otp", "o", "s", undefined, "Totp")],
  });
  expect(made.fields.map(({ id, sectionId }) => [id, sectionId])).toEqual([
    ["username", undefined],
    ["custom", ""],
    ["TOTP_otp", ""],
  ]);
  expect(made.sections).toEqual([{ id: "", title: "" }]);
});

test("an address becomes one line, and only its details are kept", () => {
  const content = { street: "1 Main St", city: "Springfield", state: "IL", zip: "62701", country: "US" };
  const address = { ...field("a", "a", "", "", "Address"), details: { type: "Address" as const, content } };
  const totp = { ...field("t", "t", "SEED", "", "Totp"), details: { type: "Otp" as const, content: { code: "1" } } };
  const made = newItem({ title: "T", category: "Identity", vaultId: "v", fields: [address, totp] });
  expect(made.fields[0]).toMatchObject({ value: "1 Main St, Springfield, IL 62701, US", details: { content } });
  expect(made.fields[1]).not.toHaveProperty("details");
});

test("an SSH key item has the parts of its key under the key's own scope, and a field of such a name comes first", () => {
  const key = field("private_key", "private key", "KEY", undefined, "SshKey");
  const parts = { ...details, fields: [key], sections: [] };
  const of = (path: string) => matchField(parts, parseReference(`op://v/i/${path}`));
  expect(of("public_key")).toEqual({ id: "/private_key", kind: "Text", value: "KEY", derive: "publicKey" });
  expect(of("Public Key").derive).toBe("publicKey");
  expect(of("fingerprint").derive).toBe("fingerprint");
  expect(of("key type").derive).toBe("keyType");
  expect(of("private key?ssh-format=openssh").derive).toBe("openSsh");
  expect(of("private_key").derive).toBeUndefined();
  expect(() => of("public_key?ssh-format=openssh")).toThrow(expect.objectContaining({ name: "incompatibleSshQuery" }));
  const own = { ...parts, fields: [key, field("fingerprint", "fingerprint", "mine", "")] };
  expect(matchField(own, parseReference("op://v/i/fingerprint")).value).toBe("mine");
});

test("only a TOTP field gives a code", () => {
  expect(match("code?attribute=totp").derive).toBe("totp");
  expect(match("code").derive).toBeUndefined();
});

test("a changed item keeps its category and its files", () => {
  const before = newItem({ title: "T", category: "Login", vaultId: "v" });
  const item = {
    id: "x",
    vaultId: "v",
    version: 1,
    createdAt: "",
    updatedAt: "",
    title: "T",
    category: "Login",
    fields: [],
    sections: [],
    notes: "",
    tags: [],
    websites: [],
    files: [],
  } as Item;
  expect(changedItem(before, item).title).toBe("T");
  expect(() => changedItem(before, { ...item, category: "Password" })).toThrow("can't update the item's category");
  expect(() => changedItem(before, { ...item, files: [file("x", "x", "")] })).toThrow(
    "cannot modify files or documents through this function",
  );
});

test("no field has the key of a file, of the notes, or of another field, whatever its own and its section's ids", () => {
  const id = "c".repeat(26);
  const sections = ["", "file", "notes"].map((section) => ({ id: section, title: "" }));
  const fields = [field(id, "a", "1", "file"), field("notesPlain", "b", "2", ""), field("x", "c", "3", "notes")];
  const all = { fields, sections, notes: "n", files: [file("f", "c", "")], document: { name: "d", id, size: 1 } };
  const keys = fieldTitles(all).map((one) => one.id);
  // In this test the document and the file have the same id.
  expect(new Set(keys).size).toBe(keys.length - 1);
});
