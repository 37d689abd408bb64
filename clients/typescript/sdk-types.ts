// The types, enums and constants of the official SDKs, with their names and values. Each type is assignable to the official one and back,
// so they are written as the official ones are. The types of the wire are in generated.ts. Where a shape differs (dates, bytes, the
// responses of batches), the client converts it.

export * from "./generated-enums.js";
export type * from "./sdk-item-responses.ts";
export type * from "./sdk-item-types.ts";
export type * from "./sdk-secret-types.ts";
export type * from "./sdk-share-types.ts";
export type * from "./sdk-vault-types.ts";

export const NO_ACCESS: number = 0;
export const RECOVER_VAULT: number = 1;
export const MANAGE_VAULT: number = 2;
export const REVEAL_ITEM_PASSWORD: number = 16;
export const READ_ITEMS: number = 32;
export const UPDATE_ITEMS: number = 64;
export const CREATE_ITEMS: number = 128;
export const ARCHIVE_ITEMS: number = 256;
export const DELETE_ITEMS: number = 512;
export const UPDATE_ITEM_HISTORY: number = 1024;
export const SEND_ITEMS: number = 1_048_576;
export const IMPORT_ITEMS: number = 2_097_152;
export const EXPORT_ITEMS: number = 4_194_304;
export const PRINT_ITEMS: number = 8_388_608;
