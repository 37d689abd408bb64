// Vaults that service accounts have made. Their ids prove who made them (made-vault.ts), and the maker's right is signed by the person
// whom the maker belongs to. What a maker wrote is believed in its own vaults alone. The person's agent signs such a vault anew, as if
// the person had made it. Then backups, restores and new keys need no rule of their own.
import { everyPermission } from "../../protocol/access/permission-names.ts";
import { toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import { MADE_VAULT_PERMISSIONS, madeVaultId } from "../../protocol/crypto/made-vault.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import {
  grantVaultKey,
  openVaultGrant,
  openVaultOverview,
  sealVaultOverview,
  type VaultKey,
} from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import type { Recipient } from "./group-list.ts";
import type { ServiceSession } from "./service-session.ts";
import type { Writers } from "./writers.ts";

type StoredVault = OperationResult<"vaults.list">["vaults"][number];
type PrincipalGrant = OperationParams<"vaults.grant">["grants"][number];

export type MadeVaultsParts = {
  readonly crypto: Primitives;
  readonly account: string;
  readonly user: string;
  readonly session: ServiceSession;
  readonly keyset: Keyset;
  readonly writers: Writers;
  readonly pinned: readonly Uint8Array[];
  /** Whether a service account opened this account. It signs nothing anew. */
  readonly byToken: boolean;
};

export type MadeVaults = {
  /** Whether a maker's signature stands under something in this vault. */
  isForeign(stored: StoredVault): boolean;
  /** The identities that are believed in this vault. Throws sealBroken where it is not the maker's. */
  believed(stored: StoredVault): Promise<readonly Uint8Array[]>;
  /** Signs the foreign ones of these anew, where they open. Returns whether the service must be asked for them again. */
  adopt(vaults: readonly StoredVault[]): Promise<boolean>;
};

export function createMadeVaults(parts: MadeVaultsParts): MadeVaults {
  const { crypto, account, user, session, keyset, writers, pinned } = parts;
  const known = new Set(pinned.map(toBase64));

  function isForeign({ maker, grants, overview }: StoredVault): boolean {
    if (maker === undefined) return false;
    return (
      !known.has(overview.writer) || grants.some(({ group, grant }) => group === undefined && !known.has(grant.granter))
    );
  }

  async function makerOf({ vault, maker }: StoredVault): Promise<Recipient> {
    const found = maker === undefined ? undefined : await writers.vaultMaker(maker.serviceAccount);
    if (maker === undefined || found === undefined)
      throw new PosternError("sealBroken", "the vault's maker may make no vaults");
    if (madeVaultId(crypto, account, toBase64(found.identity), maker.salt) !== vault)
      throw new PosternError("sealBroken", "the vault was not made by its maker");
    return found;
  }

  async function believed(stored: StoredVault): Promise<readonly Uint8Array[]> {
    return [...pinned, (await makerOf(stored)).identity];
  }

  /** The maker's grant counts for the first key alone. Later keys come from the person. */
  async function openKey(stored: StoredVault): Promise<VaultKey> {
    const { vault, overview } = stored;
    const grant = stored.grants.find((one) => one.group === undefined && one.grant.keyId === overview.keyId)?.grant;
    if (grant === undefined) throw new PosternError("sealBroken", "the vault is not granted to the maker's person");
    const granters = grant.epoch === 1 ? await believed(stored) : pinned;
    return openVaultGrant(crypto, { account, vault, grant, keyset, pinnedGranters: granters });
  }

  async function grantsAnew(stored: StoredVault, vaultKey: VaultKey): Promise<PrincipalGrant[]> {
    const { vault, maker } = stored;
    const named = { account, vault, vaultKey, granter: keyset };
    const own = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
    const toOwn = grantVaultKey(crypto, { ...named, recipient: own, permissions: everyPermission });
    const grants: PrincipalGrant[] = [{ kind: "user", principal: user, grant: toOwn }];
    const { members } = await session.call("vaults.members", { vault });
    // A revoked maker is no member.
    const itself = members.find(
      ({ kind, principal }) => kind === "serviceAccount" && principal === maker?.serviceAccount,
    );
    if (itself !== undefined && !known.has(itself.grant.granter)) {
      const recipient = await makerOf(stored);
      const grant = grantVaultKey(crypto, { ...named, recipient, permissions: MADE_VAULT_PERMISSIONS });
      grants.push({ kind: "serviceAccount", principal: itself.principal, grant });
    }
    return grants;
  }

  async function adoptOne(stored: StoredVault): Promise<void> {
    const { vault, overview } = stored;
    const vaultKey = await openKey(stored);
    try {
      const pinnedWriters = await believed(stored);
      const content = openVaultOverview(crypto, { account, vault, vaultKey, overview, pinnedWriters });
      demandNames(content);
      await session.call("vaults.grant", { vault, grants: await grantsAnew(stored, vaultKey) });
      if (known.has(overview.writer)) return;
      const next = { account, vault, vaultKey, writer: keyset, revision: overview.revision + 1, content };
      await session.call("vaults.update", { vault, overview: sealVaultOverview(crypto, next) });
    } finally {
      crypto.release(vaultKey.key, vaultKey.indexKey);
    }
  }

  return {
    isForeign,
    believed,
    adopt: async (vaults) => {
      if (parts.byToken) return false;
      let isAnyAdopted = false;
      for (const stored of vaults.filter(isForeign)) {
        try {
          await adoptOne(stored);
          isAnyAdopted = true;
        } catch (error) {
          if (!(error instanceof PosternError)) throw error;
          // Another device was first, or the maker wrote again or deleted it.
          if (overtook.has(error.name)) isAnyAdopted = true;
          // Its maker wrote something that does not open. The other vaults must not suffer.
          else if (error.name !== "sealBroken") throw error;
        }
      }
      return isAnyAdopted;
    },
  };
}

const overtook: ReadonlySet<string> = new Set(["versionConflict", "vaultNotFound", "serviceAccountNotFound"]);

/** Names as this program writes them. Throws sealBroken for anything else that a maker may have sealed. */
export function demandNames(content: Uint8Array): { title: string; description: string } {
  let names: { title?: unknown; description?: unknown } | null;
  try {
    names = JSON.parse(new TextDecoder().decode(content));
  } catch {
    // Without the cause, since the parser's text quotes the name.
    throw new PosternError("sealBroken", "the vault's names");
  }
  const { title, description } = names ?? {};
  if (typeof title !== "string" || typeof description !== "string")
    throw new PosternError("sealBroken", "the vault's names");
  return { title, description };
}
