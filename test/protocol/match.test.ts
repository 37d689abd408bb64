// What a reference means within an item (section 5.4 of the SDKs' behaviour): ids first, then titles without case, and never
// "the first of several".
import { describe, expect, test } from "vitest";
import type { DetailsContent, Item, ItemCreateParams } from "../../protocol/item.ts";
import { changedItem, newItem } from "../../protocol/item-validation.ts";
import { fieldTitle, matchField } from "../../protocol/match.ts";
import { parseReference } from "../../protocol/reference.ts";

const field = (
  id: string,
  title: string,
  value: string,
  sectionId?: string,
  fieldType: "Concealed" | "Totp" | "SshKey" = "Concealed",
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

const match = (path: string) => matchField({ details }, parseReference(`op://v/i/${path}`));

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
    ["cert.pem", `file/${"c".repeat(26)}`],
    ["First/CERT.PEM", `file/${"c".repeat(26)}`],
    ["doc.pdf", `file/${"d".repeat(26)}`],
  ])("%s is the file %s", (path, id) => expect(match(path)).toMatchObject({ id, kind: "File" }));

  test.each([
    ["nothing", "fieldNotFound"],
    ["", "fieldNotFound"],
    ["First/nothing", "fieldNotFound"],
    ["First/only here now", "fieldNotFound"],
    ["Nowhere/password", "noMatchingSections"],
    ["twin", "tooManyMatchingFields"],
    ["password?attribute=otp", "incompatibleQuery"],
    ["password?ssh-format=openssh", "incompatibleQuery"],
    ["cert.pem?attribute=otp", "incompatibleQuery"],
    ["code?attribute=totp", "notYet"],
  ])("%s fails with %s", (path, name) => expect(() => match(path)).toThrow(expect.objectContaining({ name })));

  test("is shown to a person by titles", () => {
    expect(fieldTitle({ details }, "s1/p1")).toBe("First/Password");
    expect(fieldTitle({ details }, "/gone")).toBe("a field that is gone");
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

  test("a category of later is not yet", () =>
    expect(() => newItem({ ...base, category: "Passport" })).toThrow(expect.objectContaining({ name: "notYet" })));

  test("every broken rule is told at once, and no value with them", () => {
    const refused = () =>
      newItem({ ...base, title: "", tags: [""], fields: [field("bad/id", "secret title", "secret value", "")] });
    expect(refused).toThrow(/title cannot be empty; tags list.*; fields\[0\]\.id/);
    expect(refused).not.toThrow(/secret|bad\/id/);
  });
});

test("a custom field without a section gets the empty one, a login's own fields do not, a TOTP field gets its prefix", () => {
  const { details: made } = newItem({
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
  expect(changedItem(before, item).overview.title).toBe("T");
  expect(() => changedItem(before, { ...item, category: "Password" })).toThrow("can't update the item's category");
  expect(() => changedItem(before, { ...item, files: [file("x", "x", "")] })).toThrow(
    "cannot modify files or documents through this function",
  );
});
