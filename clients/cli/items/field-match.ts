// Finds the field or file of an item that a name means, by the rules of references. Ids come first, letter for letter, then titles in
// any case. Fields outside titled sections come first. The first of several matches is never taken.

import type { Methods } from "../../typescript/generated.ts";
import { oneLine } from "../terminal/terminal.ts";
import type { FieldName } from "./field-words.ts";
import { normalTitle } from "./normal-title.ts";
import { refusal } from "./one-of.ts";
import { LEGAL } from "./part-id.ts";

export type Item = Methods["items.get"]["result"];
export type Field = Item["fields"][number];

/** A part of an item to which a reference can lead. */
export type Part =
  | { readonly kind: "field"; readonly field: Field; readonly sectionId: string; readonly names: Names }
  | { readonly kind: "file"; readonly file: Item["files"][number]; readonly sectionId: string; readonly names: Names }
  | { readonly kind: "document" | "notes"; readonly sectionId: string; readonly names: Names };

type Names = { readonly ids: readonly string[]; readonly title: string };

/** All parts of an item to which a reference can lead, but for fields computed from a private key. */
export function partsOf(item: Pick<Item, "fields" | "files" | "document" | "notes">): Part[] {
  const { document } = item;
  return [
    ...item.fields.map(
      (field): Part => ({
        kind: "field",
        field,
        sectionId: field.sectionId ?? "",
        names: { ids: [field.id], title: field.title },
      }),
    ),
    ...item.files.map(
      (file): Part => ({
        kind: "file",
        file,
        sectionId: file.sectionId,
        names: { ids: [file.attributes.id, file.fieldId], title: file.attributes.name },
      }),
    ),
    ...(document === undefined
      ? []
      : [{ kind: "document" as const, sectionId: "", names: { ids: [document.id], title: document.name } }]),
    ...(item.notes === ""
      ? []
      : [{ kind: "notes" as const, sectionId: "", names: { ids: ["notesPlain"], title: "notes" } }]),
  ];
}

const sameName = (one: string, other: string): boolean => normalTitle(one) === normalTitle(other);

type Sections = Item["sections"];

/** The sections with this id, or else with this title. */
export function sectionsCalled(sections: Sections, name: string): Sections {
  const byId = sections.filter(({ id }) => id === name);
  return byId.length > 0 ? byId : sections.filter(({ title }) => sameName(title, name));
}

/** The parts that a name means in a reference: one, unless the name is ambiguous or unknown. */
export function matching<P extends Part>(sections: Sections, parts: readonly P[], name: FieldName): readonly P[] {
  return meant(sections, parts, name, idsFirst);
}

type Called = <P extends Part>(parts: readonly P[], title: string) => readonly P[];

function meant<P extends Part>(sections: Sections, parts: readonly P[], name: FieldName, called: Called): readonly P[] {
  if (name.section !== undefined) {
    // An empty section name means parts outside every section. The item need not have an empty section.
    const none = name.section === "" ? [""] : [];
    const ids = new Set([...none, ...sectionsCalled(sections, name.section).map(({ id }) => id)]);
    return called(
      parts.filter(({ sectionId }) => ids.has(sectionId)),
      name.title,
    );
  }
  const untitled = new Set(["", ...sections.filter(({ title }) => title === "").map(({ id }) => id)]);
  const outside = called(
    parts.filter(({ sectionId }) => untitled.has(sectionId)),
    name.title,
  );
  return outside.length > 0 ? outside : called(parts, name.title);
}

const byTitle: Called = (parts, title) =>
  parts.filter(({ names }) => [names.title, ...names.ids].some((one) => sameName(one, title)));

const idsFirst: Called = (parts, title) => {
  const byId = parts.filter(({ names }) => names.ids.includes(title));
  return byId.length > 0 ? byId : byTitle(parts, title);
};

/**
 * The one part that a name means. Undefined where it means none. Throws tooManyMatchingFields with the candidates. A wrong write cannot be
 * undone by reading, so a bare name that is one field's id and another field's title is refused too.
 */
export function onePart<P extends Part>(
  sections: Sections,
  parts: readonly P[],
  name: FieldName,
  option: string,
): P | undefined {
  const all = meant(sections, parts, name, name.section === undefined ? byTitle : idsFirst);
  const [found, another] = all;
  if (another === undefined) return found;
  const candidates = all.map((part) => exactName(sections, part));
  throw refusal(
    "tooManyMatchingFields",
    `a name given to ${option} means more than one ${found?.kind === "file" ? "file" : "field"}: ${oneLine(name.title)}`,
    `say which: ${candidates.join(", ")}`,
  );
}

/** A name for an option that means this part alone: ids, with the section's title beside them for the reader. */
function exactName(sections: Sections, { sectionId, names }: Part): string {
  const section = sections.find(({ id }) => id === sectionId)?.title ?? "";
  const exact = [sectionId, names.ids[0] ?? ""].map((id) => id.replaceAll(/[/[\]=\\]/g, String.raw`\$&`)).join("/");
  const shown = oneLine(section === "" ? names.title : `${section}/${names.title}`);
  return shown === exact || exact === `/${shown}` ? exact : `${exact} (${shown})`;
}

/** The end of a reference to this part alone. Undefined where none can be written. */
export function referenceEnd(item: Item, part: Part): string | undefined {
  const parts = partsOf(item);
  const section = item.sections.find(({ id }) => id === part.sectionId);
  // The section comes first where it has a title. The reference then stays clear when another section gets such a field.
  const ends: FieldName[] = [part.names.title, ...part.names.ids].flatMap((title) => {
    const within = section === undefined ? [] : [section.title, section.id].map((name) => ({ section: name, title }));
    return section === undefined || section.title === "" ? [{ title }, ...within] : [...within, { title }];
  });
  const found = ends.find(({ section: name, title }) => {
    if (!LEGAL.test(title) || (name !== undefined && !LEGAL.test(name))) return false;
    const [one, another] = matching(item.sections, parts, { ...(name === undefined ? {} : { section: name }), title });
    return another === undefined && one?.kind === part.kind && one.names.ids[0] === part.names.ids[0];
  });
  return found === undefined
    ? undefined
    : [...(found.section === undefined ? [] : [found.section]), found.title].join("/");
}
