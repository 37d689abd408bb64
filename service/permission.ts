// Permission bits, enforced here below read / write / manage (the keys say only who can read). The values are those of
// the official SDKs.
import { PosternError } from "../protocol/errors.ts";
import { type Caller, type Db, grantOf } from "./context.ts";

export const permissions = {
  manageVault: 2,
  revealItemPassword: 16,
  readItems: 32,
  updateItems: 64,
  createItems: 128,
  archiveItems: 256,
  deleteItems: 512,
  updateItemHistory: 1024,
} as const;

/** Throws vaultNotFound without any grant of the vault, notPermitted without the bit. */
export async function demand(db: Db, caller: Caller, vault: string, bit: number): Promise<void> {
  const grant = await grantOf(db, caller, vault);
  if ((grant.permissions & bit) !== bit) throw new PosternError("notPermitted");
}
