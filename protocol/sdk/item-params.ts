// An item of the official SDKs as our methods take it. The TypeScript client takes a copy, with its own types and words in place of the imports.
import type { Item, ItemCreateParams, ItemField } from "../item/item.ts";
import { given } from "./given.ts";
import { autofillBehaviors, itemCategories, itemFieldTypes } from "./item-words.ts";
import type { SdkItem, SdkItemCreateParams, SdkItemField, SdkWebsite } from "./shapes.ts";
import { base64 } from "./to-base64.ts";

export function newItem({ category, vaultId, title, notes, tags, ...lists }: SdkItemCreateParams): ItemCreateParams {
  return given({
    category: known(itemCategories, category),
    vaultId,
    title,
    notes,
    tags,
    fields: lists.fields?.map(fieldOf),
    sections: lists.sections?.map(({ id, title }) => ({ id, title })),
    websites: lists.websites?.map(websiteOf),
    files: lists.files?.map(({ name, content, sectionId, fieldId }) => ({
      name,
      content: base64(content),
      sectionId,
      fieldId,
    })),
    document: lists.document && { name: lists.document.name, content: base64(lists.document.content) },
  });
}

export function wholeItem({ fields, sections, tags, websites, files, document, ...item }: SdkItem): Item {
  const { id, title, category, vaultId, notes, version, createdAt, updatedAt } = item;
  return given({
    id,
    title,
    category: known(itemCategories, category),
    vaultId,
    notes,
    version,
    createdAt,
    updatedAt,
    fields: (fields ?? []).map(fieldOf),
    sections: (sections ?? []).map(({ id, title }) => ({ id, title })),
    tags: tags ?? [],
    websites: (websites ?? []).map(websiteOf),
    files: (files ?? []).map(({ attributes, sectionId, fieldId }) => ({
      attributes: attributesOf(attributes),
      sectionId,
      fieldId,
    })),
    document: document && attributesOf(document),
  });
}

const attributesOf = ({ name, id, size }: { name: string; id: string; size: number }) => ({ name, id, size });

/** Clients send the details of an address only. The agent computes codes and public keys at each read. */
function fieldOf({ id, title, sectionId, fieldType, value, details }: SdkItemField): ItemField {
  const address = details?.type === "Address" ? details.content : undefined;
  return given({
    id,
    title,
    sectionId,
    fieldType: known(itemFieldTypes, fieldType),
    value,
    details:
      address &&
      ({
        type: "Address",
        content: {
          street: address.street,
          city: address.city,
          country: address.country,
          zip: address.zip,
          state: address.state,
        },
      } as const),
  });
}

const websiteOf = ({ url, label, autofillBehavior }: SdkWebsite) => ({
  url,
  label,
  autofillBehavior:
    autofillBehaviors.find((behavior) => behavior === autofillBehavior) ?? ("AnywhereOnWebsite" as const),
});

/** An unknown word of an enumeration becomes "Unsupported". The rules of an item then refuse it in the official words. */
function known<T extends string>(values: readonly T[], text: string): T | "Unsupported" {
  return values.find((value) => value === text) ?? "Unsupported";
}
