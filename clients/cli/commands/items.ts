// read, item: what a vault holds.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { ItemCategory } from "../../typescript/sdk-types.ts";
import { askSecret, demandYes } from "../ask.ts";
import { addCommand } from "../context.ts";
import { UsageError } from "../exit-code.ts";
import { namedPart } from "../named-part.ts";
import { type ReadOptions, read } from "../read.ts";
import { fromDescriptor, fromFile } from "../secret-input.ts";
import { type Agent, demandVault, itemId, listItems, vaultId, withAgent } from "../session.ts";
import { type Terminal, table } from "../terminal.ts";

type Item = Methods["items.get"]["result"];
type Field = Item["fields"][number];

/** Bytes of one chunk of a file, as the agent's limit says. */
const CHUNK_BYTES = 1024 * 1024;

const categories = Object.values(ItemCategory)
  .filter((category) => category !== "Login" && category !== "Unsupported")
  .join(", ");

type CreateOptions = {
  vault: string;
  title?: string;
  category?: string;
  field?: string[];
  secret?: string[];
  secretFile?: string[];
  secretFd?: string[];
  notesFile?: string;
  tag?: string[];
  url?: string[];
  file?: string;
};

/**
 * Fields from the command line. Concealed values come from a prompt, a file or a descriptor; in argv they are refused. Once,
 * before the agent is asked anything: a descriptor gives its value once, and after an unlock the asking begins anew.
 */
async function fieldsFrom(options: CreateOptions): Promise<Field[]> {
  const plain = (options.field ?? []).map((text) => textField(text));
  const typed = options.secret ?? [];
  typed.forEach(demandNameAlone);
  const files = (options.secretFile ?? []).map((text) =>
    named(text, "--secret-file", (path) => fromFile(path, "--secret-file")),
  );
  const descriptors = (options.secretFd ?? []).map((text) =>
    named(text, "--secret-fd", (number, name) => fromDescriptor(number, "--secret-fd", `${name}=3`)),
  );
  const fields = [...plain, ...files, ...descriptors];
  for (const name of typed) fields.push(concealed(name, await askSecret(name, "--secret-file or --secret-fd")));
  return fields;
}

function demandNameAlone(name: string): void {
  if (name.includes("="))
    throw new UsageError(
      "--secret takes a name alone: a secret in the command line can be read by every program of this machine",
      "use --secret NAME and type it, --secret-file NAME=PATH or --secret-fd NAME=N",
    );
}

function textField(text: string): Field {
  const [name, value] = namedPart(text, "--field", "VALUE");
  if (/pass|secret|token|key|pin/i.test(name))
    throw new UsageError(
      "--field is for what anybody may see, and this name says it is a secret",
      "use --secret NAME and type it, --secret-file NAME=PATH or --secret-fd NAME=N",
    );
  return { id: name, title: name, fieldType: "Text", value };
}

const concealed = (name: string, value: string): Field => ({ id: name, title: name, fieldType: "Concealed", value });

function named(
  text: string,
  option: "--secret-file" | "--secret-fd",
  value: (source: string, name: string) => string,
): Field {
  const [name, source] = namedPart(text, option, option === "--secret-fd" ? "N" : "PATH");
  return concealed(name, value(source, name));
}

async function create(terminal: Terminal, options: CreateOptions & { vault: string }): Promise<void> {
  if (options.file !== undefined) return createDocument(terminal, options, options.file);
  const asked = await itemFrom(options);
  await withAgent(terminal, async (agent) => {
    const vault = await vaultId(agent, options.vault);
    const item = await agent.call("items.create", { item: { ...asked, vaultId: vault } });
    terminal.result(overview(item), () => `Made ${item.title} (${item.id}).`);
  });
}

