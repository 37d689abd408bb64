// A program for the official package, unchanged, with the token of a service account. It prints what it gets, a line for each step. After the word
// "lock" it waits for a line on stdin, while the test locks and unlocks the account.
import { once } from "node:events";
import { createClient, DesktopAuth, Secrets } from "@1password/sdk";

const { REFERENCE = "", TOKEN = "", MAKER = "" } = process.env;
const tell = (...words) => console.log(words.map((word) => JSON.stringify(word)).join(" "));
const failed = (work) =>
  work().then(
    () => "done",
    (error) => [error instanceof Error, error.message],
  );
const integration = { integrationName: "shop", integrationVersion: "1.0.0" };

const client = await createClient({ auth: TOKEN, ...integration });
tell(await client.secrets.resolve(REFERENCE));

const all = await client.secrets.resolveAll([REFERENCE, "op://Demo/NOTHING/password"]);
tell(...Object.values(all.individualResponses).map(({ content, error }) => content?.secret ?? error?.type));
tell(await failed(() => client.secrets.resolve("op://Demo/NOTHING/password")));

const [vault] = await client.vaults.list();
const [overview] = await client.items.list(vault.id);
const item = await client.items.get(vault.id, overview.id);
tell(vault.title, item.title, item.createdAt instanceof Date);
tell(await failed(() => client.items.create({ title: "x", category: "Login", vaultId: vault.id })));

const clients = await Promise.all([1, 2, 3].map(() => createClient({ auth: TOKEN, ...integration })));
const secrets = await Promise.all(Array.from({ length: 300 }, (_, n) => clients[n % 3].secrets.resolve(REFERENCE)));
tell(secrets.length, new Set(secrets).size);

Secrets.validateSecretReference(REFERENCE);
tell(Secrets.generatePassword({ type: "Pin", parameters: { length: 6 } }).password.length);
tell(await failed(() => createClient({ auth: "ops_eyJzaWduSW5BZGRyZXNzIjoieCJ9", ...integration })));
tell(await failed(() => createClient({ auth: TOKEN, integrationName: "", integrationVersion: "1" })));
// With an empty name the official package asks its core, and gives it no token.
tell(await failed(() => createClient({ auth: new DesktopAuth(""), ...integration })));
const oidc = {
  oidcFetcher: async () => "token",
  workloadDetails: { customerManagedSecret: "ops_x", workloadUuid: "x" },
};
tell(await failed(() => createClient({ ...oidc, ...integration })));

tell(await failed(() => client.vaults.create({ title: "Mine", description: "" })));

// A service account that may make vaults.
const maker = await createClient({ auth: MAKER, ...integration });
const made = await maker.vaults.create({ title: "Builds", description: "" });
const field = { id: "password", title: "password", fieldType: "Concealed", value: "built" };
await maker.items.create({ title: "Key", category: "Password", vaultId: made.id, fields: [field] });
const { title } = await maker.vaults.update(made.id, { title: "Nightly" });
const read = await maker.secrets.resolve("op://Nightly/Key/password");
await maker.vaults.delete(made.id);
tell(made.title, title, read, (await maker.vaults.list()).length);

console.log("lock");
await once(process.stdin, "data");
process.stdin.destroy();
tell(await client.secrets.resolve(REFERENCE));
