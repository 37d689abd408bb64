// The permissions that another permission needs, as in the official SDKs.
import { PosternError } from "../errors.ts";
import {
  bitsOf,
  everyPermission,
  type PermissionName,
  permissionBits,
  permissionNames,
  permissionWords,
} from "./permission-names.ts";

/**
 * The bits that a bit needs beside it. The official documentation asks for the right to reveal before editing. Its own examples
 * leave it out, and they are programs that must run. So editing needs reading only.
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

/** Throws invalidPermissions for no bit, an unknown bit, or a bit without one that it needs. The error names `whose`. */
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

/** Reads the words of a command line (`read_items,write_items`), in any case. Throws invalidPermissions. */
export function permissionsOf(words: readonly string[]): number {
  return words.reduce((all, word) => {
    const bits = bitsOf(word);
    if (bits === undefined)
      throw new PosternError("invalidPermissions", undefined, {
        text: "a permission name is not known",
        hint: `known are ${permissionWords.join(", ")}`,
      });
    return all | bits;
  }, 0);
}