/** The item that the options ask for, in no vault yet. */
async function itemFrom(options: CreateOptions) {
  const { tag, url, title } = options;
  if (title === undefined) throw new UsageError("--title is required", "for one, --title Wi-Fi");
  const category = categoryFrom(options.category ?? "Login");
  const fields = await fieldsFrom(options);
  return {
    title,
    category,
    fields: category === "SshKey" ? fields.map(sshKeyField) : fields,
    ...notesFrom(options),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(url === undefined ? {} : { websites: url.map(website) }),
  };
}

const website = (url: string) => ({ url, label: "website", autofillBehavior: "AnywhereOnWebsite" as const });

const notesFrom = ({ notesFile }: CreateOptions) =>
  notesFile === undefined ? {} : { notes: fromFile(notesFile, "--notes-file") };

function categoryFrom(wanted: string): Item["category"] {
  const found = Object.values(ItemCategory).find((category) => category.toLowerCase() === wanted.toLowerCase());
  if (found === undefined || found === "Unsupported")
    throw new UsageError("--category names none that is known", `known are Login, ${categories}`);
  return found;
}

/** An SSH key item has one key, under the official id and title whatever it was called. */
function sshKeyField(field: Field): Field {
  return field.fieldType === "Concealed"
    ? { id: "private_key", title: "private key", fieldType: "SshKey", value: field.value }
    : field;
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(
      `the file ${path} given to --file could not be read (${(error as NodeJS.ErrnoException).code})`,
      "name a file that exists and that you may read",
    );
  }
}

/** Options that a document made of a file has no place for: dropped in silence, a secret would be lost that was asked for. */
const BESIDE_FILE = ["field", "secret", "secretFile", "secretFd", "notesFile", "tag", "url"] as const;

async function createDocument(
  terminal: Terminal,
  options: CreateOptions & { vault: string },
  path: string,
): Promise<void> {
  const { category = "Document" } = options;
  if (category.toLowerCase() !== "document" || BESIDE_FILE.some((name) => options[name] !== undefined))
    throw new UsageError(
      "--file makes a document of the file, with a --title and nothing else",
      "leave the other options out; `postern item edit` adds to it afterwards",
    );
  const content = contentOf(path);
  await withAgent(terminal, async (agent) => {
    const name = basename(path);
    const vault = await vaultId(agent, options.vault);
    await write(terminal, agent, content, { vaultId: vault, title: options.title ?? name, name });
  });
}

async function write(
  terminal: Terminal,
  agent: Agent,
  content: Buffer,
  document: { vaultId: string; title: string; name: string },
): Promise<void> {
  const size = content.length;
  const { handle } = await agent.call("files.openWrite", { ...document, size });
  for (let at = 0; at < size || at === 0; at += CHUNK_BYTES) {
    await agent.call("files.writeChunk", {
      handle,
      content: content.subarray(at, at + CHUNK_BYTES).toString("base64"),
    });
    if (process.stderr.isTTY === true && size > CHUNK_BYTES)
      process.stderr.write(`\r${Math.min(100, Math.round(((at + CHUNK_BYTES) / size) * 100))} %`);
  }
  if (process.stderr.isTTY === true && size > CHUNK_BYTES) process.stderr.write("\r      \r");
  const item = await agent.call("files.commit", { handle });
  terminal.result(overview(item), () => `Made ${item.title} (${item.id}), ${size} bytes.`);
}

const overview = ({ id, title, category, vaultId, version }: Item) => ({ id, title, category, vaultId, version });

type EditOptions = CreateOptions & { removeField?: string[] };

async function edit(terminal: Terminal, wanted: string, options: EditOptions): Promise<void> {
  const given = await fieldsFrom(options);
  const { title, notesFile, tag, removeField } = options;
  if (given.length === 0 && [title, notesFile, tag, removeField].every((one) => one === undefined))
    throw new UsageError(
      "there is nothing to change",
      "say what: --secret NAME, --field NAME=VALUE, --title, … (--help)",
    );
  const changes = {
    ...(title === undefined ? {} : { title }),
    ...notesFrom(options),
    ...(tag === undefined ? {} : { tags: tag }),
  };
  await withAgent(terminal, async (agent) => {
    const vault = await vaultId(agent, options.vault);
    const item = await agent.call("items.get", { vaultId: vault, itemId: await itemId(agent, vault, wanted) });
    const fields = changed(item.fields, given, new Set(removeField));
    const put = await agent.call("items.put", { item: { ...item, ...changes, fields } });
    terminal.result(overview(put), () => `Changed ${put.title}, now version ${put.version}.`);
  });
}

