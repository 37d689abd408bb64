// The parameters that the official SDKs' core takes, exactly as loosely or strictly (test/interop holds the two equal). Unknown keys
// are ignored, null means a missing field, and enumerations of items are any text. The envelope's names are in snake_case, those of
// the typed objects in camelCase.
import Type from "typebox";
import { fromBase64 } from "../crypto/encoding.ts";

const text = Type.String();
const yesOrNo = Type.Boolean();
/** An unsigned integer of 32 bits. */
const u32 = Type.Integer({ minimum: 0, maximum: 0xffffffff });
const maybe = <S extends Type.TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]));
const listOf = <S extends Type.TSchema>(schema: S) => Type.Array(schema);
/** Go sends null for a list that holds nothing. */
const listOrNull = <S extends Type.TSchema>(schema: S) => Type.Union([Type.Array(schema), Type.Null()]);

/** Bytes: JavaScript and Python send numbers, Go sends padded base64. */
const bytes = Type.Union([
  Type.Array(Type.Integer({ minimum: 0, maximum: 255 })),
  Type.Refine(text, (given) => fromBase64(given) !== undefined),
]);

const date = Type.Refine(text, isDate);

const FORM = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339 as the core reads it: an existing day, a time of day, and always a zone. */
function isDate(given: string): boolean {
  const [year, month, day, hour, minute, second] = (FORM.exec(given) ?? []).slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const at = new Date(0);
  // Date.UTC is no use here: it reads the years 0 to 99 as years of the last century.
  at.setUTCFullYear(year, month - 1, day);
  const exists = at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return exists && (hour ?? 24) < 24 && (minute ?? 60) < 60 && (second ?? 60) < 60;
}

const OtpDetails = Type.Object({
  type: Type.Literal("Otp"),
  content: Type.Object({ code: maybe(text), errorMessage: maybe(text) }),
});
const SshKeyDetails = Type.Object({
  type: Type.Literal("SshKey"),
  content: maybe(Type.Object({ publicKey: text, fingerprint: text, keyType: text })),
});
const AddressDetails = Type.Object({
  type: Type.Literal("Address"),
  content: maybe(Type.Object({ street: text, city: text, country: text, zip: text, state: text })),
});

const ItemField = Type.Object({
  id: text,
  title: text,
  sectionId: maybe(text),
  fieldType: text,
  value: text,
  details: maybe(Type.Union([OtpDetails, SshKeyDetails, AddressDetails])),
});
const ItemSection = Type.Object({ id: text, title: text });
/** The behaviour must be there and may be anything. The core takes an unknown one for the default. */
const Website = Type.Object({ url: text, label: text, autofillBehavior: Type.Unknown() });

const FileAttributes = Type.Object({ name: text, id: text, size: u32 });
const ItemFile = Type.Object({ attributes: FileAttributes, sectionId: text, fieldId: text });
const FileCreateParams = Type.Object({ name: text, content: bytes, sectionId: text, fieldId: text });
const DocumentCreateParams = Type.Object({ name: text, content: bytes });

const ItemCreateParams = Type.Object({
  category: text,
  vaultId: text,
  title: text,
  fields: maybe(listOf(ItemField)),
  sections: maybe(listOf(ItemSection)),
  notes: maybe(text),
  tags: maybe(listOf(text)),
  websites: maybe(listOf(Website)),
  files: maybe(listOf(FileCreateParams)),
  document: maybe(DocumentCreateParams),
});

const Item = Type.Object({
  id: text,
  title: text,
  category: text,
  vaultId: text,
  fields: listOrNull(ItemField),
  sections: listOrNull(ItemSection),
  notes: text,
  tags: listOrNull(text),
  websites: listOrNull(Website),
  version: u32,
  files: listOrNull(ItemFile),
  document: maybe(FileAttributes),
  createdAt: date,
  updatedAt: date,
});

const ItemListFilter = Type.Object({
  type: Type.Literal("ByState"),
  content: Type.Object({ active: yesOrNo, archived: yesOrNo }),
});

const separators = ["digits", "digitsAndSymbols", "spaces", "hyphens", "underscores", "periods", "commas"] as const;
const PasswordRecipe = Type.Union([
  Type.Object({
    type: Type.Literal("Memorable"),
    parameters: Type.Object({
      separatorType: Type.Enum([...separators]),
      capitalize: yesOrNo,
      wordListType: Type.Enum(["fullWords", "syllables", "threeLetters"]),
      wordCount: u32,
    }),
  }),
  Type.Object({ type: Type.Literal("Pin"), parameters: Type.Object({ length: u32 }) }),
  Type.Object({
    type: Type.Literal("Random"),
    parameters: Type.Object({ includeDigits: yesOrNo, includeSymbols: yesOrNo, length: u32 }),
  }),
]);

