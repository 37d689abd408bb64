// The names of permissions in a vault: one list for every command, help text, error and method. The bits and their names are
// those of the official SDKs; three words stand for what programs mostly need.

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

/** The names of the bits that are set. */
export function permissionNames(bits: number): PermissionName[] {
  return (Object.keys(permissionBits) as PermissionName[]).filter((name) => (bits & permissionBits[name]) !== 0);
}

const { READ_ITEMS, REVEAL_ITEM_PASSWORD, CREATE_ITEMS, UPDATE_ITEMS, ARCHIVE_ITEMS, DELETE_ITEMS, SEND_ITEMS } =
  permissionBits;

/**
 * What one word stands for, as in 1Password's command. Reading needs the right to reveal: concealed values lie in an item
 * beside the others.
 */
const bundles: Readonly<Record<string, number>> = {
  READ_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD,
  WRITE_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD | CREATE_ITEMS | UPDATE_ITEMS | ARCHIVE_ITEMS | DELETE_ITEMS,
  SHARE_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD | permissionBits.UPDATE_ITEM_HISTORY | SEND_ITEMS,
};

/** Every word that names permissions, as it is typed. */
export const permissionWords: readonly string[] = [
  ...new Set([...Object.keys(bundles), ...Object.keys(permissionBits)]),
].map((word) => word.toLowerCase());

/** The bits that a word stands for, in any case; undefined for a word that is not known. */
export function bitsOf(word: string): number | undefined {
  const upper = word.trim().toUpperCase();
  if (Object.hasOwn(bundles, upper)) return bundles[upper];
  return Object.hasOwn(permissionBits, upper) ? permissionBits[upper as PermissionName] : undefined;
}
