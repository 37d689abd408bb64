// Items and their parts, as the official SDKs have them.
import type { AutofillBehavior, ItemCategory, ItemFieldType, ItemState } from "./generated-enums.js";

export interface AddressFieldDetails {
  street: string;
  city: string;
  country: string;
  zip: string;
  state: string;
}

/** A one-time code, or the reason why there is none. */
export interface OtpFieldDetails {
  code?: string;
  errorMessage?: string;
}

/** The public side of an SSH key. */
export interface SshKeyAttributes {
  publicKey: string;
  fingerprint: string;
  keyType: string;
}

/** What a field has beside its value, by its type. */
export type ItemFieldDetails =
  | { type: "Otp"; content: OtpFieldDetails }
  | { type: "SshKey"; content?: SshKeyAttributes }
  | { type: "Address"; content?: AddressFieldDetails };

export interface ItemField {
  id: string;
  title: string;
  sectionId?: string;
  fieldType: ItemFieldType;
  value: string;
  details?: ItemFieldDetails;
}

export interface ItemSection {
  id: string;
  title: string;
}

export interface Website {
  url: string;
  label: string;
  autofillBehavior: AutofillBehavior;
}

/** A file without its bytes. */
export interface FileAttributes {
  name: string;
  id: string;
  /** In bytes. */
  size: number;
}

export interface ItemFile {
  attributes: FileAttributes;
  sectionId: string;
  fieldId: string;
}

/** An item with its values. */
export interface Item {
  id: string;
  title: string;
  category: ItemCategory;
  vaultId: string;
  fields: ItemField[];
  sections: ItemSection[];
  notes: string;
  tags: string[];
  websites: Website[];
  version: number;
  files: ItemFile[];
  document?: FileAttributes;
  createdAt: Date;
  updatedAt: Date;
}

/** An item without its values. */
export interface ItemOverview {
  id: string;
  title: string;
  category: ItemCategory;
  vaultId: string;
  websites: Website[];
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  state: ItemState;
}

/** A file for a new item, or for attaching to an item. */
export interface FileCreateParams {
  name: string;
  content: Uint8Array;
  sectionId: string;
  fieldId: string;
}

/** The file of a Document. */
export interface DocumentCreateParams {
  name: string;
  content: Uint8Array;
}

export interface ItemCreateParams {
  category: ItemCategory;
  vaultId: string;
  title: string;
  fields?: ItemField[];
  sections?: ItemSection[];
  notes?: string;
  tags?: string[];
  websites?: Website[];
  files?: FileCreateParams[];
  document?: DocumentCreateParams;
}

export type ItemListFilter = { type: "ByState"; content: { active: boolean; archived: boolean } };
