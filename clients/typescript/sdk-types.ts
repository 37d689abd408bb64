// The types, enums and constants of the official SDKs, with their names and values. The types of the wire are in generated.ts. Where
// a shape differs (dates, bytes, the responses of batches), the client converts it.
import type {
  EnvironmentVariable,
  VaultAccess,
  ItemCreateParams as WireCreateParams,
  Item as WireItem,
  ItemOverview as WireOverview,
  VaultOverview as WireVault,
} from "./generated.ts";

export type {
  EnvironmentVariable,
  FileAttributes,
  Group,
  GroupAccess,
  GroupVaultAccess,
  ItemField,
  ItemFieldDetails,
  ItemFile,
  ItemSection,
  ItemShareAccountPolicy,
  ItemShareFiles,
  ItemShareParams,
  PasswordRecipe,
  ValidRecipient,
  VaultAccess,
  Website,
} from "./generated.ts";

export const ItemCategory = {
  Login: "Login",
  SecureNote: "SecureNote",
  CreditCard: "CreditCard",
  CryptoWallet: "CryptoWallet",
  Identity: "Identity",
  Password: "Password",
  Document: "Document",
  ApiCredentials: "ApiCredentials",
  BankAccount: "BankAccount",
  Database: "Database",
  DriverLicense: "DriverLicense",
  Email: "Email",
  MedicalRecord: "MedicalRecord",
  Membership: "Membership",
  OutdoorLicense: "OutdoorLicense",
  Passport: "Passport",
  Rewards: "Rewards",
  Router: "Router",
  Server: "Server",
  SshKey: "SshKey",
  SocialSecurityNumber: "SocialSecurityNumber",
  SoftwareLicense: "SoftwareLicense",
  Person: "Person",
  Unsupported: "Unsupported",
} as const;
export type ItemCategory = (typeof ItemCategory)[keyof typeof ItemCategory];

export const ItemFieldType = {
  Text: "Text",
  Concealed: "Concealed",
  CreditCardType: "CreditCardType",
  CreditCardNumber: "CreditCardNumber",
  Phone: "Phone",
  Url: "Url",
  Totp: "Totp",
  Email: "Email",
  Reference: "Reference",
  SshKey: "SshKey",
  Menu: "Menu",
  MonthYear: "MonthYear",
  Address: "Address",
  Date: "Date",
  Unsupported: "Unsupported",
} as const;
export type ItemFieldType = (typeof ItemFieldType)[keyof typeof ItemFieldType];

export const AutofillBehavior = {
  AnywhereOnWebsite: "AnywhereOnWebsite",
  ExactDomain: "ExactDomain",
  Never: "Never",
} as const;
export type AutofillBehavior = (typeof AutofillBehavior)[keyof typeof AutofillBehavior];

export const ItemState = { Active: "active", Archived: "archived" } as const;
export type ItemState = (typeof ItemState)[keyof typeof ItemState];

export const VaultType = {
  Personal: "personal",
  Everyone: "everyone",
  Transfer: "transfer",
  UserCreated: "userCreated",
  Unsupported: "unsupported",
} as const;
export type VaultType = (typeof VaultType)[keyof typeof VaultType];

export const VaultAccessorType = { User: "user", Group: "group", Broker: "broker" } as const;
export type VaultAccessorType = (typeof VaultAccessorType)[keyof typeof VaultAccessorType];

export const GroupType = {
  Owners: "owners",
  Administrators: "administrators",
  Recovery: "recovery",
  ExternalAccountManagers: "externalAccountManagers",
  TeamMembers: "teamMembers",
  UserDefined: "userDefined",
  Unsupported: "unsupported",
} as const;
export type GroupType = (typeof GroupType)[keyof typeof GroupType];

export const GroupState = { Active: "active", Deleted: "deleted", Unsupported: "unsupported" } as const;
export type GroupState = (typeof GroupState)[keyof typeof GroupState];

export const ItemShareDuration = {
  OneHour: "OneHour",
  OneDay: "OneDay",
  SevenDays: "SevenDays",
  FourteenDays: "FourteenDays",
  ThirtyDays: "ThirtyDays",
} as const;
export type ItemShareDuration = (typeof ItemShareDuration)[keyof typeof ItemShareDuration];

