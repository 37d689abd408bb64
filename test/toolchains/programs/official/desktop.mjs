// A program for the official package, unchanged, through the bridge. It prints what it gets, a line for each step. After the word "lock" it waits
// for a line on stdin, while the test locks and unlocks the account.
import { once } from "node:events";
import { createClient, DesktopAuth, ItemCategory, ItemFieldType } from "@1password/sdk";

const { REFERENCE = "" } = process.env;
const tell = (...words) => console.log(words.map((word) => JSON.stringify(word)).join(" "));

const auth = new DesktopAuth("Ada");
const client = await createClient({ auth, integrationName: "shop", integrationVersion: "1.0.0" });
tell(await client.secrets.resolve(REFERENCE));

const all = await client.secrets.resolveAll([REFERENCE, "op://Demo/NOTHING/password"]);
tell(...Object.values(all.individualResponses).map(({ content, error }) => content?.secret ?? error?.type));
await client.secrets
  .resolve("op://Demo/NOTHING/password")
  .catch((error) => tell(error instanceof Error, error.message));

const vault = await client.vaults.create({ title: "JavaScript" });
const field = { id: "password", title: "password", fieldType: ItemFieldType.Concealed, value: "é\n漢" };
const made = { title: "Shop", category: ItemCategory.Login, vaultId: vault.id, fields: [field], tags: ["shop"] };
const item = await client.items.create(made);
tell(item.title, item.fields[0].value, item.createdAt instanceof Date);
const content = new Uint8Array(3_000_000).fill(7);
const attached = await client.items.files.attach(item, { name: "a.bin", content, sectionId: "", fieldId: "file" });
const read = await client.items.files.read(vault.id, item.id, attached.files[0].attributes);
tell(read instanceof Uint8Array, Buffer.compare(read, content));
await client.vaults.delete(vault.id);

const clients = await Promise.all(
  ["a", "b", "c"].map((integrationName) => createClient({ auth, integrationName, integrationVersion: "1" })),
);
const secrets = await Promise.all(Array.from({ length: 300 }, (_, n) => clients[n % 3].secrets.resolve(REFERENCE)));
tell(secrets.length, [...new Set(secrets)]);

console.log("lock");
await once(process.stdin, "data");
process.stdin.destroy();
tell(await client.secrets.resolve(REFERENCE));
