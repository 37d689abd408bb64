// item attach, item file rm: files of an item.
import { basename } from "node:path";
import { withAgent } from "../../agent/session.ts";
import { contentOf, upload } from "../../files/file-chunks.ts";
import { type Item, onePart, type Part, partsOf, sectionsCalled } from "../../items/field-match.ts";
import { parseFieldName } from "../../items/field-words.ts";
import { refusal } from "../../items/one-of.ts";
import { partId } from "../../items/part-id.ts";
import { UsageError } from "../../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../../terminal/terminal.ts";
import { type InVault, overview, placeOf } from "./place.ts";

export type AttachOptions = InVault & { section?: string };

/** Adds files one after another. Each makes a version of the item. */
export async function attach(
  terminal: Terminal,
  wanted: string,
  paths: readonly string[],
  options: AttachOptions,
): Promise<void> {
  // All are read before the first is added, so that an unreadable one leaves the item as it is.
  const contents = paths.map((path) => ({ name: basename(path), content: contentOf(path, "FILE") }));
  await withAgent(terminal, async (agent) => {
    let item = await agent.call("items.get", await placeOf(agent, "change", options, wanted));
    const files = contents.map((one) => ({ ...one, sectionId: sectionFor(item, options.section) }));
    demandNewNames(item, files);
    for (const { name, content, sectionId } of files) {
      const taken = partsOf(item).flatMap(({ names }) => [...names.ids, names.title]);
      const place = { vaultId: item.vaultId, itemId: item.id, version: item.version };
      const file = {
        name,
        size: content.length,
        sectionId,
        fieldId: partId(name, taken),
      };
      const { handle } = await agent.call("files.openWrite", { ...place, ...file });
      item = await upload(agent, handle, content);
    }
    const names = files.map(({ name }) => name);
    terminal.result(
      { ...overview(item), attached: names },
      () => `Attached ${oneLine(names.join(", "))} to ${oneLine(item.title)}, now version ${item.version}.`,
    );
  });
}

/** A file needs an existing section, since the agent makes only a section without a title. */
function sectionFor(item: Item, name: string | undefined): string {
  if (name === undefined) return "";
  const found = sectionsCalled(item.sections, name);
  const [one, another] = found;
  if (one === undefined)
    throw new UsageError(
      "--section names a section that the item does not have",
      "`postern item edit ITEM --vault VAULT --field 'SECTION/TITLE=VALUE'` makes one",
    );
  if (another !== undefined)
    throw refusal(
      "tooManyMatchingFields",
      "--section means more than one section",
      `say which: ${found.map(({ id, title }) => `${id} (${oneLine(title)})`).join(", ")}`,
    );
  return one.id;
}

/** Refuses two files of one name in one section, since only their ids would tell them apart. */
function demandNewNames(item: Item, files: readonly { name: string; sectionId: string }[]): void {
  const names = [
    ...item.files.map(({ attributes, sectionId }) => JSON.stringify([sectionId, attributes.name])),
    ...files.map(({ name, sectionId }) => JSON.stringify([sectionId, name])),
  ];
  if (new Set(names).size < names.length)
    throw new UsageError(
      "the item has a file of one of these names already",
      "take it away first: `postern item file rm ITEM FILE --vault VAULT`, or use another --section",
    );
}

type FilePart = Extract<Part, { kind: "file" }>;

export async function removeFile(
  terminal: Terminal,
  wanted: string,
  fileName: string,
  options: InVault,
): Promise<void> {
  const name = parseFieldName(fileName, "FILE");
  await withAgent(terminal, async (agent) => {
    const item = await agent.call("items.get", await placeOf(agent, "change", options, wanted));
    const files = partsOf(item).filter((part): part is FilePart => part.kind === "file");
    const found = onePart(item.sections, files, name, "FILE");
    if (found === undefined)
      throw refusal(
        "fileNotFound",
        "the item has no such file",
        "`postern item get ITEM --vault VAULT` shows its files",
      );
    const { sectionId, fieldId } = found.file;
    const place = { vaultId: item.vaultId, itemId: item.id, version: item.version };
    const left = await agent.call("files.delete", { ...place, sectionId, fieldId });
    terminal.result(
      { ...overview(left), removed: found.file.attributes.name },
      () => `Took ${oneLine(found.file.attributes.name)} out of ${oneLine(left.title)}, now version ${left.version}.`,
    );
  });
}
