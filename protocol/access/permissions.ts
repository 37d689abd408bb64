// What permissions in a vault must come with: what one needs of another is as in the official SDKs.
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

/** Reads words as a command line gives them (`read_items,write_items`), in any case. Throws invalidPermissions. */
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
