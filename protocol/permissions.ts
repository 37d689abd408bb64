// Permission bits of a vault: values and names are those of the official SDKs, and so is what one needs of another.
import { PosternError } from "./errors.ts";

/** Every bit that has a public name. The rest of the 32 have none, and are refused. */
export const permissionBits = {
  RECOVER_VAULT: 1,
  MANAGE_VAULT: 2,
  REVEAL_ITEM_PASSWORD: 16,
  READ_ITEMS: 32,
  UPDATE_ITEMS: 64,
  CREATE_ITEMS: 128,
  ARCHIVE_ITEMS: 256,
  DELETE_ITEMS: 512,
  UPDATE_ITEM_HISTORY: 1024,
  SEND_ITEMS: 1_048_576,
  IMPORT_ITEMS: 2_097_152,
  EXPORT_ITEMS: 4_194_304,
  PRINT_ITEMS: 8_388_608,
} as const;

export type PermissionName = keyof typeof permissionBits;

/** All of them: an owner's. */
export const everyPermission = Object.values(permissionBits).reduce((all, bit) => all | bit, 0);

/**
 * What a bit needs beside it. The official documentation asks for the right to reveal before editing, its own examples
 * leave it out; the examples are programs that must run, so editing needs reading alone.
 */
const needs: Readonly<Partial<Record<PermissionName, readonly PermissionName[]>>> = {
  REVEAL_ITEM_PASSWORD: ["READ_ITEMS"],
  CREATE_ITEMS: ["READ_ITEMS"],
  UPDATE_ITEMS: ["READ_ITEMS"],
  ARCHIVE_ITEMS: ["READ_ITEMS", "UPDATE_ITEMS"],
  DELETE_ITEMS: ["READ_ITEMS", "UPDATE_ITEMS"],
  UPDATE_ITEM_HISTORY: ["READ_ITEMS", "REVEAL_ITEM_PASSWORD"],
  SEND_ITEMS: ["READ_ITEMS", "REVEAL_ITEM_PASSWORD", "UPDATE_ITEM_HISTORY"],
  IMPORT_ITEMS: ["READ_ITEMS", "CREATE_ITEMS"],
  EXPORT_ITEMS: ["READ_ITEMS", "REVEAL_ITEM_PASSWORD", "UPDATE_ITEM_HISTORY"],
  PRINT_ITEMS: ["READ_ITEMS", "REVEAL_ITEM_PASSWORD", "UPDATE_ITEM_HISTORY"],
};

/** The names of the bits that are set. */
export function permissionNames(bits: number): PermissionName[] {
  return (Object.keys(permissionBits) as PermissionName[]).filter((name) => (bits & permissionBits[name]) !== 0);
}

/** Throws invalidPermissions for none, for a bit that means nothing, or for one that lacks what it needs; `whose` is named. */
export function demandPermissions(bits: number, whose: string): void {
  if (bits === 0) throw new PosternError("invalidPermissions", `assigned permissions for ${whose} can't be 0`);
  if ((bits & ~everyPermission) !== 0)
    throw new PosternError("invalidPermissions", `assigned permissions for ${whose} hold a bit that has no meaning`);
  for (const name of permissionNames(bits)) {
    const missing = (needs[name] ?? []).filter((needed) => (bits & permissionBits[needed]) === 0);
    if (missing.length > 0)
      throw new PosternError("invalidPermissions", `${name} for ${whose} requires ${missing.join(" and ")}`);
  }
}

/** Reads names as a command line gives them (`read_items,write_items`), in any case; `write_items` is creating, updating, archiving and deleting. */
export function permissionsOf(names: readonly string[]): number {
  let bits = 0;
  for (const name of names) {
    const upper = name.trim().toUpperCase();
    const found = Object.hasOwn(bundles, upper) ? bundles[upper] : bitOf(upper);
    if (found === undefined)
      throw new PosternError("invalidPermissions", undefined, {
        text: "a permission name is not known",
        hint: `known are ${[...new Set([...Object.keys(bundles), ...Object.keys(permissionBits)])].join(", ").toLowerCase()}`,
      });
    bits |= found;
  }
  return bits;
}

const bitOf = (name: string): number | undefined =>
  Object.hasOwn(permissionBits, name) ? permissionBits[name as PermissionName] : undefined;

const { READ_ITEMS, REVEAL_ITEM_PASSWORD, CREATE_ITEMS, UPDATE_ITEMS, ARCHIVE_ITEMS, DELETE_ITEMS, SEND_ITEMS } =
  permissionBits;

/** What `postern service-account create` calls by one word, as 1Password's command does. */
const bundles: Readonly<Record<string, number>> = {
  READ_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD,
  WRITE_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD | CREATE_ITEMS | UPDATE_ITEMS | ARCHIVE_ITEMS | DELETE_ITEMS,
  SHARE_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD | permissionBits.UPDATE_ITEM_HISTORY | SEND_ITEMS,
};
