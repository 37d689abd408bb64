// Two accounts in one process, through the official package: a client for each. It prints the titles that each account has, and what it reads. The
// calls of both run at once.
import { createClient, DesktopAuth } from "@1password/sdk";

const names = (process.env.ACCOUNTS ?? "").split(" ");

async function account(name) {
  const auth = new DesktopAuth(name);
  const { secrets, vaults, items } = await createClient({ auth, integrationName: "accounts", integrationVersion: "1" });
  const read = await Promise.all(Array.from({ length: 20 }, () => secrets.resolve("op://Demo/KEY/password")));
  const vault = await vaults.create({ title: `made in ${name}` });
  await items.create({ title: `item of ${name}`, category: "Login", vaultId: vault.id });
  const titles = (await vaults.list({ decryptDetails: true })).map(({ title }) => title).sort();
  return [name, [...new Set(read)], titles, (await items.list(vault.id)).map(({ title }) => title)];
}

for (const told of await Promise.all(names.map(account))) console.log(JSON.stringify(told));
