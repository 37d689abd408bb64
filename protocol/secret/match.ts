// Finds the field, file or note of an item that a reference means. Ids come first, then titles without regard to case. Several
// matches are an error; the first of them is never taken.
import { PosternError } from "../errors.ts";
import type { DetailsContent } from "../item/item.ts";
import type { SecretReference } from "./reference.ts";

/**
 * The meaning of a reference within an item. `id` is the field's key in scopes: section and field id with a slash between them,
 * "file:" and the file's id, or "notes:". No id has a colon, so no field looks like a file or the notes. `derive` says how the
 * answer is computed from the stored value.
 */
export type Matched = {
  readonly id: string;
  readonly kind: string;
  readonly value: string;
  readonly file?: string;
  readonly derive?: Derive;
};

/** The one-time code of a seed, one of the public parts of a private key, or that key in OpenSSH's form. */
export type Derive = "totp" | "publicKey" | "fingerprint" | "keyType" | "openSsh";

/** Fields that every SSH key item has although nobody wrote them, by id and title. */
const SSH_PARTS = [
  { derive: "publicKey", id: "public_key", title: "public key" },
  { derive: "fingerprint", id: "fingerprint", title: "fingerprint" },
  { derive: "keyType", id: "key_type", title: "key type" },
] as const;

type Candidate = Matched & {
  readonly section: string;
  readonly names: readonly string[];
  readonly ids: readonly string[];
};

/** The key of a file in scopes. */
export const fileKey = (file: string): string => `file:${file}`;

/** The names of an item's notes, as the official resolver knows them. */
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
      id: fileKey(file.attributes.id),
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
            id: fileKey(document.id),
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
            id: "notes:",
            kind: "Notes",
            value: details.notes,
            section: "",
            ids: [NOTES_ID],
            names: [NOTES_TITLE],
          },
        ];
  return [...fields, ...sshParts(details), ...files, ...documents, ...notes];
}

/** Each is computed from the private key and needs the same grant. A written field of the same name comes first. */
function sshParts(details: DetailsContent): Candidate[] {
  const taken = new Set(details.fields.flatMap(({ id, title }) => [id, title.toLowerCase()]));
  return details.fields
    .filter(({ fieldType }) => fieldType === "SshKey")
    .flatMap((field) =>
      SSH_PARTS.filter(({ id, title }) => !taken.has(id) && !taken.has(title)).map(
        ({ derive, id, title }): Candidate => ({
          id: `${field.sectionId ?? ""}/${field.id}`,
          kind: "Text",
          value: field.value,
          derive,
          section: field.sectionId ?? "",
          ids: [id],
          names: [title],
        }),
      ),
    );
}

/** Throws noMatchingSections, fieldNotFound, tooManyMatchingFields, incompatibleQuery. */
export function matchField(item: DetailsContent, reference: SecretReference): Matched {
  const all = candidates(item);
  const within =
    reference.section === undefined
      ? preferSectionless(item, all, reference.field)
      : inSections(item, all, reference.section);
  const found = pick(within, reference.field);
  const derive = derived(found, reference) ?? found.derive;
  return {
    id: found.id,
    kind: found.kind,
    value: found.value,
    ...(found.file === undefined ? {} : { file: found.file }),
    ...(derive === undefined ? {} : { derive }),
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
  if (byId.length > 0) return byId;
  return within.filter(({ names, ids }) => [...names, ...ids].some((name) => sameTitle(name, part)));
}

function pick(within: readonly Candidate[], part: string): Candidate {
  const [found, another] = matching(within, part);
  if (found === undefined) throw new PosternError("fieldNotFound");
  if (another !== undefined) throw ambiguous("tooManyMatchingFields", matching(within, part).map(shortId));
  return found;
}

/** Candidates in an error. A person can look through so many. */
export const CANDIDATES_MAX = 10;

/** The error for several matches, with a reference for each of them. It holds names, so the agent first checks the right to them. */
export function ambiguous(
  name: "tooManyVaults" | "tooManyItems" | "tooManyMatchingFields",
  ids: readonly string[],
): PosternError {
  const more = ids.length > CANDIDATES_MAX ? ` and ${ids.length - CANDIDATES_MAX} more` : "";
  return new PosternError(name, `candidates ${ids.slice(0, CANDIDATES_MAX).join(", ")}${more}`);
}

/** The end of a reference to this field alone: its id, behind its section's id where it has one. */
function shortId({ section, ids }: Candidate): string {
  const id = ids[0] ?? "";
  return section === "" ? id : `${section}/${id}`;
}

function sameTitle(title: string, part: string): boolean {
  return title.normalize("NFC").toLowerCase() === part.toLowerCase();
}

function derived(found: Candidate, { query }: SecretReference): Derive | undefined {
  if (query === undefined) return undefined;
  if (query.key === "attribute") {
    if (found.kind !== "Totp") throw new PosternError("incompatibleTotpQuery");
    return "totp";
  }
  if (found.kind !== "SshKey") throw new PosternError("incompatibleSshQuery");
  return "openSsh";
}

/** The name of a field, file or note for a person: its title and its section's title, which may be "". */
export type FieldTitle = {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly sectionId: string;
};

/** All fields, files and notes of an item, by their ids in scopes. Fields computed from a private key follow the key, under its id. */
export function fieldTitles(item: DetailsContent): FieldTitle[] {
  const sections = new Map(item.sections.map(({ id, title }) => [id, title]));
  return candidates(item).map(({ id, names, ids, section }) => ({
    id,
    title: names[0] || (ids[0] ?? ""),
    section: sections.get(section) ?? "",
    sectionId: section,
  }));
}

/** The title of a field that a scope names by id, with its section's title where it has one. */
export function fieldTitle(item: DetailsContent, id: string): string {
  const found = fieldTitles(item).find((one) => one.id === id);
  if (found === undefined) return "a field that is gone";
  return found.section === "" ? found.title : `${found.section}/${found.title}`;
}
