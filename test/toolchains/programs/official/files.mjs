// Files of several sizes through the official package: with a new item, attached to one, and read. It prints a line for each size: what became of
// the three. SIZES are in MiB. The vault Files has a document of each size.
import { createClient, DesktopAuth } from "@1password/sdk";

const MiB = 1024 * 1024;
// Every byte, in the order of the other programs.
const pattern = Uint8Array.from({ length: 256 }, (_, at) => (at * 167) & 255);
const sizes = (process.env.SIZES ?? "").split(" ").map(Number);
const client = await createClient({ auth: new DesktopAuth("Ada"), integrationName: "files", integrationVersion: "1" });
const { items, vaults } = client;
const vaultId = (await vaults.list({ decryptDetails: true })).find(({ title }) => title === "Files").id;
const documents = new Map((await items.list(vaultId)).map(({ id, title }) => [title, id]));

/** What became of it: the answer's word, or the error's text. */
const outcome = (work) => work().catch((error) => (error instanceof Error ? error.message : `no error: ${error}`));

const made = (title, more) => items.create({ category: "Login", vaultId, title, ...more });

for (const size of sizes) {
  const content = new Uint8Array(Buffer.alloc(size * MiB, pattern).buffer);
  const file = { name: "a.bin", content, sectionId: "", fieldId: "file" };
  const created = await outcome(
    async () => (await made("with a file", { files: [file] })).files[0].attributes.size / MiB,
  );
  const attached = await outcome(
    async () => (await items.files.attach(await made("empty"), file)).files[0].attributes.size / MiB,
  );
  const read = await outcome(async () => {
    const { id, document } = await items.get(vaultId, documents.get(`${size} MiB`));
    return Buffer.compare(await items.files.read(vaultId, id, document), content) === 0;
  });
  console.log(JSON.stringify([size, created, attached, read]));
}
