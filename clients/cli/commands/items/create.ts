// item create: a new item from options, from a file, or with a new key.
import { generateKeyPairSync } from "node:crypto";
import { basename } from "node:path";
import { ItemCategory } from "../../../typescript/sdk-types.ts";
import { withAgent } from "../../agent/session.ts";
import { contentOf, upload } from "../../files/file-chunks.ts";
import { demandValue, fromFile } from "../../files/secret-input.ts";
import type { Item } from "../../items/field-match.ts";
import { type FieldOptions, type Given, givenFields } from "../../items/given-fields.ts";
import { idIn, locate, vaultFor } from "../../items/locate.ts";
import { emptyHolder, withFields } from "../../items/put-fields.ts";
import { UsageError } from "../../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../../terminal/terminal.ts";
import { foundTogether, naming, overview, titlesIn, withReferences } from "./place.ts";

export type CreateOptions = FieldOptions & {
  vault: string;
  title?: string;
  category?: string;
  notesFile?: string;
  tag?: string[];
  url?: string[];
  file?: string;
  generate?: string;
};

export const categories = Object.values(ItemCategory)
  .filter((category) => category !== "Login" && category !== "Unsupported")
  .join(", ");

export function categoryFrom(wanted: string): Item["category"] {
  const found = Object.values(ItemCategory).find((category) => category.toLowerCase() === wanted.toLowerCase());
  if (found === undefined || found === "Unsupported")
    throw new UsageError("--category names none that is known", `known are Login, ${categories}`);
  return found;
}

export const website = (url: string) => ({ url, label: "website", autofillBehavior: "AnywhereOnWebsite" as const });

export function notesFrom({ notesFile }: { notesFile?: string }): { notes?: string } {
  if (notesFile === undefined) return {};
  const notes = fromFile(notesFile, "--notes-file");
  demandValue(notes, "--notes-file", "take notes away with `postern item edit ITEM --vault VAULT --remove-notes`");
  return { notes };
}

export async function create(terminal: Terminal, options: CreateOptions): Promise<void> {
  if (options.file !== undefined) return createDocument(terminal, options, options.file);
  const asked = await itemFrom(options);
  await withAgent(terminal, async (agent) => {
    const items = titlesIn(asked.fields);
    const place = { vault: options.vault, ...(items.length === 0 ? {} : { items }) };
    const { vaultId, itemIds } = await locate(agent, "change", place);
    const vault = idIn(vaultId);
    const fields = await withReferences(agent, vault, asked.fields, foundTogether(items, itemIds));
    const item = await naming(fields, () => agent.call("items.create", { item: { ...asked, fields, vaultId: vault } }));
    const key = publicKeyOf(item);
    terminal.result({ ...overview(item), ...(key === undefined ? {} : { publicKey: key }) }, () =>
      [`Made ${oneLine(item.title)} (${item.id}).`, ...(key === undefined ? [] : [key])].join("\n"),
    );
  });
}

/** The public key's line for authorized_keys. */
function publicKeyOf({ fields }: Item): string | undefined {
  const details = fields.flatMap((field) => (field.details?.type === "SshKey" ? [field.details.content] : []));
  return details[0]?.publicKey;
}

/** The item of the options, in no vault yet. */
async function itemFrom(options: CreateOptions) {
  const { tag, url, title } = options;
  if (title === undefined) throw new UsageError("--title is required", "for one, --title Wi-Fi");
  const category = categoryFrom(options.category ?? "Login");
  const made = options.generate === undefined ? [] : [generated(options.generate, category)];
  const { fields, sections } = await withFields(emptyHolder(category), [...(await givenFields(options)), ...made]);
  return {
    title,
    category,
    fields,
    sections,
    ...notesFrom(options),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(url === undefined ? {} : { websites: url.map(website) }),
  };
}

const keyKinds = {
  ed25519: () => generateKeyPairSync("ed25519"),
  "rsa-2048": () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  "rsa-3072": () => generateKeyPairSync("rsa", { modulusLength: 3072 }),
  "rsa-4096": () => generateKeyPairSync("rsa", { modulusLength: 4096 }),
} as const;

/** Makes a private key. It goes to the agent and nowhere else. */
function generated(kind: string, category: Item["category"]): Given {
  if (category !== "SshKey")
    throw new UsageError(
      "--generate makes the key of an SshKey item",
      "add --category SshKey; `postern generate` makes passwords",
    );
  if (!Object.hasOwn(keyKinds, kind))
    throw new UsageError(`--generate takes one of ${Object.keys(keyKinds).join(", ")}`, "for one, --generate ed25519");
  const { privateKey } = keyKinds[kind as keyof typeof keyKinds]();
  const value = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { title: "private key", type: "SshKey", value, open: false, option: "--generate" };
}

/** Options that do not fit a document made from a file. Dropping them silently would lose a secret. */
const BESIDE_FILE = ["field", "secret", "secretFile", "secretFd", "notesFile", "tag", "url", "generate"] as const;

async function createDocument(terminal: Terminal, options: CreateOptions, path: string): Promise<void> {
  const { category = "Document" } = options;
  if (category.toLowerCase() !== "document" || BESIDE_FILE.some((name) => options[name] !== undefined))
    throw new UsageError(
      "--file makes a document of the file, with a --title and nothing else",
      "leave the other options out; `postern item edit` and `postern item attach` add to it afterwards",
    );
  const content = contentOf(path, "--file");
  await withAgent(terminal, async (agent) => {
    const name = basename(path);
    const vault = await vaultFor(agent, "change", options.vault);
    const size = content.length;
    const begun = { vaultId: vault, title: options.title ?? name, name, size };
    const item = await upload(agent, (await agent.call("files.openWrite", begun)).handle, content);
    terminal.result(overview(item), () => `Made ${oneLine(item.title)} (${item.id}), ${size} bytes.`);
  });
}
