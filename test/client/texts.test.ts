// Every text that the official SDKs are known to give about references, items, files, vaults and groups. Each is provoked through the client of a
// real agent, or listed with the reason why no client can provoke it. Some official texts repeat an id that the caller sent. Ours name the place
// instead. All other words are the same.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as sdk from "../../clients/typescript/client.ts";
import { attachPerson, makeAccount } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";

let agent: RunningAgent;
let client: sdk.OpenClient;
let vaultId: string;
/** One item of each state that a text describes. */
let item: sdk.Item;
let document: sdk.Item;
let groupId: string;

const unknownId = "a".repeat(26);
const bytes = Uint8Array.of(0xff, 0xfe);
const field = (id: string, more: Partial<sdk.Given<sdk.ItemField>> = {}): sdk.Given<sdk.ItemField> => ({
  id,
  title: id,
  fieldType: "Text",
  value: "v",
  ...more,
});
const key = (value: string, more: Partial<sdk.Given<sdk.ItemField>> = {}) =>
  field("private_key", { title: "private key", fieldType: "SshKey", value, ...more });
const create = (more: Partial<sdk.Given<sdk.ItemCreateParams>> = {}) =>
  client.items.create({ title: "T", category: "Login", vaultId, ...more });
const put = (more: Partial<sdk.Given<sdk.Item>>) => client.items.put({ ...item, ...more });

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  (await attachPerson(agent)).always("yes");
  client = await sdk.createClient({ auth: new sdk.DesktopAuth("Ada"), socket: agent.socket });
  vaultId = (await client.vaults.create({ title: "Texts" })).id;
  for (const title of ["Same", "same"]) await client.vaults.create({ title });
  item = await create({
    title: "One",
    fields: [
      field("x"),
      field("bad", { fieldType: "Totp", value: "0000" }),
      field("a", { title: "twin", sectionId: "s" }),
      field("b", { title: "twin", sectionId: "s" }),
    ],
    sections: [{ id: "s", title: "S" }],
    files: [{ name: "binary", content: bytes, sectionId: "s", fieldId: "file" }],
  });
  for (const title of ["Twice", "TWICE"]) await create({ title });
  await create({ title: "Keyless", category: "SshKey", fields: [key("")] });
  document = await create({ title: "Paper", category: "Document", document: { name: "paper", content: bytes } });
  groupId = (await client.call("groups.create", { title: "G" })).id;
});
afterAll(async () => {
  client.close();
  await agent.remove();
});

async function messageOf(act: () => Promise<unknown>): Promise<string> {
  const outcome = await act().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Error);
  return (outcome as Error).message;
}

const format =
  'secret reference has invalid format - must be "op://<vault>/<item>/[section/]field[?attribute=<attribute-value>]"';

describe("a reference is refused with the official words, and its outcome in a batch with the official tag:", () => {
  test.each([
    ["Texts/One/x", 'parsing: the secret reference could not be parsed: secret reference is not prefixed with "op://"'],
    ["op://Texts/One", `parsing: the secret reference could not be parsed: ${format}`],
    ["op://None/One/x", "vaultNotFound: no vault matched the secret reference query"],
    ["op://SAME/One/x", "tooManyVaults: more than one vault matched the secret reference query: candidates"],
    ["op://Texts/None/x", "itemNotFound: no item matched the secret reference query"],
    ["op://Texts/Twice/x", "tooManyItems: more than one item matched the secret reference query: candidates"],
    ["op://Texts/One/none/x", "noMatchingSections: no section matched the secret reference"],
    ["op://Texts/One/none", "fieldNotFound: the specified field cannot be found within the item"],
    [
      "op://Texts/One/twin",
      "tooManyMatchingFields: more than one field matched the secret reference: candidates s/a, s/b",
    ],
    [
      "op://Texts/One/x?attribute=otp",
      "incompatibleTOTPQueryParameterField: TOTP attribute can only be applied to TOTP-type fields",
    ],
    ["op://Texts/One/bad?attribute=otp", "unableToGenerateTotpCode: TOTP code could not be generated: "],
    [
      "op://Texts/One/x?ssh-format=openssh",
      "incompatibleSshKeyQueryParameterField: SSH key formatting can only be applied to a private key field",
    ],
    ...["public_key", "fingerprint", "key type"].map((part) => [
      `op://Texts/Keyless/${part}`,
      "sSHKeyMetadataNotFound: unable to retrieve SSH Key field, verify that private key isn't malformed",
    ]),
    [
      "op://Texts/Keyless/private_key?ssh-format=openssh",
      "unableToParsePrivateKey: unable to properly parse private key, verify that private key isn't malformed",
    ],
    [
      "op://Texts/One/binary",
      "unsupportedFileFormat: unable to retrieve file content, currently only text files are supported",
    ],
  ] as [string, string][])("%s", async (reference, expected) => {
    const [type = "", ...rest] = expected.split(": ");
    const text = rest.join(": ");
    expect(await messageOf(() => client.secrets.resolve(reference))).toContain(
      `error resolving secret reference: ${text}`,
    );
    const { individualResponses } = await client.secrets.resolveAll([reference]);
    const { error } = individualResponses[reference] ?? {};
    expect(error?.type).toBe(type);
    // Only these two official variants carry a text. A strict client refuses a text in any other variant.
    if (type === "parsing" || type === "unableToGenerateTotpCode") expect(error?.message).toContain(text);
    else expect(error).toEqual({ type });
  });
});

