// Every operation of the official package, unchanged, through the bridge. It prints a line for each subject, and at the end the operations that it
// did not call. GROUP and ENVIRONMENT are ids of the account.
import * as sdk from "@1password/sdk";

const { ENVIRONMENT = "", GROUP = "", REFERENCE = "" } = process.env;
const tell = (...words) => console.log(words.map((word) => JSON.stringify(word)).join(" "));
const failed = (work) =>
  work().then(
    () => "done",
    (error) => error.message,
  );

const called = new Set();
/** The same object, which notes the methods that are called. */
function noted(api, name) {
  return new Proxy(api, {
    get: (target, key) => {
      const value = target[key];
      if (typeof value === "function") called.add(`${name}.${key}`);
      if (typeof value === "object" && value !== null) return noted(value, `${name}.${key}`);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
const methodsOf = (Class, name) =>
  Object.getOwnPropertyNames(Class.prototype)
    .filter((key) => key !== "constructor")
    .map((key) => `${name}.${key}`);

const auth = new sdk.DesktopAuth("Ada");
const client = await sdk.createClient({ auth, integrationName: "every", integrationVersion: "1" });
// Version 0.4.0 has no environments.
const names = ["secrets", "items", "vaults", "groups", "environments"].filter((name) => name in client);
const [secrets, items, vaults, groups, environments] = names.map((name) => noted(client[name], name));

tell((await secrets.resolve(REFERENCE)).length);
tell(Object.keys((await secrets.resolveAll([REFERENCE])).individualResponses).length);

const vault = await vaults.create({ title: "Every", description: "one of each" });
tell((await vaults.list({ decryptDetails: true })).some(({ id }) => id === vault.id));
tell((await vaults.getOverview(vault.id)).title, (await vaults.get(vault.id, { accessors: true })).access.length > 0);
tell((await vaults.update(vault.id, { title: "Every one" })).title);

/** Fields of every type. An official program may write each of them. */
const fields = [
  ["Text", "ada"],
  ["Concealed", "é\n漢"],
  ["Url", "https://x.example"],
  ["Totp", "JBSWY3DPEHPK3PXP"],
  ["Email", "ada@x.example"],
  ["Phone", "+49 30 1234"],
  ["CreditCardType", "Visa"],
  ["CreditCardNumber", "4111111111111111"],
  ["MonthYear", "11/2026"],
  ["Date", "2026-11-29"],
].map(([fieldType, value], index) => ({ id: `f${index}`, title: fieldType, fieldType, value, sectionId: "more" }));
const websites = [{ url: "https://x.example", label: "website", autofillBehavior: "Never" }];
const categories = Object.values(sdk.ItemCategory).filter((one) => one !== "Unsupported" && one !== "Document");
let same = 0;
for (const category of categories) {
  const ours = category === "SshKey" ? [] : fields;
  const made = await items.create({
    title: category,
    category,
    vaultId: vault.id,
    fields: ours,
    sections: [{ id: "more", title: "More" }],
    tags: ["every"],
    notes: "a note",
    ...(["Login", "Password"].includes(category) ? { websites } : {}),
  });
  const read = await items.get(vault.id, made.id);
  const values = (item) =>
    item.fields
      .filter(({ sectionId }) => sectionId === "more")
      .map(({ title, value, fieldType }) => [title, value, fieldType]);
  const isSame =
    JSON.stringify(values(read)) ===
      JSON.stringify(ours.map(({ title, value, fieldType }) => [title, value, fieldType])) &&
    read.category === category &&
    read.notes === "a note" &&
    read.tags[0] === "every" &&
    read.version === made.version;
  if (isSame) same++;
  else tell("differs", category, values(read));
  // Written back as it was read.
  const put = await items.put({ ...read, title: `${category}!` });
  if (put.title !== `${category}!`) tell("not put", category);
}
tell(same === categories.length, categories.length);

const bytes = new Uint8Array(100_000).fill(7);
const document = await items.create({
  title: "Paper",
  category: "Document",
  vaultId: vault.id,
  document: { name: "a.bin", content: bytes },
});
const other = await items.files.replaceDocument(document, { name: "b.bin", content: bytes.slice(1) });
tell(other.document.name, (await items.files.read(vault.id, other.id, other.document)).length);
const attached = await items.files.attach(other, { name: "c.bin", content: bytes, sectionId: "s", fieldId: "c" });
tell(attached.files.length, (await items.files.delete(attached, "s", "c")).files.length);

const many = await items.createAll(
  vault.id,
  Array.from({ length: 100 }, (_, n) => ({ title: `Many ${n}`, category: "Password", vaultId: vault.id })),
);
const ids = many.individualResponses.map(({ content }) => content.id);
tell(ids.length, (await items.getAll(vault.id, ids.slice(0, 50))).individualResponses.length);
await items.archive(vault.id, ids[0]);
const archived = { type: "ByState", content: { active: false, archived: true } };
tell((await items.list(vault.id, archived)).map(({ title, state }) => [title, state]));
await items.delete(vault.id, ids[1]);
const gone = await items.deleteAll(vault.id, [...ids.slice(2, 51), ids[1]]);
tell(
  Object.values(gone.individualResponses)
    .filter(({ error }) => error)
    .map(({ error }) => error.type),
);
tell((await items.list(vault.id)).length);

const item = await items.get(vault.id, ids[60]);
const policy = await items.shares.getAccountPolicy(vault.id, item.id);
const recipients = await items.shares.validateRecipients(policy, ["ada@x.example", "x.example"]);
tell(
  policy.maxExpiry,
  recipients.map(({ type }) => type),
);
// The embedded service has no address that others could open.
tell(await failed(() => items.shares.create(item, policy, { expireAfter: "OneDay", oneTimeOnly: true })));

const permissions = sdk.READ_ITEMS | sdk.REVEAL_ITEM_PASSWORD;
tell((await groups.get(GROUP, { vaultPermissions: true })).id === GROUP);
await vaults.revokeGroupPermissions(vault.id, GROUP);
await vaults.grantGroupPermissions(vault.id, [{ groupId: GROUP, permissions: sdk.READ_ITEMS }]);
await vaults.updateGroupPermissions([{ vaultId: vault.id, groupId: GROUP, permissions }]);
const group = await groups.get(GROUP, { vaultPermissions: true });
tell(group.vaultAccess.find(({ vaultUuid }) => vaultUuid === vault.id)?.permissions === permissions);
await vaults.revokeGroupPermissions(vault.id, GROUP);

if (environments)
  tell((await environments.getVariables(ENVIRONMENT)).variables.map(({ name, value }) => [name, value]));
await vaults.delete(vault.id);
tell(await failed(() => vaults.getOverview(vault.id)));

const everything = [
  ...methodsOf(sdk.Secrets, "secrets"),
  ...[...names.slice(1), "items.shares", "items.files"].flatMap((path) => {
    const api = path.split(".").reduce((one, key) => one[key], client);
    return methodsOf(api.constructor, path);
  }),
];
tell(
  "not called",
  everything.filter((name) => !called.has(name)),
  everything.length,
);
