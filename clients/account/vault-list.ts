// The vaults of an unlocked account: their keys, opened once, and their sealed names. The service is asked once, and again after a
// change was announced. A vault with a new key has older keys too, until every item is wrapped anew.
import { toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import { normalTitle } from "../../protocol/crypto/lookup-tag.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import {
  newVaultKey,
  openVaultGrant,
  openVaultOverview,
  type VaultGrant,
  type VaultKey,
} from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { GroupList } from "./group-list.ts";
import { isUnbelieved, type MadeVaults } from "./made-vaults.ts";
import { newPlace, newVault, type Person, sealNames } from "./new-vault.ts";
import { demandNames, namesIn } from "./sealed-names.ts";
import type { ServiceSession } from "./service-session.ts";
import { CONFLICT_TRIES_MAX } from "./user-data.ts";

type StoredVault = OperationResult<"vaults.list">["vaults"][number];

/** The recipient of a vault's key. */
export type PrincipalKind = "user" | "group" | "serviceAccount";

/** The types of vaults in the SDKs, and the type that holds an environment. */
export type VaultType = "personal" | "userCreated" | "environment";

/** A vault in the view of its members. */
export type VaultEntry = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly revision: number;
  readonly activeItems: number;
  readonly contentVersion: number;
  /** This user's rights, its own and those of its groups, as official permission bits. */
  readonly permissions: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** A vault with its newest key and, while items are wrapped anew, the older ones. Only a keyed tag of its title is kept. */
export type Vault = {
  readonly key: VaultKey;
  readonly keys: ReadonlyMap<string, VaultKey>;
  readonly permissions: number;
  readonly stored: StoredVault;
  readonly titleTag: string;
  /** Whether a service account made it. */
  readonly isMade: boolean;
  /** The identities whose names and grants are believed in it. */
  readonly believed: readonly Uint8Array[];
};

export type VaultsNow = { readonly vaults: readonly VaultEntry[]; readonly staleMs?: number };

export type VaultList = {
  /** The vault of this id; throws vaultNotFound. */
  get(id: string): Promise<Vault>;
  entries(): Promise<VaultEntry[]>;
  /**
   * The vaults of this moment. Where the service cannot be reached, the remembered ones, with the milliseconds since they were read.
   */
  entriesNow(): Promise<VaultsNow>;
  /** Milliseconds since the remembered vaults were read. Zero where none are remembered. */
  ageMs(): number;
  /**
   * The vault of this id, or else the ids of the vaults with this title in any case. Those that service accounts made come last. Environments are
   * left out. At once where the list is known: a warm resolve asks this.
   */
  match(part: string): string[] | Promise<string[]>;
  create(
    title: string,
    description: string,
    type?: VaultType,
    groups?: readonly { id: string; permissions: number }[],
  ): Promise<VaultEntry>;
  update(id: string, change: { title?: string; description?: string }): Promise<VaultEntry>;
  /** Deletes one that does not open too, if a service account made it. */
  delete(id: string): Promise<void>;
  /** Whether a service account made it, and it does not open. */
  isUnread(id: string): boolean;
  forget(): void;
  /**
   * Forgets the order of the keys too: a store that was put back may have another key for the same epoch now. The keys stay, since
   * work may be under way with them.
   */
  forgetAll(): void;
  /** Wipes the keys. */
  close(): void;
};

export type VaultListParts = {
  readonly crypto: Primitives;
  readonly account: string;
  readonly user: string;
  readonly session: ServiceSession;
  readonly rootKey: Uint8Array;
  readonly keyset: Keyset;
  readonly groups: GroupList;
  /** Ed25519 identities of the principals whose grants and names are believed. */
  readonly pinned: readonly Uint8Array[];
  readonly madeVaults: MadeVaults;
  /** Where a service account opened the account: whom its new vaults are granted to, if it may make any. */
  readonly byToken?: { readonly person?: Person };
  /** A clock that nobody sets. */
  readonly nowMs: () => number;
};

/** Returns the key once the work under it is done. It is released where that fails. A vault that was made after all has its key opened like any other. */
async function orReleased(
  crypto: Primitives,
  vaultKey: VaultKey,
  work: (vaultKey: VaultKey) => Promise<unknown>,
): Promise<VaultKey> {
  try {
    await work(vaultKey);
    return vaultKey;
  } catch (error) {
    crypto.release(vaultKey.key, vaultKey.indexKey);
    throw error;
  }
}

