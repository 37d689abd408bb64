// The vaults of an unlocked account: their keys, opened once, and their sealed names. Asked of the service once, and again
// after a change was announced.
import { newId, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import { lookupTag } from "../../protocol/crypto/lookup-tag.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import {
  ALL_PERMISSIONS,
  grantVaultKey,
  newVaultKey,
  openVaultGrant,
  openVaultOverview,
  sealVaultOverview,
  type VaultKey,
} from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { ServiceSession } from "./service-session.ts";

type StoredVault = OperationResult<"vaults.list">["vaults"][number];

/** A vault as its members see it. */
export type VaultEntry = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly revision: number;
  readonly activeItems: number;
  readonly contentVersion: number;
  readonly permissions: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** A vault with its key. Its title is kept as a keyed tag only. */
export type Vault = { readonly key: VaultKey; readonly stored: StoredVault; readonly titleTag: string };

export type VaultList = {
  /** The vault of this id; throws vaultNotFound. */
  get(id: string): Promise<Vault>;
  entries(): Promise<VaultEntry[]>;
  /** Ids of the vaults with this id, or this title without regard to case. */
  match(part: string): Promise<string[]>;
  create(title: string, description: string, type: "personal" | "userCreated"): Promise<VaultEntry>;
  update(id: string, change: { title?: string; description?: string }): Promise<VaultEntry>;
  delete(id: string): Promise<void>;
  forget(): void;
  /** Wipes the keys. */
  close(): void;
};

export type VaultListParts = {
  readonly p: Primitives;
  readonly account: string;
  readonly session: ServiceSession;
  readonly rootKey: Uint8Array;
  readonly keyset: Keyset;
};

export function createVaultList({ p, account, session, rootKey, keyset }: VaultListParts): VaultList {
  const own = [keyset.identity.publicKey];
  const keys = new Map<string, VaultKey>();
  /** The grant each key was last seen under: one that reads otherwise is checked like a new one. */
  const grants = new Map<string, string>();
  let list: Promise<Map<string, Vault>> | undefined;

  async function load(): Promise<Map<string, Vault>> {
    const { vaults } = await session.call("vaults.list", {});
    if (new Set(vaults.map(({ vault }) => vault)).size !== vaults.length)
      throw new PosternError("sealBroken", "the service listed a vault twice");
    const entries = vaults.map((stored): [string, Vault] => {
      const key = keyOf(stored);
      const { title } = contentOf(stored, key);
      return [stored.vault, { key, stored, titleTag: toBase64(lookupTag(p, rootKey, title)) }];
    });
    return new Map(entries);
  }

  function all(): Promise<Map<string, Vault>> {
    if (list !== undefined) return list;
    const loading = load();
    list = loading;
    // A failed look must not be remembered.
    loading.catch(() => {
      if (list === loading) list = undefined;
    });
    return loading;
  }

  /** A vault's key is opened once; a second key for a known epoch is refused by openVaultGrant. */
  function keyOf(stored: StoredVault): VaultKey {
    const { vault, grant } = stored;
    const known = keys.get(vault);
    const read = JSON.stringify(grant);
    if (known !== undefined && grants.get(vault) === read) return known;
    const knownEpochs = new Map(known === undefined ? [] : [[known.epoch, known.id]]);
    const key = openVaultGrant(p, { account, vault, grant, keyset, pinnedGranters: own, knownEpochs });
    grants.set(vault, read);
    if (known !== undefined && known.id === key.id) {
      p.release(key.key, key.indexKey);
      return known;
    }
    keys.set(vault, key);
    return key;
  }

  function contentOf(stored: StoredVault, vaultKey: VaultKey): { title: string; description: string } {
    const { vault, overview } = stored;
    const content = openVaultOverview(p, { account, vault, vaultKey, overview, pinnedWriters: own });
    return JSON.parse(new TextDecoder().decode(content)) as { title: string; description: string };
  }

  async function get(id: string): Promise<Vault> {
    const vault = (await all()).get(id);
    if (vault === undefined) throw new PosternError("vaultNotFound");
    return vault;
  }

  function entryOf({ key, stored }: Vault): VaultEntry {
    return {
      id: stored.vault,
      ...contentOf(stored, key),
      type: stored.type,
      revision: stored.overview.revision,
      activeItems: stored.activeItems,
      contentVersion: stored.contentVersion,
      permissions: stored.grant.permissions,
      createdAt: stored.createdAt,
      updatedAt: stored.updatedAt,
    };
  }

  function sealed(
    vault: string,
    vaultKey: VaultKey,
    revision: number,
    content: { title: string; description: string },
  ) {
    const bytes = utf8(JSON.stringify(content));
    return sealVaultOverview(p, { account, vault, vaultKey, writer: keyset, revision, content: bytes });
  }

  return {
    get,
    entries: async () => [...(await all()).values()].map(entryOf),
    match: async (part) => {
      const tag = toBase64(lookupTag(p, rootKey, part));
      const vaults = [...(await all()).values()];
      return vaults
        .filter(({ stored, titleTag }) => stored.vault === part || titleTag === tag)
        .map(({ stored }) => stored.vault);
    },
    create: async (title, description, type) => {
      const vault = newId(p);
      const vaultKey = newVaultKey(p);
      const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
      const grant = grantVaultKey(p, {
        account,
        vault,
        vaultKey,
        granter: keyset,
        recipient,
        permissions: ALL_PERMISSIONS,
      });
      keys.set(vault, vaultKey);
      await session.call("vaults.create", {
        vault,
        type,
        grant,
        overview: sealed(vault, vaultKey, 1, { title, description }),
      });
      list = undefined;
      return entryOf(await get(vault));
    },
    update: async (id, change) => {
      const { key, stored } = await get(id);
      const content = { ...contentOf(stored, key), ...change };
      await session.call("vaults.update", {
        vault: id,
        overview: sealed(id, key, stored.overview.revision + 1, content),
      });
      list = undefined;
      return entryOf(await get(id));
    },
    delete: async (id) => {
      const { stored } = await get(id);
      await session.call("vaults.delete", { vault: id, revision: stored.overview.revision });
      list = undefined;
    },
    forget: () => {
      list = undefined;
    },
    close: () => {
      for (const { key, indexKey } of keys.values()) p.release(key, indexKey);
      keys.clear();
    },
  };
}
