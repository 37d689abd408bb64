// A program for the official package, as one writes it after its README. With ours it changes the name in the import, and nothing else.
import sdk, {
  AutofillBehavior,
  type Client,
  createClient,
  DesktopAuth,
  DesktopSessionExpiredError,
  type Item,
  ItemCategory,
  type ItemCreateParams,
  type ItemField,
  ItemFieldType,
  type ItemOverview,
  ItemState,
  type PasswordRecipe,
  RateLimitExceededError,
  READ_ITEMS,
  REVEAL_ITEM_PASSWORD,
  type ResolveAllResponse,
  Secrets,
  SeparatorType,
  WordListType,
} from "@1password/sdk";

class Shop {
  readonly #client: Client;
  constructor(client: Client) {
    this.#client = client;
  }

  async overviews(vaultTitle: string): Promise<ItemOverview[]> {
    const vaults = await this.#client.vaults.list({ decryptDetails: true });
    const vault = vaults.find(({ title }) => title === vaultTitle);
    if (vault === undefined) throw new Error("no vault");
    return this.#client.items.list(vault.id, { type: "ByState", content: { active: true, archived: false } });
  }

  async secrets(references: string[]): Promise<string[]> {
    const { individualResponses }: ResolveAllResponse = await this.#client.secrets.resolveAll(references);
    return Object.values(individualResponses).map(({ content, error }) => content?.secret ?? reasonOf(error?.type));
  }
}

const reasonOf = (type: string | undefined) => `not resolved: ${type}`;

/** An enum is a type of its own, and its members are types too. */
type Secret = ItemField & { fieldType: ItemFieldType.Concealed };
const isSecret = (field: ItemField): field is Secret => field.fieldType === ItemFieldType.Concealed;

function login(vaultId: string): ItemCreateParams {
  const field: ItemField = { id: "username", title: "username", fieldType: ItemFieldType.Text, value: "ada" };
  const websites = [{ url: "https://x.example", label: "website", autofillBehavior: AutofillBehavior.Never }];
  return { title: "Shop", category: ItemCategory.Login, vaultId, fields: [field], tags: ["shop"], websites };
}

const recipe: PasswordRecipe = {
  type: "Memorable",
  parameters: {
    separatorType: SeparatorType.Hyphens,
    capitalize: false,
    wordListType: WordListType.FullWords,
    wordCount: 4,
  },
};

async function main(): Promise<void> {
  const { TOKEN, REFERENCE = "" } = process.env;
  const auth = TOKEN ?? new DesktopAuth("Ada");
  const client = await createClient({ auth, integrationName: "shop", integrationVersion: "1.0.0" });
  const shop = new Shop(client);
  console.log((await shop.secrets([REFERENCE, "op://Demo/NOTHING/password"])).join(" | "));
  const [overview] = await shop.overviews("Demo");
  if (overview === undefined) throw new Error("no item");
  const item: Item = await client.items.get(overview.vaultId, overview.id);
  console.log(item.fields.filter(isSecret).length, overview.state === ItemState.Active, item.createdAt.getTime() > 0);
  const refusal = await client.items.create(login(overview.vaultId)).catch((error: Error) => error);
  if (refusal instanceof DesktopSessionExpiredError || refusal instanceof RateLimitExceededError) throw refusal;
  console.log(refusal instanceof Error, (READ_ITEMS | REVEAL_ITEM_PASSWORD) === 48);
  console.log(Secrets.generatePassword(recipe).password.split("-").length >= 4, sdk.DEFAULT_INTEGRATION_NAME);
}

await main();