/** A look at the vaults: the time at which it was requested, and the vaults once they have been read. */
type Look = {
  readonly atMs: number;
  readonly loading: Promise<Map<string, Vault>>;
  vaults?: ReadonlyMap<string, Vault>;
};

/** The ids of the vaults that a part of a reference means. `tag` is the tag of such a title. */
function meantVaults(every: ReadonlyMap<string, Vault>, part: string, tag: string): string[] {
  const vaults = [...every.values()].filter(({ stored }) => stored.type !== "environment");
  const byId = vaults.filter(({ stored }) => stored.vault === part.toLowerCase());
  const titled = vaults.filter(({ titleTag }) => titleTag === tag);
  // A service account could make any title ambiguous otherwise, and with an id as its title an id too.
  const byPerson = titled.filter(({ isMade }) => !isMade);
  const found = [byId, byPerson, titled].find((some) => some.length > 0) ?? [];
  return found.map(({ stored }) => stored.vault);
}

export function createVaultList(parts: VaultListParts): VaultList {
  const { crypto, account, session, rootKey, keyset, groups, pinned, madeVaults, byToken, nowMs } = parts;
  /** Open keys by vault and key id. */
  const keys = new Map<string, VaultKey>();
  /** Key ids by vault and epoch, as long as the account is open. A second key for a known epoch is refused as a lie. */
  const epochs = new Map<string, Map<number, string>>();
  /** Checked grants. A grant with other content is checked like a new one. */
  const checked = new Set<string>();
  let list: Look | undefined;
  /** Vaults of service accounts that do not open. They are left out, so that a maker cannot harm the other vaults. */
  let unread = new Map<string, StoredVault>();

  async function load(): Promise<Map<string, Vault>> {
    const vaults = await adoptedVaults();
    const closed = new Map<string, StoredVault>();
    const entries = await Promise.all(
      vaults.map(async (stored): Promise<[string, Vault] | undefined> => {
        try {
          return [stored.vault, await openStored(stored)];
        } catch (error) {
          if (!madeVaults.isForeign(stored) || !isUnbelieved(error)) throw error;
          closed.set(stored.vault, stored);
          return undefined;
        }
      }),
    );
    unread = closed;
    return new Map(entries.filter((entry) => entry !== undefined));
  }

  /** The stored vaults, after those that service accounts made were signed anew. */
  async function adoptedVaults(): Promise<StoredVault[]> {
    for (let tries = 0; ; tries++) {
      const { vaults } = await session.call("vaults.list", {});
      if (new Set(vaults.map(({ vault }) => vault)).size !== vaults.length)
        throw new PosternError("sealBroken", "the service listed a vault twice");
      if (tries >= CONFLICT_TRIES_MAX || !(await madeVaults.adopt(vaults, (id) => epochs.get(id)))) return vaults;
    }
  }

  async function openStored(stored: StoredVault): Promise<Vault> {
    const held = new Map<string, VaultKey>();
    const believed = madeVaults.isForeign(stored) ? await madeVaults.believed(stored) : pinned;
    let permissions = 0;
    for (const { group, grant } of stored.grants) {
      const key = await keyOf(stored.vault, grant, group);
      held.set(key.id, key);
      if (key.id === stored.overview.keyId) permissions = (permissions | grant.permissions) >>> 0;
    }
    const key = held.get(stored.overview.keyId);
    const newest = Math.max(...[...held.values()].map(({ epoch }) => epoch));
    if (key === undefined || key.epoch !== newest)
      throw new PosternError("sealBroken", "the vault overview is not under the vault's newest key");
    const { title } = contentOf(stored, key, believed);
    const isMade = await madeVaults.isMade(stored);
    return {
      key,
      keys: held,
      believed,
      isMade,
      permissions,
      stored,
      titleTag: tagOf(title),
    };
  }

  function all(): Promise<Map<string, Vault>> {
    if (list !== undefined) return list.loading;
    const look: Look = { atMs: nowMs(), loading: load() };
    list = look;
    const keep = (vaults: Map<string, Vault>) => {
      look.vaults = vaults;
    };
    // A failed look must not be remembered.
    const forget = () => {
      if (list === look) list = undefined;
    };
    look.loading.then(keep, forget);
    return look.loading;
  }

  /** It stays in this process. */
  const tagOf = (title: string) => toBase64(crypto.keyedHash(rootKey, utf8(normalTitle(title))));

  /** A key is opened once. Its grants are checked whenever their content changes. */
  async function keyOf(vault: string, grant: VaultGrant, group: string | undefined): Promise<VaultKey> {
    const place = `${vault} ${grant.keyId}`;
    const known = keys.get(place);
    const read = JSON.stringify([vault, group, grant]);
    if (known !== undefined && checked.has(read)) return known;
    const owner = group === undefined ? keyset : (await groups.open(group)).keyset;
    const knownEpochs = epochs.get(vault) ?? new Map<number, string>();
    const key = openVaultGrant(crypto, { account, vault, grant, keyset: owner, pinnedGranters: pinned, knownEpochs });
    checked.add(read);
    return remember(vault, key);
  }

  function remember(vault: string, key: VaultKey): VaultKey {
    const place = `${vault} ${key.id}`;
    epochs.set(vault, new Map([...(epochs.get(vault) ?? []), [key.epoch, key.id]]));
    const known = keys.get(place);
    if (known !== undefined) {
      if (known !== key) crypto.release(key.key, key.indexKey);
      return known;
    }
    keys.set(place, key);
    return key;
  }

  function contentOf(stored: StoredVault, vaultKey: VaultKey, pinnedWriters: readonly Uint8Array[]) {
    const where = { account, vault: stored.vault, vaultKey, overview: stored.overview, pinnedWriters };
    return (madeVaults.isForeign(stored) ? demandNames : namesIn)(openVaultOverview(crypto, where));
  }

  async function get(id: string): Promise<Vault> {
    const vault = (await all()).get(id);
    if (vault === undefined) throw new PosternError("vaultNotFound");
    return vault;
  }

  function entryOf({ key, stored, believed, permissions }: Vault): VaultEntry {
    return {
      id: stored.vault,
      ...contentOf(stored, key, believed),
      type: stored.type,
      revision: stored.overview.revision,
      activeItems: stored.activeItems,
      contentVersion: stored.contentVersion,
      permissions,
      createdAt: stored.createdAt,
      updatedAt: stored.updatedAt,
    };
  }

  const ageOf = (look: Look | undefined) => (look === undefined ? 0 : Math.round(nowMs() - look.atMs));

  return {
    get,
    entries: async () => [...(await all()).values()].map(entryOf),
    entriesNow: async () => {
      const before = list;
      list = undefined;
      try {
        return { vaults: [...(await all()).values()].map(entryOf) };
      } catch (error) {
        // The known list stays in use while the service cannot be reached. Any other failure goes to the caller.
        if (before === undefined || !(error instanceof PosternError) || error.name !== "offline") throw error;
        list ??= before;
        return { vaults: [...(await before.loading).values()].map(entryOf), staleMs: ageOf(before) };
      }
    },
    ageMs: () => ageOf(list),
    match: (part) =>
      list?.vaults === undefined
        ? all().then((every) => meantVaults(every, part, tagOf(part)))
        : meantVaults(list.vaults, part, tagOf(part)),
    create: async (title, description, type = "userCreated", shared = []) => {
      const maker = { account, keyset, groups, ...(byToken === undefined ? {} : { byToken }) };
      const place = newPlace(crypto, maker);
      const wanted = { title, description, type, groups: shared };
      const send = async (key: VaultKey) =>
        session.call("vaults.create", await newVault(crypto, maker, place, key, wanted));
      remember(place.vault, await orReleased(crypto, newVaultKey(crypto), send));
      list = undefined;
      return entryOf(await get(place.vault));
    },
    update: async (id, change) => {
      const { key, stored, believed } = await get(id);
      const content = { ...contentOf(stored, key, believed), ...change };
      const where = { account, vault: id, vaultKey: key, writer: keyset, revision: stored.overview.revision + 1 };
      await session.call("vaults.update", { vault: id, overview: sealNames(crypto, where, content) });
      list = undefined;
      return entryOf(await get(id));
    },
    delete: async (id) => {
      const stored = unread.get(id) ?? (await get(id)).stored;
      await session.call("vaults.delete", { vault: id, revision: stored.overview.revision });
      list = undefined;
    },
    isUnread: (id) => unread.has(id),
    forget: () => {
      list = undefined;
    },
    forgetAll: () => {
      list = undefined;
      epochs.clear();
      checked.clear();
    },
    close: () => {
      for (const { key, indexKey } of keys.values()) crypto.release(key, indexKey);
      keys.clear();
    },
  };
}
