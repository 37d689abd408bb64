// A vault that a service account makes. Its id is a hash over the identity of the service account, so a service account can claim no
// vault that exists: not even together with a service that lies. The person who made the service account gets a grant too. Until
// that person's own agent has signed the vault, only this id makes it believed.
import { everyPermission, permissionBits } from "../access/permission-names.ts";
import { base32, fields, SUITE } from "./encoding.ts";
import type { CheckingPrimitives } from "./primitives.ts";

/** Bytes of the salt in such an id: two random salts never meet. */
export const SALT_BYTES = 16;

/** Bytes of an id. A second preimage of it costs 2^128 hashes. */
const ID_BYTES = 16;

/** The maker's bits in its vault. The vault's members stay with the person. */
export const MADE_VAULT_PERMISSIONS = everyPermission & ~(permissionBits.MANAGE_VAULT | permissionBits.RECOVER_VAULT);

/** The vault that the service account of this Ed25519 identity makes with this salt. Both are base64. */
export function madeVaultId(
  crypto: Pick<CheckingPrimitives, "sha256">,
  account: string,
  identity: string,
  salt: string,
): string {
  const bytes = fields("postern/1 made vault", SUITE, account, identity, salt);
  return base32(crypto.sha256(bytes).subarray(0, ID_BYTES));
}
