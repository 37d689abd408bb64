// A new vault: its id, its first key granted to those who come to it, and its sealed names.
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import { MADE_VAULT_PERMISSIONS, madeVaultId, SALT_BYTES } from "../../protocol/crypto/made-vault.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { ALL_PERMISSIONS, grantVaultKey, sealVaultOverview, type VaultKey } from "../../protocol/crypto/vault-key.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import type { GroupList, Recipient } from "./group-list.ts";
import { type Names, withNames } from "./sealed-names.ts";

type Create = OperationParams<"vaults.create">;

/** A person to whom a service account grants the vaults that it makes. */
export type Person = { readonly user: string; readonly recipient: Recipient };

/** The maker of a vault. `byToken` is there for a service account, with its person where it may make vaults. */
export type VaultMaker = {
  readonly account: string;
  readonly keyset: Keyset;
  readonly groups: GroupList;
  readonly byToken?: { readonly person?: Person };
};

export type WantedVault = {
  readonly title: string;
  readonly description: string;
  readonly type: Create["type"];
  readonly groups: readonly { id: string; permissions: number }[];
};

/** The place of a new vault. A service account's has an id of its own kind. */
export function newPlace(crypto: Primitives, maker: VaultMaker): { vault: string; salt?: string } {
  if (maker.byToken === undefined) return { vault: newId(crypto) };
  const salt = toBase64(crypto.randomBytes(SALT_BYTES));
  const identity = toBase64(maker.keyset.identity.publicKey);
  return { vault: madeVaultId(crypto, maker.account, identity, salt), salt };
}

/** The request that makes the vault at this place under this key. */
export async function newVault(
  crypto: Primitives,
  maker: VaultMaker,
  place: ReturnType<typeof newPlace>,
  vaultKey: VaultKey,
  { type, groups, title, description }: WantedVault,
): Promise<Create> {
  const { account, keyset, byToken } = maker;
  const { vault } = place;
  const granted = { account, vault, vaultKey, granter: keyset };
  const others: NonNullable<Create["others"]> = [];
  for (const { id, permissions } of groups) {
    const recipient = await maker.groups.recipient(id);
    const grant = grantVaultKey(crypto, { ...granted, recipient, permissions });
    others.push({ kind: "group", principal: id, grant });
  }
  if (byToken?.person !== undefined) {
    const { user, recipient } = byToken.person;
    const grant = grantVaultKey(crypto, { ...granted, recipient, permissions: ALL_PERMISSIONS });
    others.push({ kind: "user", principal: user, grant });
  }
  const own = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const permissions = byToken === undefined ? ALL_PERMISSIONS : MADE_VAULT_PERMISSIONS;
  return {
    ...place,
    type,
    grant: grantVaultKey(crypto, { ...granted, recipient: own, permissions }),
    others,
    overview: sealNames(crypto, { account, vault, vaultKey, writer: keyset, revision: 1 }, { title, description }),
  };
}

/** Seals a vault's names. */
export function sealNames(
  crypto: Primitives,
  where: Omit<Parameters<typeof sealVaultOverview>[1], "content">,
  names: Names,
): Create["overview"] {
  return withNames(names, (content) => sealVaultOverview(crypto, { ...where, content }));
}