const Duration = Type.Enum(["OneHour", "OneDay", "SevenDays", "FourteenDays", "ThirtyDays"]);
const AllowedType = Type.Enum(["Authenticated", "Public"]);
const AllowedRecipientType = Type.Enum(["Email", "Domain"]);
const ItemShareAccountPolicy = Type.Object({
  maxExpiry: Duration,
  defaultExpiry: Duration,
  maxViews: maybe(u32),
  allowedTypes: listOf(AllowedType),
  allowedRecipientTypes: listOf(AllowedRecipientType),
  files: Type.Object({
    allowed: yesOrNo,
    maxSize: u32,
    allowedTypes: maybe(listOf(AllowedType)),
    allowedRecipientTypes: maybe(listOf(AllowedRecipientType)),
    maxExpiry: maybe(Duration),
    defaultExpiry: maybe(Duration),
    maxViews: maybe(u32),
  }),
});
const ValidRecipient = Type.Union([
  Type.Object({ type: Type.Literal("Email"), parameters: Type.Object({ email: text }) }),
  Type.Object({ type: Type.Literal("Domain"), parameters: Type.Object({ domain: text }) }),
]);
const ItemShareParams = Type.Object({
  recipients: maybe(listOf(ValidRecipient)),
  expireAfter: maybe(Duration),
  oneTimeOnly: yesOrNo,
});

const inVault = { vault_id: text };
const ofItem = { vault_id: text, item_id: text };

/** The parameters of each operation, by its name in the envelope. */
export const sdkShapes = {
  SecretsResolve: Type.Object({ secret_reference: text }),
  SecretsResolveAll: Type.Object({ secret_references: listOf(text) }),
  ItemsCreate: Type.Object({ params: ItemCreateParams }),
  ItemsCreateAll: Type.Object({ ...inVault, params: listOf(ItemCreateParams) }),
  ItemsGet: Type.Object(ofItem),
  ItemsGetAll: Type.Object({ ...inVault, item_ids: listOf(text) }),
  ItemsPut: Type.Object({ item: Item }),
  ItemsDelete: Type.Object(ofItem),
  ItemsDeleteAll: Type.Object({ ...inVault, item_ids: listOf(text) }),
  ItemsArchive: Type.Object(ofItem),
  ItemsList: Type.Object({ ...inVault, filters: listOf(ItemListFilter) }),
  ItemsSharesGetAccountPolicy: Type.Object(ofItem),
  ItemsSharesValidateRecipients: Type.Object({ policy: ItemShareAccountPolicy, recipients: listOf(text) }),
  ItemsSharesCreate: Type.Object({ item: Item, policy: ItemShareAccountPolicy, params: ItemShareParams }),
  ItemsFilesAttach: Type.Object({ item: Item, file_params: FileCreateParams }),
  ItemsFilesRead: Type.Object({ ...ofItem, attr: FileAttributes }),
  ItemsFilesDelete: Type.Object({ item: Item, section_id: text, field_id: text }),
  ItemsFilesReplaceDocument: Type.Object({ item: Item, doc_params: DocumentCreateParams }),
  VaultsCreate: Type.Object({
    params: Type.Object({ title: text, description: maybe(text), allowAdminsAccess: maybe(yesOrNo) }),
  }),
  VaultsList: Type.Object({ params: maybe(Type.Object({ decryptDetails: maybe(yesOrNo) })) }),
  VaultsGetOverview: Type.Object(inVault),
  VaultsGet: Type.Object({ ...inVault, vault_params: Type.Object({ accessors: maybe(yesOrNo) }) }),
  VaultsUpdate: Type.Object({ ...inVault, params: Type.Object({ title: maybe(text), description: maybe(text) }) }),
  VaultsDelete: Type.Object(inVault),
  VaultsGrantGroupPermissions: Type.Object({
    ...inVault,
    group_permissions_list: listOf(Type.Object({ groupId: text, permissions: u32 })),
  }),
  VaultsUpdateGroupPermissions: Type.Object({
    group_permissions_list: listOf(Type.Object({ vaultId: text, groupId: text, permissions: u32 })),
  }),
  VaultsRevokeGroupPermissions: Type.Object({ ...inVault, group_id: text }),
  GroupsGet: Type.Object({ group_id: text, group_params: Type.Object({ vaultPermissions: maybe(yesOrNo) }) }),
  EnvironmentsGetVariables: Type.Object({ environment_id: text }),
  ValidateSecretReference: Type.Object({ secret_reference: text }),
  GeneratePassword: Type.Object({ recipe: PasswordRecipe }),
} as const;

export type SdkShapes = { readonly [Name in keyof typeof sdkShapes]: Type.Static<(typeof sdkShapes)[Name]> };
export type SdkName = keyof SdkShapes;
export type SdkItem = Type.Static<typeof Item>;
export type SdkItemCreateParams = Type.Static<typeof ItemCreateParams>;
export type SdkItemField = Type.Static<typeof ItemField>;
export type SdkPolicy = Type.Static<typeof ItemShareAccountPolicy>;
export type SdkShareParams = Type.Static<typeof ItemShareParams>;
export type SdkRecipient = Type.Static<typeof ValidRecipient>;
export type SdkWebsite = Type.Static<typeof Website>;
export type SdkBytes = Type.Static<typeof bytes>;
