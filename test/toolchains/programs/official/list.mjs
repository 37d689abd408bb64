// Lists the vault VAULT through the official package. It prints how many different items there are, or the error's text, and what the client says next.
import { createClient, DesktopAuth } from "@1password/sdk";

const { VAULT = "" } = process.env;
const client = await createClient({ auth: new DesktopAuth("Ada"), integrationName: "list", integrationVersion: "1" });
const told = await client.items.list(VAULT).then(
  (items) => new Set(items.map(({ id }) => id)).size,
  (error) => (error instanceof Error ? error.message : `no error: ${error}`),
);
console.log(JSON.stringify([told, (await client.vaults.getOverview(VAULT)).title]));
