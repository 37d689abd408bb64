// Shapes of the official SDKs that have no name in the catalogue. Those of parameters come from its methods. The others exist in
// clients alone, which make them of the agent's answers.
import type { NamedTypes } from "./named-types.ts";
import { REFERENCE_PREFIX, type Schema } from "./schema.ts";

const text: Schema = { type: "string" };

/** Parameters of a method that are not in the official shape: who asks, how, and for which vault or group. */
const BESIDE: ReadonlySet<string> = new Set(["client", "noWait", "vaultId", "groupId"]);

/** Every official shape by its name: those of the catalogue, and those that it does not name. */
export function officialShapes({ types, methods }: NamedTypes): Readonly<Record<string, Schema>> {
  const paramsOf = (method: string) => without(methods[method]?.params ?? {}, BESIDE);
  const named = Object.fromEntries(fromCatalogue.map((name) => [name, types[name] ?? missing(name)]));
  return {
    ...named,
    // The official vault has no times.
    Vault: without(types.Vault ?? missing("Vault"), new Set(["createdAt", "updatedAt"])),
    VaultCreateParams: paramsOf("vaults.create"),
    VaultGetParams: paramsOf("vaults.get"),
    VaultListParams: paramsOf("vaults.list"),
    VaultUpdateParams: paramsOf("vaults.update"),
    GroupGetParams: paramsOf("groups.get"),
    GetVariablesResponse: object({ variables: { type: "array", items: reference("EnvironmentVariable") } }),
    GeneratePasswordResponse: object({ password: text }),
    ResolvedReference: object({ secret: text, itemId: text, vaultId: text }),
    ItemListFilter: tagged({ ByState: { content: object({ active: flag, archived: flag }) } }),
    ItemUpdateFailureReason: tagged({
      itemValidationError: message,
      itemStatusPermissionError: {},
      itemStatusIncorrectItemVersion: {},
      itemStatusFileNotFound: {},
      itemStatusTooBig: {},
      itemNotFound: {},
      internal: message,
    }),
    ItemsGetAllError: tagged({ itemNotFound: {}, internal: message }),
    ResolveReferenceError: tagged(resolveFailures),
  };
}

const flag: Schema = { type: "boolean" };
const message = { message: text };

/** In the official order. `sSHKey` has its capitals officially too. */
const resolveFailures: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  parsing: message,
  fieldNotFound: {},
  vaultNotFound: {},
  tooManyVaults: {},
  itemNotFound: {},
  tooManyItems: {},
  tooManyMatchingFields: {},
  noMatchingSections: {},
  incompatibleTOTPQueryParameterField: {},
  unableToGenerateTotpCode: message,
  sSHKeyMetadataNotFound: {},
  unsupportedFileFormat: {},
  incompatibleSshKeyQueryParameterField: {},
  unableToParsePrivateKey: {},
  unableToFormatPrivateKeyToOpenSsh: {},
  other: {},
};

const fromCatalogue = [
  ...["AddressFieldDetails", "DocumentCreateParams", "EnvironmentVariable", "FileAttributes", "FileCreateParams"],
  ...["Group", "GroupAccess", "GroupVaultAccess", "Item", "ItemCreateParams", "ItemField", "ItemFieldDetails"],
  ...["ItemFile", "ItemOverview", "ItemSection", "ItemShareAccountPolicy", "ItemShareFiles", "ItemShareParams"],
  ...["OtpFieldDetails", "PasswordRecipe", "SshKeyAttributes", "ValidRecipient", "Vault", "VaultAccess"],
  ...["VaultOverview", "Website"],
];

/** A sentence about each shape, for the documentation of a client. */
export const aboutShapes: Readonly<Record<string, string>> = {
  AddressFieldDetails: "The parts of an address.",
  DocumentCreateParams: "The file of a Document.",
  EnvironmentVariable: "A variable of an environment.",
  FileAttributes: "A file without its bytes.",
  FileCreateParams: "A file for a new item, or for attaching to an item.",
  GeneratePasswordResponse: "A new password.",
  GetVariablesResponse: "The variables of an environment.",
  Group: "A group, and on request what it may do in vaults.",
  GroupAccess: "The permissions of a group in one vault that is named beside it.",
  GroupGetParams: "What to read beside the group itself.",
  GroupVaultAccess: "The permissions of a group in a vault.",
  Item: "An item with its values.",
  ItemCreateParams: "A new item.",
  ItemField: "A field of an item.",
  ItemFieldDetails: "What a field has beside its value, by its type.",
  ItemFile: "A file of an item, and where it stands.",
  ItemListFilter: "Which items a list has.",
  ItemOverview: "An item without its values.",
  ItemSection: "A section of an item.",
  ItemShareAccountPolicy: "What the account's service allows of links.",
  ItemShareFiles: "What may be shared of an item's files.",
  ItemShareParams: "Who may open a link, and how long.",
  ItemUpdateFailureReason: "Why an item was not written or deleted.",
  ItemsGetAllError: "Why an item was not read.",
  OtpFieldDetails: "A one-time code, or the reason why there is none.",
  PasswordRecipe: "How a password is made.",
  ResolveReferenceError: "Why a reference was not resolved.",
  ResolvedReference: "A secret, and the item that has it.",
  SshKeyAttributes: "The public side of an SSH key.",
  ValidRecipient: "A person, or everybody of a domain.",
  Vault: "A vault, and on request who may do what in it.",
  VaultAccess: "Who may do what in a vault.",
  VaultCreateParams: "A new vault.",
  VaultGetParams: "What to read beside the vault itself.",
  VaultListParams: "How vaults are listed.",
  VaultOverview: "A vault, with its times.",
  VaultUpdateParams: "What to change of a vault. What is left out stays.",
  Website: "An address where an item is filled in.",
};

function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", required: Object.keys(properties), properties };
}

function tagged(forms: Readonly<Record<string, Readonly<Record<string, Schema>>>>): Schema {
  return {
    anyOf: Object.entries(forms).map(([tag, fields]) => object({ type: { type: "string", const: tag }, ...fields })),
  };
}

function without(schema: Schema, names: ReadonlySet<string>): Schema {
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !names.has(name));
  return {
    ...schema,
    properties: Object.fromEntries(properties),
    required: (schema.required ?? []).filter((name) => !names.has(name)),
  };
}

const reference = (name: string): Schema => ({ $ref: REFERENCE_PREFIX + name });

function missing(name: string): never {
  throw new Error(`the catalogue names no ${name}`);
}
