// item get: an item on the screen, some of its values, or its one-time code.

import { withAgent } from "../../agent/session.ts";
import { written } from "../../env/env-format.ts";
import { type Field, type Item, partsOf, referenceEnd } from "../../items/field-match.ts";
import { parseFieldName, secretTypes } from "../../items/field-words.ts";
import { refusal } from "../../items/one-of.ts";
import { LEGAL } from "../../items/part-id.ts";
import { present } from "../../items/put-fields.ts";
import { UsageError } from "../../terminal/exit-code.ts";
import { jsonText } from "../../terminal/json-text.ts";
import { localTime } from "../../terminal/local-time.ts";
import { isTerminal, writeStdout } from "../../terminal/stdout.ts";
import { oneLine, shownLines, type Terminal, table } from "../../terminal/terminal.ts";
import { placeOf } from "./place.ts";

export type ShowOptions = {
  vault: string;
  reveal?: boolean;
  otp?: boolean;
  fields?: string;
  format?: string;
};

const FORMATS = ["env", "json", "value"] as const;
type Format = (typeof FORMATS)[number];

export async function show(terminal: Terminal, wanted: string, options: ShowOptions): Promise<void> {
  const format = formatFrom(options.format);
  if (options.otp === true && (options.fields !== undefined || format !== undefined))
    throw new UsageError("--otp shows a code and nothing else", "leave --fields and --format out");
  await withAgent(terminal, async (agent) => {
    const place = await placeOf(agent, "read", options, wanted);
    const item = await agent.call("items.get", place);
    if (options.otp === true) return showCode(terminal, item);
    const fields = options.fields === undefined ? item.fields : chosen(item, options.fields);
    if (format !== undefined) return showValues(terminal, fields, format);
    const reveal = options.reveal === true;
    const within = `op://${nameable(options.vault, place.vaultId)}/${nameable(wanted, place.itemId)}`;
    const only = options.fields === undefined ? undefined : fields;
    terminal.result(shownItem(item, fields, within, reveal), () => itemText(item, within, reveal, only));
  });
}

function formatFrom(format: string | undefined): Format | undefined {
  const found = FORMATS.find((one) => one === format?.toLowerCase());
  if (format !== undefined && found === undefined)
    throw new UsageError(`--format takes one of ${FORMATS.join(", ")}`, "for one, --format env");
  return found;
}

/** The part of a reference for a thing with this name: the name itself, where a reference can hold it. */
const nameable = (name: string, id: string) => (LEGAL.test(name) ? name : id);

/** The fields of a list of names with commas between them. A comma inside a name has a backslash before it. */
function chosen(item: Item, names: string): Field[] {
  return names
    .split(/(?<!\\),/)
    .map((name) => parseFieldName(name.replaceAll("\\,", ","), "--fields"))
    .map((name) => present(item, name, "--fields").field);
}

async function showCode(terminal: Terminal, item: Item): Promise<void> {
  const codes = item.fields.filter(({ fieldType }) => fieldType === "Totp");
  const [field, another] = codes;
  if (field === undefined)
    throw refusal(
      "fieldNotFound",
      "the item has no one-time password",
      "`postern item get ITEM --vault VAULT` shows its fields",
    );
  if (another !== undefined)
    throw refusal(
      "tooManyMatchingFields",
      "the item has more than one one-time password",
      `read one of ${codes.map(({ id }) => id).join(", ")}: \`postern read 'op://VAULT/ITEM/FIELD?attribute=otp'\``,
    );
  const content = field.details?.type === "Otp" ? field.details.content : {};
  if (content.code === undefined)
    throw refusal("totpUnavailable", content.errorMessage ?? "no code could be made", "set the field's secret anew");
  if (terminal.json) return terminal.result({ otp: content.code }, () => "");
  await writeStdout(content.code + (isTerminal() ? "\n" : ""));
}

/** Shows values as they are, concealed ones too, since the person named them or the format. */
async function showValues(terminal: Terminal, fields: readonly Field[], format: Format): Promise<void> {
  if (format === "value" && !terminal.json) {
    const [one, another] = fields;
    const text =
      one !== undefined && another === undefined
        ? one.value + (isTerminal() ? "\n" : "")
        : fields.map(({ value }) => `${value}\n`).join("");
    return writeStdout(text);
  }
  const names = namesOf(fields, format);
  const entries = fields.map((field, index) => [names[index] ?? "", field.value] as const);
  const text =
    format === "env" && !terminal.json
      ? written(
          "dotenv",
          entries.map(([name, value]) => ({ name, value })),
        )
      : `${jsonText(Object.fromEntries(entries))}\n`;
  await writeStdout(text);
}

