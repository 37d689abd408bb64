// A program with the types that programs use. The tests compile it as each kind of module. It names the few globals that it needs, so
// that it compiles without @types/node and DOM.

import * as all from "@postern/client";
import sdk, {
  createClient,
  errors,
  type Item,
  ItemCategory,
  type ItemListFilter,
  type OpenClient,
} from "@postern/client";

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
declare const console: { log(text: string): void };

const integration = { integrationName: "shop", integrationVersion: "1.0.0" };

async function main(token: string, reference: string): Promise<void> {
  const client: OpenClient = await createClient({ auth: token, ...integration });
  console.log(await client.secrets.resolve(reference, { deadlineMs: 60_000 }));
  const vault: sdk.VaultOverview | undefined = (await client.vaults.list())[0];
  if (vault === undefined) throw new Error("no vault");
  const filter: ItemListFilter = { type: "ByState", content: { active: true, archived: false } };
  const [overview] = await client.items.list(vault.id, filter);
  const item: Item = await client.items.get(vault.id, overview?.id ?? "");
  console.log(`${item.title} ${item.category === ItemCategory.Password} ${item.createdAt.getTime() > 0}`);
  try {
    await client.secrets.resolve("op://Demo/NOTHING/password");
  } catch (error: unknown) {
    console.log(`${error instanceof errors.ItemNotFoundError && error.errorName}`);
  }
  client.close();
  const same: boolean = sdk.createClient === all.createClient && sdk.Secrets === all.Secrets;
  console.log(`${same}`);
}

void main(process.env.TOKEN ?? "", process.env.REFERENCE ?? "");
