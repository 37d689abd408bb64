// The rules of an item beyond its shape, with the official texts. Where an official text repeats an id that the client
// sent, ours names the place instead (`fields[2].id`): our errors carry no peer's values.
import { PosternError } from "../errors.ts";
import { addressLine, formatRules } from "./field-format.ts";
import type { DetailsContent, Item, ItemCreateParams, ItemField, OverviewContent } from "./item.ts";

/** Ids of fields without a section. Autofill finds them by these ids. */
const SECTIONLESS: Readonly<Record<string, readonly string[]>> = {
  Login: ["username", "password"],
  Password: ["password"],
};

const SSH_FIELD_ID = "private_key";
const SSH_FIELD_TITLE = "private key";
const TOTP_PREFIX = "TOTP_";

/** The ids of fields and sections. A reference can hold every one of these characters. */
const PART_ID = /^[A-Za-z0-9 \-_.]*$/;

type Parts = { readonly overview: OverviewContent; readonly details: DetailsContent };
type Content = OverviewContent & DetailsContent;

/** The stored form of a new item. Throws invalidItem with every broken rule. */
export function newItem(params: ItemCreateParams): Content {
  demandCategory(params.category);
  const files = (params.files ?? []).map((file) => ({
    sectionId: file.sectionId,
    fieldId: file.fieldId,
    attributes: { name: file.name, id: "", size: 0 },
  }));
  const parts = normal({
    overview: {
      title: params.title,
      category: params.category,
      tags: params.tags ?? [],
      websites: params.websites ?? [],
    },
    details: {
      fields: (params.fields ?? []).map(storedField),
      sections: params.sections ?? [],
      notes: params.notes ?? "",
      files,
    },
  });
  const documents = [
    ...(params.category === "Document" && params.document === undefined
      ? ["Document items must have a document file attached"]
      : []),
    ...(params.category !== "Document" && params.document !== undefined
      ? ["cannot have a document file on a non-document item"]
      : []),
  ];
  refuse([...brokenRules(parts), ...documents]);
  return { ...parts.overview, ...parts.details };
}

/** The stored form of a changed item. Throws invalidItem with the part that may not change here. */
export function changedItem(before: Content, item: Item): Content {
  demandCategory(before.category);
  const parts = normal({
    overview: { title: item.title, category: item.category, tags: item.tags, websites: item.websites },
    details: {
      fields: item.fields.map(storedField),
      sections: item.sections,
      notes: item.notes,
      files: before.files,
      ...(before.document === undefined ? {} : { document: before.document }),
    },
  });
  const fixed = [
    ...(item.category === before.category ? [] : ["can't update the item's category"]),
    ...(sameFiles(before, item)
      ? []
      : ["cannot modify files or documents through this function. Use the functions under items.files instead."]),
  ];
  refuse([...brokenRules(parts), ...fixed]);
  return { ...parts.overview, ...parts.details };
}

function demandCategory(category: string): void {
  if (category === "Unsupported") throw invalid(["An unsupported item category was specified"]);
}

function sameFiles(before: DetailsContent, item: Item): boolean {
  return (
    JSON.stringify([before.files, before.document ?? null]) === JSON.stringify([item.files, item.document ?? null])
  );
}

/**
 * The stored form of a field. A TOTP field gets an id that says so, as in the official SDKs. An address gets its one line. Only an
 * address keeps its details; all others are computed at each read.
 */
function storedField({ details, ...field }: ItemField): ItemField {
  if (field.fieldType === "Totp" && !field.id.startsWith(TOTP_PREFIX)) return { ...field, id: TOTP_PREFIX + field.id };
  if (field.fieldType !== "Address" || details?.type !== "Address" || details.content === null) return field;
  return { ...field, value: addressLine(details.content), details };
}

/** Puts custom fields without a section into the empty section, and makes that section where it is missing. */
function normal({ overview, details }: Parts): Parts {
  const builtIn = SECTIONLESS[overview.category] ?? [];
  const fields = details.fields.map((field) =>
    field.sectionId === undefined && !builtIn.includes(field.id) && field.fieldType !== "SshKey"
      ? { ...field, sectionId: "" }
      : field,
  );
  const needsEmpty =
    fields.some((field) => field.sectionId === "") && !details.sections.some((section) => section.id === "");
  return {
    overview,
    details: {
      ...details,
      fields,
      sections: needsEmpty ? [...details.sections, { id: "", title: "" }] : details.sections,
    },
  };
}