/** Throws where two fields would have one name, since the second would replace the first. */
function namesOf(fields: readonly Field[], format: Format): string[] {
  const names = fields.map(({ id, title }) => {
    const name = title === "" ? id : title;
    return format === "env" ? variableOf(name) : name;
  });
  const repeated = names.filter((name, index) => names.indexOf(name) < index);
  if (repeated.length > 0)
    throw refusal(
      "tooManyMatchingFields",
      `more than one field would be called ${[...new Set(repeated)].join(", ")}`,
      "choose with --fields, for one --fields SECTION/TITLE",
    );
  return names;
}

/** The variable name of a title: `API key` becomes API_KEY. */
function variableOf(title: string): string {
  const name = title
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .toUpperCase();
  if (name === "" || /^\d/.test(name))
    throw new UsageError(
      "a field has a title of which no variable's name can be made",
      "choose others with --fields, or use --format json",
    );
  return name;
}

function itemText(item: Item, within: string, reveal: boolean, only?: readonly Field[]): string {
  const parts = partsOf(item);
  const referenceOf = (part: (typeof parts)[number]) => {
    const end = referenceEnd(item, part);
    return end === undefined ? "" : `${within}/${end}`;
  };
  const rows = parts.flatMap((part) => {
    if (part.kind !== "field" || (only !== undefined && !only.includes(part.field))) return [];
    const { field } = part;
    const section = item.sections.find((one) => one.id === field.sectionId)?.title ?? "";
    return [
      [
        section === "" ? field.title : `${section}/${field.title}`,
        field.id,
        field.fieldType,
        secretTypes.has(field.fieldType) && !reveal ? "••••••••" : field.value,
        referenceOf(part),
      ],
    ];
  });
  const fields = rows.length === 0 ? [] : [table(["FIELD", "ID", "TYPE", "VALUE", "REFERENCE"], rows)];
  if (only !== undefined) return fields.join("\n");
  const files = parts.flatMap((part) => {
    const attributes =
      part.kind === "file" ? part.file.attributes : part.kind === "document" ? item.document : undefined;
    return attributes === undefined
      ? []
      : [[attributes.name, attributes.id, `${attributes.size} bytes`, referenceOf(part)]];
  });
  return [
    `${oneLine(item.title)}  (${item.category}, version ${item.version}, ${item.id})`,
    ...fields,
    ...(files.length === 0 ? [] : [table(["FILE", "ID", "SIZE", "REFERENCE"], files)]),
    ...item.websites.map(({ url }) => `website: ${oneLine(url)}`),
    ...(item.notes === "" ? [] : [reveal ? notesShown(item.notes) : "notes: ••••••••"]),
    ...(item.tags.length === 0 ? [] : [`tags: ${oneLine(item.tags.join(", "))}`]),
    `made ${localTime(item.createdAt)}, changed ${localTime(item.updatedAt)}`,
  ].join("\n");
}

/** Behind blanks, so that no line of the notes passes for one of ours. */
const notesShown = (notes: string) => ["notes:", ...shownLines(notes).map((line) => `  ${line}`)].join("\n");

/** The item as JSON for programs. It has values only with --reveal. */
function shownItem(item: Item, fields: readonly Field[], within: string, reveal: boolean): object {
  const references = new Map(
    partsOf(item).flatMap((part) => {
      const end = part.kind === "field" ? referenceEnd(item, part) : undefined;
      return part.kind === "field" && end !== undefined ? [[part.field.id, `${within}/${end}`] as const] : [];
    }),
  );
  const shown = fields.map((field) => {
    const { value: _value, details, ...rest } = field;
    const reference = references.get(field.id);
    // A code is as secret as its seed. An address's value is made of its details, so both are hidden together.
    const open = reveal ? field : details?.type === "SshKey" ? { ...rest, details } : rest;
    return { ...open, ...(reference === undefined ? {} : { reference }) };
  });
  return reveal ? { ...item, fields: shown } : { ...item, notes: undefined, fields: shown };
}