/** The fields without the removed ones, with the values that were given, and with those that are new behind them. */
function changed(fields: readonly Field[], given: readonly Field[], removed: ReadonlySet<string>): Field[] {
  for (const name of removed) {
    if (!fields.some((field) => isCalled(field, name)))
      throw new UsageError(
        "--remove-field names a field that the item does not have",
        "`postern item get ITEM --vault VAULT` shows its fields",
      );
  }
  const kept = fields.filter(({ id, title }) => !removed.has(id) && !removed.has(title));
  const added = given.filter(({ id }) => !kept.some((field) => isCalled(field, id)));
  return [
    ...kept.map((field) => ({ ...field, value: given.find(({ id }) => isCalled(field, id))?.value ?? field.value })),
    ...added,
  ];
}

const isCalled = ({ id, title }: Field, name: string) => id === name || title === name;

function itemText(item: Item, reveal: boolean): string {
  const fields = item.fields.map((field) => {
    const section = item.sections.find((one) => one.id === field.sectionId)?.title ?? "";
    const hidden = field.fieldType === "Concealed" || field.fieldType === "SshKey" || field.fieldType === "Totp";
    return [
      section === "" ? field.title : `${section}/${field.title}`,
      field.fieldType,
      hidden && !reveal ? "••••••••" : field.value,
    ];
  });
  const files = [...(item.document === undefined ? [] : [item.document]), ...item.files.map((file) => file.attributes)];
  return [
    `${item.title}  (${item.category}, version ${item.version}, ${item.id})`,
    ...(fields.length === 0 ? [] : [table(["FIELD", "TYPE", "VALUE"], fields)]),
    ...files.map((file) => `file ${file.name}, ${file.size} bytes`),
    ...(item.notes === "" ? [] : [reveal ? `notes:\n${item.notes}` : "notes: ••••••••"]),
    ...(item.tags.length === 0 ? [] : [`tags: ${item.tags.join(", ")}`]),
  ].join("\n");
}

/** JSON goes to programs, which asked for it; values are in it only with --reveal. */
function shownItem(item: Item, reveal: boolean): object {
  return reveal ? item : { ...item, notes: undefined, fields: item.fields.map(({ value: _value, ...field }) => field) };
}

const vaultOption = ["--vault <vault>", "the vault, by title or id"] as const;
const collect = (program: Command, flags: string, what: string) =>
  program.option(flags, what, (value: string, all: string[] = []) => [...all, value]);

function addFieldOptions(command: Command): void {
  collect(command, "--field <name=value>", "a field that anybody may see");
  collect(command, "--secret <name>", "a concealed field, typed unseen");
  collect(command, "--secret-file <name=path>", "a concealed field, read from a file");
  collect(command, "--secret-fd <name=n>", "a concealed field, read from a file descriptor");
  collect(command, "--tag <tag>", "a tag");
  command.option("--notes-file <path>", "notes, read from a file").option("--title <title>", "the title");
}

export function addItemCommands(program: Command): void {
  addReadCommand(program);
  addItems(program.command("item").description("items: create, get, list, edit, archive, delete"));
}

function addReadCommand(program: Command): void {
  addCommand<Omit<ReadOptions, "reference" | "noNewline" | "noWait"> & { newline?: boolean; wait?: boolean }>(
    program,
    "read <reference>",
    "print the secret a reference leads to, or write it to a file",
    "postern read op://Demo/DATABASE_URL/password",
    [
      ["--out-file <file>", "write it to this file (0600)"],
      ["--no-newline", "no newline, even on a terminal"],
      ["--no-wait", "fail at once when a person would have to approve"],
    ],
    (terminal, [reference = ""], options) =>
      read(terminal, {
        reference,
        ...(options.outFile === undefined ? {} : { outFile: options.outFile }),
        noNewline: options.newline === false,
        noWait: options.wait === false,
      }),
  );
}

