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
  type VaultKey,
  verifyVaultOverview,
} from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import type { Recipient } from "./group-list.ts";
import { sealNames } from "./new-vault.ts";
import { namesIn, UNREADABLE_NAME } from "./sealed-names.ts";
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
  /** The makers that this person has revoked, by the user's own sealed data: the service may say otherwise. */
  readonly endedMakers: () => readonly string[];
  /** Whether a service account opened this account. It signs nothing anew. */
  readonly byToken: boolean;
};

export type MadeVaults = {
  /** Whether a maker's signature stands under something in this vault. */
  isForeign(stored: StoredVault): boolean;
  /** Whether a service account made the vault. Its id proves that, so a service cannot say it of a vault that a person made. */
  isMade(stored: StoredVault): Promise<boolean>;
  /** The identities that are believed in this vault. Throws sealBroken where it is not the maker's. */
  believed(stored: StoredVault): Promise<readonly Uint8Array[]>;
  /**
   * Signs the foreign ones of these anew, where their keys open. `epochs` are the keys of a vault that this session knows. Returns whether the
   * service must be asked for them again.
   */
  adopt(vaults: readonly StoredVault[], epochs: (vault: string) => Epochs | undefined): Promise<boolean>;
};

/** Key ids by epoch. */
type Epochs = ReadonlyMap<number, string>;

export function createMadeVaults(parts: MadeVaultsParts): MadeVaults {
  const { crypto, account, user, session, keyset, writers, pinned } = parts;
  const known = new Set(pinned.map(toBase64));

  function isForeign({ maker, grants, overview }: StoredVault): boolean {
    if (maker === undefined) return false;
    return (
      !known.has(overview.writer) || grants.some(({ group, grant }) => group === undefined && !known.has(grant.granter))
    );
  }

  async function makerOf({ vault, maker, type }: StoredVault): Promise<Recipient> {
    // No signature covers the type. Only a service that lies shows another one here.
    if (type !== "userCreated") throw new PosternError("sealBroken", "a service account makes ordinary vaults alone");
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
  async function openKey(stored: StoredVault, knownEpochs: Epochs = new Map()): Promise<VaultKey> {
    const { vault, overview } = stored;
    const grant = stored.grants.find((one) => one.group === undefined && one.grant.keyId === overview.keyId)?.grant;
    if (grant === undefined) throw new PosternError("sealBroken", "the vault is not granted to the maker's person");
    const isFirst = grant.epoch === 1 && !known.has(grant.granter);
    if (isFirst) demandFirstKey(stored, knownEpochs);
    const granters = isFirst ? await believed(stored) : pinned;
    return openVaultGrant(crypto, { account, vault, grant, keyset, pinnedGranters: granters, knownEpochs });
  }

  /** A vault that had another key is the person's. A maker who was revoked gives no key any more, whatever the service says. */
  function demandFirstKey({ maker }: StoredVault, knownEpochs: Epochs): void {
    const isEnded = maker !== undefined && parts.endedMakers().includes(maker.serviceAccount);
    if (isEnded || [...knownEpochs.keys()].some((epoch) => epoch > 1))
      throw new PosternError("sealBroken", "the vault's maker gives it no key any more");
  }

  /** The names as this program writes them. A maker's own text must not go on under the person's signature. */
  async function namesOf(stored: StoredVault, vaultKey: VaultKey): Promise<{ title: string; description: string }> {
    const { vault, overview } = stored;
    const pinnedWriters = await believed(stored);
    const isSigned =
      pinnedWriters.some((writer) => toBase64(writer) === overview.writer) &&
      verifyVaultOverview(crypto, account, vault, overview);
    if (!isSigned) throw new PosternError("sealBroken", "the vault overview's signature");
    try {
      return namesIn(openVaultOverview(crypto, { account, vault, vaultKey, overview, pinnedWriters }));
    } catch (error) {
      if (!isUnbelieved(error)) throw error;
      return { title: UNREADABLE_NAME, description: "" };
    }
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

  async function adoptOne(stored: StoredVault, epochs: Epochs | undefined): Promise<void> {
    const { vault, overview } = stored;
    const vaultKey = await openKey(stored, epochs);
    try {
      const names = await namesOf(stored, vaultKey);
      await session.call("vaults.grant", { vault, grants: await grantsAnew(stored, vaultKey) });
      if (known.has(overview.writer)) return;
      const next = { account, vault, vaultKey, writer: keyset, revision: overview.revision + 1 };
      await session.call("vaults.update", { vault, overview: sealNames(crypto, next, names) });
    } finally {
      crypto.release(vaultKey.key, vaultKey.indexKey);
    }
  }

  return {
    isForeign,
    isMade: async (stored) => {
      if (stored.maker === undefined) return false;
      try {
        await makerOf(stored);
        return true;
      } catch (error) {
        if (!isUnbelieved(error)) throw error;
        return false;
      }
    },
    believed,
    adopt: async (vaults, epochs) => {
      if (parts.byToken) return false;
      let isAnyAdopted = false;
      for (const stored of vaults.filter(isForeign)) {
        try {
          await adoptOne(stored, epochs(stored.vault));
          isAnyAdopted = true;
        } catch (error) {
          // Another device was first, or the maker wrote again or deleted it.
          if (error instanceof PosternError && overtook.has(error.name)) isAnyAdopted = true;
          // Its key does not open. The other vaults must not suffer.
          else if (!isUnbelieved(error)) throw error;
        }
      }
      return isAnyAdopted;
    },
  };
}

const overtook: ReadonlySet<string> = new Set(["versionConflict", "vaultNotFound", "serviceAccountNotFound"]);

/** Whether an error is about content that does not open, whatever its maker put there. */
export function isUnbelieved(error: unknown): boolean {
  return error instanceof PosternError && (error.name === "sealBroken" || error.name === "unknownSuite");
}
