// The item model, as clients send it and as it is sealed. Names and shapes are those of the official SDKs. Bytes are base64. The
// limits are our own: each keeps an item small enough to seal, send and show.
import Type, { type Static } from "typebox";
import { Bytes, Id, IdParam, Timestamp } from "../catalogue/common.ts";
import { named, namedClosed } from "../named.ts";

/** The official words for a limit. The agent answers them in place of field and rule. */
export const TOO_LARGE_FILE = "cannot upload or download files larger than 50MB";

/** Sizes of an item and its parts, in characters unless said otherwise. */
export const itemLimits = {
  /** One line in a list and in a prompt. */
  title: 256,
  /** A private key, a certificate chain, a small config file. */
  value: 512 * 1024,
  notes: 128 * 1024,
  fields: 200,
  sections: 100,
  tags: 100,
  tag: 256,
  websites: 100,
  url: 2048,
  files: 50,
  fileName: 255,
  addressLine: 1024,
  /** Clients choose the ids of fields and sections. */
  partId: 128,
  /** Bytes of one file, as in the official SDKs. */
  fileBytes: 50 * 1024 * 1024,
  /** Bytes of a file inside one request: the limit of a line, less base64 and the rest of the item. */
  inlineFileBytes: 2 * 1024 * 1024,
  /** Items of one batch. */
  batch: 100,
  description: 4096,
} as const;

const closed = { additionalProperties: false } as const;

const oneOf = Type.Enum;

export const ItemCategory = oneOf(
  [
    "Login",
    "SecureNote",
    "CreditCard",
    "CryptoWallet",
    "Identity",
    "Password",
    "Document",
    "ApiCredentials",
    "BankAccount",
    "Database",
    "DriverLicense",
    "Email",
    "MedicalRecord",
    "Membership",
    "OutdoorLicense",
    "Passport",
    "Rewards",
    "Router",
    "Server",
    "SshKey",
    "SocialSecurityNumber",
    "SoftwareLicense",
    "Person",
    "Unsupported",
  ],
  named("ItemCategory"),
);

export const ItemFieldType = oneOf(
  [
    "Text",
    "Concealed",
    "CreditCardType",
    "CreditCardNumber",
    "Phone",
    "Url",
    "Totp",
    "Email",
    "Reference",
    "SshKey",
    "Menu",
    "MonthYear",
    "Address",
    "Date",
    "Unsupported",
  ],
  named("ItemFieldType"),
);

/** Types of fields whose values are concealed. */
const CONCEALED_KINDS: ReadonlySet<string> = new Set(["Concealed", "Totp", "SshKey", "CreditCardNumber"]);

/** Whether values of this type are concealed, on a screen and in the output of a program that got them. */
export const isConcealed = (kind: string): boolean => CONCEALED_KINDS.has(kind);

const Title = Type.String({ maxLength: itemLimits.title });
const PartId = Type.String({ maxLength: itemLimits.partId });

const AutofillBehavior = oneOf(["AnywhereOnWebsite", "ExactDomain", "Never"], named("AutofillBehavior"));

export const Website = Type.Object(
  {
    url: Type.String({ maxLength: itemLimits.url }),
    label: Title,
    autofillBehavior: AutofillBehavior,
  },
  namedClosed("Website"),
);

/** A one-time code, or the reason why there is none: exactly one of the two. */
export const OtpFieldDetails = Type.Object(
  { code: Type.Optional(Type.String()), errorMessage: Type.Optional(Type.String()) },
  namedClosed("OtpFieldDetails"),
);

export const SshKeyAttributes = Type.Object(
  { publicKey: Type.String(), fingerprint: Type.String(), keyType: Type.String() },
  namedClosed("SshKeyAttributes"),
);

const AddressLine = Type.String({ maxLength: itemLimits.addressLine });
export const AddressFieldDetails = Type.Object(
  { street: AddressLine, city: AddressLine, country: AddressLine, zip: AddressLine, state: AddressLine },
  namedClosed("AddressFieldDetails"),
);