export const AllowedType = { Authenticated: "Authenticated", Public: "Public" } as const;
export type AllowedType = (typeof AllowedType)[keyof typeof AllowedType];

export const AllowedRecipientType = { Email: "Email", Domain: "Domain" } as const;
export type AllowedRecipientType = (typeof AllowedRecipientType)[keyof typeof AllowedRecipientType];

export const SeparatorType = {
  Digits: "digits",
  DigitsAndSymbols: "digitsAndSymbols",
  Spaces: "spaces",
  Hyphens: "hyphens",
  Underscores: "underscores",
  Periods: "periods",
  Commas: "commas",
} as const;
export type SeparatorType = (typeof SeparatorType)[keyof typeof SeparatorType];

export const WordListType = {
  FullWords: "fullWords",
  Syllables: "syllables",
  ThreeLetters: "threeLetters",
} as const;
export type WordListType = (typeof WordListType)[keyof typeof WordListType];

export const NO_ACCESS = 0;
export const RECOVER_VAULT = 1;
export const MANAGE_VAULT = 2;
export const REVEAL_ITEM_PASSWORD = 16;
export const READ_ITEMS = 32;
export const UPDATE_ITEMS = 64;
export const CREATE_ITEMS = 128;
export const ARCHIVE_ITEMS = 256;
export const DELETE_ITEMS = 512;
export const UPDATE_ITEM_HISTORY = 1024;
export const SEND_ITEMS = 1_048_576;
export const IMPORT_ITEMS = 2_097_152;
export const EXPORT_ITEMS = 4_194_304;
export const PRINT_ITEMS = 8_388_608;

/** An item; its times are dates. */
export type Item = Omit<WireItem, "createdAt" | "updatedAt"> & { createdAt: Date; updatedAt: Date };
/** An item without its values. */
export type ItemOverview = Omit<WireOverview, "createdAt" | "updatedAt"> & { createdAt: Date; updatedAt: Date };

/** A file for a new item, or for attaching to an item. */
export type FileCreateParams = { name: string; content: Uint8Array; sectionId: string; fieldId: string };
export type DocumentCreateParams = { name: string; content: Uint8Array };
export type ItemCreateParams = Omit<WireCreateParams, "files" | "document"> & {
  files?: FileCreateParams[];
  document?: DocumentCreateParams;
};

export type ItemListFilter = {
  readonly type: "ByState";
  readonly content: { readonly active: boolean; readonly archived: boolean };
};

export type VaultOverview = Omit<WireVault, "createdAt" | "updatedAt"> & { createdAt: Date; updatedAt: Date };
export type Vault = Omit<WireVault, "createdAt" | "updatedAt"> & { access?: VaultAccess[] };
export type VaultCreateParams = { title: string; description?: string; allowAdminsAccess?: boolean };
export type VaultUpdateParams = { title?: string; description?: string };
export type VaultGetParams = { accessors?: boolean };
export type VaultListParams = { decryptDetails?: boolean };
export type GroupGetParams = { vaultPermissions?: boolean };
export type GetVariablesResponse = { variables: EnvironmentVariable[] };
export type GeneratePasswordResponse = { password: string };

/** The result of resolving a reference. */
export type ResolvedReference = { readonly secret: string; readonly itemId: string; readonly vaultId: string };
/** One outcome of several: a content or an error. */
export type Response<T, E> = { content: T; error?: never } | { error: E; content?: never };
/** The failure of one of several: a tag of the official SDKs, and a text where they have one. */
export type TaggedError = { readonly type: string; readonly message?: string };
export type ResolveAllResponse = {
  readonly individualResponses: Readonly<Record<string, Response<ResolvedReference, TaggedError>>>;
};
export type ItemsUpdateAllResponse = { readonly individualResponses: readonly Response<Item, TaggedError>[] };
export type ItemsGetAllResponse = { readonly individualResponses: readonly Response<Item, TaggedError>[] };
export type ItemsDeleteAllResponse = {
  readonly individualResponses: Readonly<Record<string, { error?: TaggedError }>>;
};