const inSection = (id: string) => ({ sections: [{ id, title: "" }] });
const website: sdk.Given<sdk.Website> = { url: "https://x.example", label: "w", autofillBehavior: "Never" };
const address = { street: "1 Main St", city: "Paris", country: "fr", zip: "75001", state: "" };

describe("an item is refused with the official words, alone and in a batch:", () => {
  const rules: [text: string, params: Partial<sdk.Given<sdk.ItemCreateParams>>][] = [
    ["tags list contains one or more empty tags(s)", { tags: [""] }],
    ["tags list contains one or more tags that are entirely spaces or tabs(s)", { tags: [" \t"] }],
    ["tags list contains duplicate tags(s)", { tags: ["a", "a"] }],
    ["Document items must have a document file attached", { category: "Document" }],
    [
      "An SSH Key item can only contain one SSH key field; SSH key fields must have ID 'private_key' and title 'private key'",
      { category: "SshKey", fields: [key(""), key("", { id: "second" })] },
    ],
    ["Only items with an SSH key category can contain an SSH key field", { fields: [key("")] }],
    [
      "SSH key fields must have ID 'private_key' and title 'private key'",
      { category: "SshKey", fields: [key("", { id: "mine" })] },
    ],
    ["fields[0] had an unsupported field type", { fields: [field("x", { fieldType: "Unsupported" })] }],
    [
      "item contained duplicate section ids. Make sure every id is unique.",
      { sections: [{ id: "s", title: "1" }, ...inSection("s").sections] },
    ],
    [
      "item contained duplicate field ids. Make sure every id is unique.; file and field IDs must be unique within an item",
      { fields: [field("x"), field("x")] },
    ],
    [
      "fields[0] was linked to a section id, but no section with this id exists",
      { fields: [field("x", { sectionId: "s" })] },
    ],
    [
      "sections[0].id must contain only alphanumeric characters or -, _, . and the whitespace character",
      inSection("a/b"),
    ],
    ["An unsupported item category was specified", { category: "Unsupported" }],
    [
      "Only items with a Login or Password category can contain websites for autofilling",
      { category: "Server", websites: [website] },
    ],
    ["Cannot have multiple references to the same item", { fields: ["a", "b"].map((id) => field(id, reference)) }],
    ["fields[0].value: reference does not refer to a valid UUID", { fields: [field("r", { fieldType: "Reference" })] }],
    ["fields[0].value: invalid date format. must be YYYY-MM-DD", { fields: [dated("Date", "1-1-2026")] }],
    [
      "fields[0].value: invalid year: must be between 1000 and 2999, inclusive",
      { fields: [dated("Date", "3000-01-01")] },
    ],
    ["fields[0].value: invalid month", { fields: [dated("Date", "2026-13-01")] }],
    ["fields[0].value: invalid day", { fields: [dated("Date", "2026-02-29")] }],
    [
      "fields[0].value: error parsing month-year field: invalid month-year format. must be MM/YYYY",
      { fields: [dated("MonthYear", "2026/01")] },
    ],
    [
      "fields[0].value: Address fields are constructed from the Address field's details. Provide valid AddressFieldDetails",
      { fields: [dated("Address", "1 Main St")] },
    ],
    [
      "error parsing private key: fields[0].value: it is no private key in PKCS#8, PKCS#1 or OpenSSH form",
      { category: "SshKey", fields: [key("nonsense")] },
    ],
  ];

  test.each(rules)("%s", async (text, params) => {
    const message = `invalid user input: encountered the following errors: ${text}`;
    expect(await messageOf(() => create(params))).toBe(message);
    const one = { title: "T", category: "Login" as const, vaultId, ...params };
    const { individualResponses } = await client.items.createAll(vaultId, [one]);
    expect(individualResponses).toEqual([{ error: { type: "itemValidationError", message } }]);
  });

  test("and taken where the rule's one exception holds", async () => {
    const made = await create({
      tags: ["größe", "标签"],
      fields: [field("a", { fieldType: "Address", value: "", details: { type: "Address", content: address } })],
    });
    expect(made.fields[0]).toMatchObject({ value: "1 Main St, Paris, 75001, fr", sectionId: "" });
  });
});