/** Details of a field beside its value. Clients send those of an address only. The agent computes all others at each read. */
export const ItemFieldDetails = Type.Union(
  [
    Type.Object({ type: Type.Literal("Otp"), content: OtpFieldDetails }, closed),
    Type.Object({ type: Type.Literal("SshKey"), content: Type.Union([SshKeyAttributes, Type.Null()]) }, closed),
    Type.Object({ type: Type.Literal("Address"), content: Type.Union([AddressFieldDetails, Type.Null()]) }, closed),
  ],
  named("ItemFieldDetails"),
);

export const ItemField = Type.Object(
  {
    id: PartId,
    title: Title,
    sectionId: Type.Optional(PartId),
    fieldType: ItemFieldType,
    value: Type.String({ maxLength: itemLimits.value }),
    details: Type.Optional(ItemFieldDetails),
  },
  namedClosed("ItemField"),
);

export const ItemSection = Type.Object({ id: PartId, title: Title }, namedClosed("ItemSection"));

export const FileAttributes = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: itemLimits.fileName }),
    id: Id,
    size: Type.Integer({ minimum: 0, maximum: itemLimits.fileBytes }),
  },
  namedClosed("FileAttributes"),
);

export const ItemFile = Type.Object(
  { attributes: FileAttributes, sectionId: PartId, fieldId: PartId },
  namedClosed("ItemFile"),
);

const Tags = Type.Array(Type.String({ maxLength: itemLimits.tag }), { maxItems: itemLimits.tags });
const Fields = Type.Array(ItemField, { maxItems: itemLimits.fields });
const Sections = Type.Array(ItemSection, { maxItems: itemLimits.sections });
const Websites = Type.Array(Website, { maxItems: itemLimits.websites });
const Notes = Type.String({ maxLength: itemLimits.notes });

/** A file that comes with a new item, in the same request. */
const inlineFile = (nameless: string) => ({
  name: Type.String({ minLength: 1, maxLength: itemLimits.fileName, errorMessage: { minLength: nameless } }),
  content: Bytes(Math.ceil(itemLimits.inlineFileBytes / 3) * 4),
});
export const FileCreateParams = Type.Object(
  { ...inlineFile("file name cannot be empty"), sectionId: PartId, fieldId: PartId },
  namedClosed("FileCreateParams"),
);
export const DocumentCreateParams = Type.Object(
  inlineFile("document name cannot be empty"),
  namedClosed("DocumentCreateParams"),
);

const newItemFields = {
  category: ItemCategory,
  title: Title,
  fields: Type.Optional(Fields),
  sections: Type.Optional(Sections),
  notes: Type.Optional(Notes),
  tags: Type.Optional(Tags),
  websites: Type.Optional(Websites),
};

export const ItemCreateParams = Type.Object(
  {
    ...newItemFields,
    vaultId: Type.String({ ...IdParam, errorMessage: { minLength: "The vault ID was not specified" } }),
    files: Type.Optional(Type.Array(FileCreateParams, { maxItems: itemLimits.files })),
    document: Type.Optional(DocumentCreateParams),
  },
  namedClosed("ItemCreateParams"),
);

export const ItemState = oneOf(["active", "archived"], named("ItemState"));

export const ItemOverview = Type.Object(
  {
    id: Id,
    title: Title,
    category: ItemCategory,
    vaultId: Id,
    websites: Websites,
    tags: Tags,
    createdAt: Timestamp,
    updatedAt: Timestamp,
    state: ItemState,
    /** What is sealed as this item is none. Title and category stand for it. Only its id leads to it. */
    malformed: Type.Optional(Type.Literal(true)),
  },
  namedClosed("ItemOverview"),
);

