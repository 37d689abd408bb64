// The names of permissions in a vault: one list for every command, help text, error and method. Bits and names are those of the
// official SDKs. Three more words stand for the sets that programs mostly need.

/** Every bit with a public name. The other bits of the 32 have none and are refused. */
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
 * The bits of one word, as in 1Password's command. Reading needs the right to reveal, since an item holds concealed values beside
 * the others.
 */
const bundles: Readonly<Record<string, number>> = {
  READ_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD,
  WRITE_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD | CREATE_ITEMS | UPDATE_ITEMS | ARCHIVE_ITEMS | DELETE_ITEMS,
  SHARE_ITEMS: READ_ITEMS | REVEAL_ITEM_PASSWORD | permissionBits.UPDATE_ITEM_HISTORY | SEND_ITEMS,
};

/** Every word for permissions, as a person types it. */
export const permissionWords: readonly string[] = [
  ...new Set([...Object.keys(bundles), ...Object.keys(permissionBits)]),
].map((word) => word.toLowerCase());

/** The bits of a word in any case. Undefined for an unknown word. */
export function bitsOf(word: string): number | undefined {
  const upper = word.trim().toUpperCase();
  if (Object.hasOwn(bundles, upper)) return bundles[upper];
  return Object.hasOwn(permissionBits, upper) ? permissionBits[upper as PermissionName] : undefined;
}