function addItems(item: Command): void {
  const created = addCommand<CreateOptions>(
    item,
    "create",
    "make an item",
    "postern item create --vault Demo --title API --category ApiCredentials --secret credential",
    [
      vaultOption,
      ["--category <category>", `Login (default), or one of ${categories}`],
      ["--file <path>", "make a Document of this file"],
    ],
    (terminal, _args, options) => create(terminal, demandVault(options)),
  );
  addFieldOptions(created);
  collect(created, "--url <url>", "a website of a Login");
  addCommand<{ vault: string; reveal?: boolean }>(
    item,
    "get <item>",
    "show an item; values only with --reveal",
    "postern item get DATABASE_URL --vault Demo --reveal",
    [vaultOption, ["--reveal", "show concealed values"]],
    (terminal, [wanted = ""], options) =>
      withAgent(terminal, async (agent) => {
        const vault = await vaultId(agent, demandVault(options).vault);
        const found = await agent.call("items.get", { vaultId: vault, itemId: await itemId(agent, vault, wanted) });
        terminal.result(shownItem(found, options.reveal === true), () => itemText(found, options.reveal === true));
      }),
  );
  addCommand<{ vault: string; archived?: boolean }>(
    item,
    "list",
    "list a vault's items, without values",
    "postern item list --vault Demo",
    [vaultOption, ["--archived", "the archived ones instead"]],
    (terminal, _args, options) =>
      withAgent(terminal, async (agent) => {
        const archived = options.archived === true;
        const items = await listItems(agent, {
          vaultId: await vaultId(agent, demandVault(options).vault),
          active: !archived,
          archived,
        });
        terminal.result({ items }, () =>
          table(
            ["ID", "TITLE", "CATEGORY", "CHANGED"],
            items.map((one) => [one.id, one.title, one.category, one.updatedAt]),
          ),
        );
      }),
  );
  addItemChanges(item);
}

function addItemChanges(item: Command): void {
  const edited = addCommand<EditOptions>(
    item,
    "edit <item>",
    "change an item's fields, title, notes or tags",
    "postern item edit DATABASE_URL --vault Demo --secret password",
    [vaultOption],
    (terminal, [wanted = ""], options) => edit(terminal, wanted, demandVault(options)),
  );
  addFieldOptions(edited);
  collect(edited, "--remove-field <name>", "take a field away");
  addCommand<{ vault: string }>(
    item,
    "archive <item>",
    "put an item aside: references no longer find it",
    "postern item archive DATABASE_URL --vault Demo",
    [vaultOption],
    (terminal, [wanted = ""], options) =>
      withAgent(terminal, async (agent) => {
        const place = await placeOf(agent, options, wanted);
        await agent.call("items.archive", place);
        terminal.result({ archived: place.itemId }, () => "Archived.");
      }),
  );
  addCommand<{ vault: string; yes?: boolean }>(
    item,
    "delete <item>",
    "delete an item with its versions and files",
    "postern item delete DATABASE_URL --vault Demo",
    [vaultOption, ["--yes", "do not ask"]],
    async (terminal, [wanted = ""], options) => {
      await demandYes(options, `Delete ${wanted} for good?`, "nothing was deleted");
      await withAgent(terminal, async (agent) => {
        const place = await placeOf(agent, options, wanted);
        await agent.call("items.delete", place);
        terminal.result({ deleted: place.itemId }, () => "Deleted.");
      });
    },
  );
}

async function placeOf(
  agent: Agent,
  options: { vault?: string },
  wanted: string,
): Promise<{ vaultId: string; itemId: string }> {
  const vault = await vaultId(agent, demandVault(options).vault);
  return { vaultId: vault, itemId: await itemId(agent, vault, wanted) };
}