export const Item = Type.Object(
  {
    id: Id,
    title: Title,
    category: ItemCategory,
    vaultId: Id,
    fields: Fields,
    sections: Sections,
    notes: Notes,
    tags: Tags,
    websites: Websites,
    version: Type.Integer({ minimum: 1, maximum: 0xffffffff }),
    files: Type.Array(ItemFile, { maxItems: itemLimits.files }),
    document: Type.Optional(FileAttributes),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  namedClosed("Item"),
);

/** The sealed overview of an item. Lists show it. */
export const ItemOverviewContent = Type.Object(
  { title: Title, category: ItemCategory, tags: Tags, websites: Websites },
  closed,
);

/**
 * A stored id may be longer than one that a client sends: a one-time code's gets a prefix, and a variable of an environment has its name for an id.
 */
const StoredId = Type.String({ maxLength: 256 });
const StoredField = Type.Object({ ...ItemField.properties, id: StoredId }, closed);

/** The sealed details of an item. Beside the sections that a client sends, there is the one without a title, and each file may make one. */
export const ItemDetailsContent = Type.Object(
  {
    fields: Type.Array(StoredField, { maxItems: itemLimits.fields }),
    sections: Type.Array(ItemSection, { maxItems: itemLimits.sections + itemLimits.files + 1 }),
    notes: Notes,
    files: Type.Array(ItemFile, { maxItems: itemLimits.files }),
    document: Type.Optional(FileAttributes),
  },
  closed,
);

const VaultType = oneOf(["personal", "everyone", "transfer", "userCreated", "unsupported"], named("VaultType"));

export const VaultOverview = Type.Object(
  {
    id: Id,
    title: Title,
    description: Type.String({ maxLength: itemLimits.description }),
    vaultType: VaultType,
    activeItemCount: Type.Integer(),
    contentVersion: Type.Integer(),
    attributeVersion: Type.Integer(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  namedClosed("VaultOverview"),
);

/** Official permission bits, an unsigned 32-bit integer. */
export const Permissions = Type.Integer({ minimum: 0, maximum: 0xffffffff });

const VaultAccessorType = oneOf(["user", "group", "broker"], named("VaultAccessorType"));

export const VaultAccess = Type.Object(
  {
    vaultUuid: Id,
    accessorType: VaultAccessorType,
    accessorUuid: Id,
    permissions: Permissions,
  },
  namedClosed("VaultAccess"),
);

/** A vault. It has `access` where the caller asked for it. */
export const Vault = Type.Object(
  { ...VaultOverview.properties, access: Type.Optional(Type.Array(VaultAccess)) },
  namedClosed("Vault"),
);

const GroupType = oneOf(
  ["owners", "administrators", "recovery", "externalAccountManagers", "teamMembers", "userDefined", "unsupported"],
  named("GroupType"),
);

const GroupState = oneOf(["active", "deleted", "unsupported"], named("GroupState"));

export const Group = Type.Object(
  {
    id: Id,
    title: Title,
    description: Type.String({ maxLength: itemLimits.description }),
    groupType: GroupType,
    state: GroupState,
    vaultAccess: Type.Optional(Type.Array(VaultAccess)),
  },
  namedClosed("Group"),
);

/** A group's rights in one vault. */
export const GroupAccess = Type.Object({ groupId: IdParam, permissions: Permissions }, namedClosed("GroupAccess"));
export const GroupVaultAccess = Type.Object(
  { vaultId: IdParam, groupId: IdParam, permissions: Permissions },
  namedClosed("GroupVaultAccess"),
);

export type Item = Static<typeof Item>;
export type ItemField = Static<typeof ItemField>;
export type ItemFieldDetails = Static<typeof ItemFieldDetails>;
export type AddressFieldDetails = Static<typeof AddressFieldDetails>;
export type ItemCreateParams = Static<typeof ItemCreateParams>;
export type OverviewContent = Static<typeof ItemOverviewContent>;
export type DetailsContent = Static<typeof ItemDetailsContent>;
