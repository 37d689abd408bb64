// Which field, file or note of an item a reference means. Ids come first, then titles without regard to case; more than
// one match is an error, never "the first".
import { PosternError } from "./errors.ts";
import type { DetailsContent } from "./item.ts";
import type { SecretReference } from "./reference.ts";

/** What a reference means within an item. `id` is the field's key in scopes: section and field id, or "file/" and the file's. */
export type Matched = { readonly id: string; readonly kind: string; readonly value: string; readonly file?: string };

type Candidate = Matched & {
  readonly section: string;
  readonly names: readonly string[];
  readonly ids: readonly string[];
};

/** The notes of an item, under the names that the official resolver knows. */
const NOTES_ID = "notesPlain";
const NOTES_TITLE = "notes";

function candidates(details: DetailsContent): Candidate[] {
  const fields = details.fields.map(
    (field): Candidate => ({
      id: `${field.sectionId ?? ""}/${field.id}`,
      kind: field.fieldType,
      value: field.value,
      section: field.sectionId ?? "",
      ids: [field.id],
      names: [field.title],
    }),
  );
  const files = details.files.map(
    (file): Candidate => ({
      id: `file/${file.attributes.id}`,
      kind: "File",
      value: "",
      file: file.attributes.id,
      section: file.sectionId,
      ids: [file.attributes.id, file.fieldId],
      names: [file.attributes.name],
    }),
  );
  const { document } = details;
  const documents =
    document === undefined
      ? []
      : [
          {
            id: `file/${document.id}`,
            kind: "File",
            value: "",
            file: document.id,
            section: "",
            ids: [document.id],
            names: [document.name],
          },
        ];
  const notes =
    details.notes === ""
      ? []
      : [
          {
            id: "/notesPlain",
            kind: "Notes",
            value: details.notes,
            section: "",
            ids: [NOTES_ID],
            names: [NOTES_TITLE],
          },
        ];
  return [...fields, ...files, ...documents, ...notes];
}

/** Throws noMatchingSections, fieldNotFound, tooManyMatchingFields, incompatibleQuery, notYet. */
export function matchField(item: { readonly details: DetailsContent }, reference: SecretReference): Matched {
  const { details } = item;
  const all = candidates(details);
  const within =
    reference.section === undefined
      ? preferSectionless(details, all, reference.field)
      : inSections(details, all, reference.section);
  const found = pick(within, reference.field);
  checkQuery(found, reference);
  return {
    id: found.id,
    kind: found.kind,
    value: found.value,
    ...(found.file === undefined ? {} : { file: found.file }),
  };
}

/** Without a section, a field outside every titled section wins over an equally named one inside. */
function preferSectionless(details: DetailsContent, all: readonly Candidate[], field: string): readonly Candidate[] {
  const untitled = new Set([
    "",
    ...details.sections.filter((section) => section.title === "").map((section) => section.id),
  ]);
  const outside = all.filter((candidate) => untitled.has(candidate.section));
  return matching(outside, field).length > 0 ? outside : all;
}

/** With a section, the fields of every section of this id or title are searched. */
function inSections(details: DetailsContent, all: readonly Candidate[], part: string): readonly Candidate[] {
  const byId = details.sections.filter((section) => section.id === part);
  const sections = byId.length > 0 ? byId : details.sections.filter((section) => sameTitle(section.title, part));
  if (sections.length === 0) throw new PosternError("noMatchingSections");
  const ids = new Set(sections.map((section) => section.id));
  return all.filter((candidate) => ids.has(candidate.section));
}

function matching(within: readonly Candidate[], part: string): readonly Candidate[] {
  const byId = within.filter((candidate) => candidate.ids.includes(part));
  return byId.length > 0 ? byId : within.filter((candidate) => candidate.names.some((name) => sameTitle(name, part)));
}

function pick(within: readonly Candidate[], part: string): Candidate {
  const [found, another] = matching(within, part);
  if (found === undefined) throw new PosternError("fieldNotFound");
  if (another !== undefined) throw new PosternError("tooManyMatchingFields");
  return found;
}

function sameTitle(title: string, part: string): boolean {
  return title.normalize("NFC").toLowerCase() === part.toLowerCase();
}

function checkQuery(found: Candidate, { query }: SecretReference): void {
  if (query === undefined) return;
  if (query.key === "attribute" && found.kind !== "Totp")
    throw new PosternError("incompatibleQuery", "attribute can only be applied to TOTP-type fields");
  if (query.key === "ssh-format" && found.kind !== "SshKey")
    throw new PosternError("incompatibleQuery", "ssh-format can only be applied to a private key field");
  throw new PosternError(
    "notYet",
    query.key === "attribute"
      ? "one-time codes; read the seed without the attribute"
      : "OpenSSH format; read the key as it is stored",
  );
}

/** How a person sees a field that a scope names by id: its title, with its section's where it has one. */
export function fieldTitle(item: { readonly details: DetailsContent }, id: string): string {
  const found = candidates(item.details).find((candidate) => candidate.id === id);
  if (found === undefined) return "a field that is gone";
  const section = item.details.sections.find((candidate) => candidate.id === found.section)?.title ?? "";
  const name = found.names[0] || (found.ids[0] ?? "");
  return section === "" ? name : `${section}/${name}`;
}
