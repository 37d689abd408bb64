// The rows of a new service account: its keys, signed by the maker, and grants of vault keys to them. Tokens are made elsewhere.

import { toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { newServiceAccount, sealCustody } from "../../protocol/crypto/service-account.ts";
import { grantVaultKey, type VaultKey } from "../../protocol/crypto/vault-key.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { newUserData, sealUserData } from "./user-data.ts";

type Made = Omit<OperationParams<"serviceAccounts.create">, "token">;

export type NewServiceAccount = {
  readonly account: string;
  readonly id: string;
  readonly title: string;
  /** The maker: id, keys and root key. */
  readonly maker: { readonly user: string; readonly keyset: Keyset; readonly rootKey: Uint8Array };
  readonly makesVaults?: boolean;
  readonly vaults: readonly { readonly id: string; readonly key: VaultKey; readonly permissions: number }[];
};

/** The root key lies in guarded memory; the caller releases it. */
export function makeServiceAccount(crypto: Primitives, input: NewServiceAccount): { made: Made; rootKey: Uint8Array } {
  const { account, id, title, maker, makesVaults = false } = input;
  const place = { account, serviceAccount: id };
  const { rootKey, keyset, keys } = newServiceAccount(crypto, { place, maker: maker.keyset, makesVaults });
  const recipient = { identity: Uint8Array.fromBase64(keys.identity), box: Uint8Array.fromBase64(keys.box) };
  const data = {
    ...newUserData(title),
    pins: { [maker.user]: keys.maker },
    ...(makesVaults ? { maker: { user: maker.user, box: toBase64(maker.keyset.box.publicKey) } } : {}),
  };
  const grants = input.vaults.map(({ id: vault, key: vaultKey, permissions }) => ({
    vault,
    grant: grantVaultKey(crypto, { account, vault, vaultKey, granter: maker.keyset, recipient, permissions }),
  }));
  const made = {
    serviceAccount: id,
    keyset,
    data: sealUserData(crypto, rootKey, { account, user: id }, 1, data),
    maker: keys.maker,
    makerSignature: keys.makerSignature,
    ...(makesVaults ? { makesVaults } : {}),
    custody: sealCustody(crypto, { place, owner: maker.rootKey, rootKey, title }),
    grants,
  };
  return { made, rootKey };
}