function brokenRules(parts: Parts): string[] {
  return [
    ...titleRules(parts),
    ...tagRules(parts.overview.tags),
    ...idRules(parts.details),
    ...sectionRules(parts.details),
    ...sshRules(parts),
    ...typeRules(parts.details),
    ...formatRules(parts.details.fields),
    ...websiteRules(parts.overview),
  ];
}

function titleRules({ overview }: Parts): string[] {
  return overview.title.trim() === "" ? ["title cannot be empty"] : [];
}

function tagRules(tags: readonly string[]): string[] {
  return [
    ...(tags.includes("") ? ["tags list contains one or more empty tags(s)"] : []),
    ...(tags.some((tag) => tag !== "" && /^[ \t]+$/.test(tag))
      ? ["tags list contains one or more tags that are entirely spaces or tabs(s)"]
      : []),
    ...(new Set(tags).size < tags.length ? ["tags list contains duplicate tags(s)"] : []),
  ];
}

function idRules(details: DetailsContent): string[] {
  const fieldIds = details.fields.map((field) => field.id);
  const sectionIds = details.sections.map((section) => section.id);
  const withFiles = [...fieldIds, ...details.files.map((file) => file.fieldId)];
  return [
    ...(new Set(sectionIds).size < sectionIds.length
      ? ["item contained duplicate section ids. Make sure every id is unique."]
      : []),
    ...(new Set(fieldIds).size < fieldIds.length
      ? ["item contained duplicate field ids. Make sure every id is unique."]
      : []),
    ...(new Set(withFiles).size < withFiles.length ? ["file and field IDs must be unique within an item"] : []),
    ...illegal("fields", fieldIds),
    ...illegal("sections", sectionIds),
    ...fieldIds.flatMap((id, index) => (id === "" ? [`fields[${index}].id cannot be empty`] : [])),
  ];
}

function illegal(list: string, ids: readonly string[]): string[] {
  return ids.flatMap((id, index) =>
    PART_ID.test(id)
      ? []
      : [`${list}[${index}].id must contain only alphanumeric characters or -, _, . and the whitespace character`],
  );
}

function sectionRules({ fields, sections, files }: DetailsContent): string[] {
  const ids = new Set(sections.map((section) => section.id));
  return [
    ...fields.flatMap((field, index) =>
      field.sectionId === undefined || ids.has(field.sectionId)
        ? []
        : [`fields[${index}] was linked to a section id, but no section with this id exists`],
    ),
    ...files.flatMap((file) =>
      file.sectionId === "" || ids.has(file.sectionId)
        ? []
        : ["the field file has a section ID that isn't linked to a section"],
    ),
  ];
}

function sshRules({ overview, details }: Parts): string[] {
  const keys = details.fields.filter((field) => field.fieldType === "SshKey");
  if (overview.category !== "SshKey")
    return keys.length > 0 ? ["Only items with an SSH key category can contain an SSH key field"] : [];
  return [
    ...(keys.length > 1 ? ["An SSH Key item can only contain one SSH key field"] : []),
    ...(keys.some((key) => key.id !== SSH_FIELD_ID || key.title !== SSH_FIELD_TITLE)
      ? ["SSH key fields must have ID 'private_key' and title 'private key'"]
      : []),
  ];
}

function typeRules({ fields }: DetailsContent): string[] {
  return fields.flatMap((field, index) =>
    field.fieldType === "Unsupported" ? [`fields[${index}] had an unsupported field type`] : [],
  );
}

function websiteRules({ category, websites }: OverviewContent): string[] {
  return websites.length > 0 && category !== "Login" && category !== "Password"
    ? ["Only items with a Login or Password category can contain websites for autofilling"]
    : [];
}

function refuse(broken: readonly string[]): void {
  if (broken.length > 0) throw invalid(broken);
}

function invalid(broken: readonly string[]): PosternError {
  return new PosternError("invalidItem", [...new Set(broken)].join("; "));
}