const reference: Partial<sdk.Given<sdk.ItemField>> = { fieldType: "Reference", value: unknownId };
const dated = (fieldType: `${sdk.ItemFieldType}`, value: string) => field("f", { fieldType, value });
const file = (more: Partial<sdk.FileCreateParams> = {}) => ({
  name: "n",
  content: bytes,
  sectionId: "s",
  fieldId: "f",
  ...more,
});
const many = (count: number) => Array.from({ length: count }, (_, index) => String(index).padStart(26, "a"));
const items = (count: number, of = vaultId) =>
  Array.from({ length: count }, () => ({ title: "T", category: "Login" as const, vaultId: of }));
const wrong = "invalid user input: encountered the following errors: ";
const shape = "the parameters do not fit the method: ";

describe("a call is refused with the official words:", () => {
  test.each<[string, () => Promise<unknown>]>([
    [`${shape}The vault ID was not specified`, () => create({ vaultId: "" })],
    ["vault couldn't be found", () => create({ vaultId: unknownId })],
    [
      `${wrong}the field file has a section ID that isn't linked to a section`,
      () => create({ files: [file({ sectionId: "none" })] }),
    ],
    [
      `${wrong}file and field IDs must be unique within an item`,
      () => create({ fields: [field("f")], files: [file()], ...inSection("s") }),
    ],
    [
      `${shape}document name cannot be empty`,
      () => create({ category: "Document", document: { name: "", content: bytes } }),
    ],
    [
      `${wrong}cannot have a document file on a non-document item`,
      () => create({ document: { name: "n", content: bytes } }),
    ],
    [`${shape}file name cannot be empty`, () => create({ files: [file({ name: "" })], ...inSection("s") })],
    [`${wrong}can't update the item's category`, () => put({ category: "Password" })],
    [
      `${wrong}cannot modify files or documents through this function. Use the functions under items.files instead.`,
      () => put({ files: [] }),
    ],
    [
      "The submitted item is not up to date. Refetch the item and retry the request.",
      () => put({ version: item.version + 1 }),
    ],
    [
      `${wrong}only Document items can have their document replaced`,
      () => client.items.files.replaceDocument(item, { name: "n", content: bytes }),
    ],
    [
      `${wrong}field or file with provided field/section ID already exists`,
      () => client.items.files.attach(item, file({ fieldId: "x" })),
    ],
    [
      `${wrong}no file field found with given section and field IDs`,
      () => client.items.files.delete(item, "s", "none"),
    ],
    [`${wrong}no section found with given section ID`, () => client.items.files.delete(item, "none", "file")],
    [
      `${wrong}multiple items can be created at once only within the same vault. one of the specified items had an inconsistent vault id`,
      () => client.items.createAll(vaultId, [...items(1), ...items(1, unknownId)]),
    ],
    [`${shape}you can't create more than 100 items in one batch`, () => client.items.createAll(vaultId, items(101))],
    [`${shape}you can only delete up to 50 items at once`, () => client.items.deleteAll(vaultId, many(51))],
    [`${shape}you can only retrieve up to 50 items at once`, () => client.items.getAll(vaultId, many(51))],
    [
      `${shape}itemIds: a duplicate item ID was provided`,
      () => client.items.deleteAll(vaultId, [unknownId, unknownId]),
    ],
    ["item couldn't be found", () => client.items.get(vaultId, unknownId)],
    ["item couldn't be found", () => client.items.archive(vaultId, "no id")],
    ["vault couldn't be found", () => client.vaults.getOverview(unknownId)],
    [
      "file couldn't be found",
      () => client.items.files.read(vaultId, document.id, { name: "n", id: unknownId, size: 1 }),
    ],
    ["environment couldn't be found", () => client.environments.getVariables(unknownId)],
    ["error getting group: group not found", () => client.groups.get(unknownId, {})],
    [
      "error updating group vault permissions: assigned permissions for groupPermissions[0] can't be 0",
      () => client.vaults.grantGroupPermissions(vaultId, [{ groupId, permissions: 0 }]),
    ],
    [
      "error updating group vault permissions: group not found: it does not come to this vault",
      () => client.vaults.updateGroupPermissions([{ vaultId, groupId, permissions: sdk.READ_ITEMS }]),
    ],
    [
      "error revoking group vault permissions: group not found: it does not come to this vault",
      () => client.vaults.revokeGroupPermissions(vaultId, groupId),
    ],
    [
      `${shape}cannot upload files without a name`,
      () => client.call("files.openWrite", { vaultId, title: "T", name: "", size: 1 }),
    ],
    [
      `${shape}cannot upload or download files larger than 50MB`,
      () => client.call("files.openWrite", { vaultId, title: "T", name: "n", size: 50 * 1024 * 1024 + 1 }),
    ],
  ])("%s", async (text, act) => {
    expect(await messageOf(act)).toBe(text);
  });
});

test.each([
  ["retrieves 50 items at once", () => client.items.getAll(vaultId, many(50))],
  ["creates 100 items at once", () => client.items.createAll(vaultId, items(100))],
])("%s: the limit itself is within it", async (_what, act) => {
  expect(Object.keys((await act()).individualResponses).length).toBeGreaterThanOrEqual(50);
});
