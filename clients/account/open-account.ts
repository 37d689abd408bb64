// An unlocked account: opens what the service sends, seals what it is given. Nothing here trusts the service: every
// answer is checked against a signature, a key and a place, or refused with sealBroken.
import type { Static } from "typebox";
import { fromBase64, newId, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import { openFile, sealFile } from "../../protocol/crypto/file.ts";
import {
  type FileHeader,
  type ItemPlace,
  newItemKey,
  openItem,
  openItemKey,
  openItemOverview,
  type SealedItem,
  type SealedOverview,
  sealDeletion,
  sealItem,
  verifyItemRevision,
} from "../../protocol/crypto/item.ts";
import { lookupTag, normalTitle } from "../../protocol/crypto/lookup-tag.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { ItemDetailsContent, ItemOverviewContent } from "../../protocol/item.ts";
import { type OperationResult, serviceLimits } from "../../protocol/service-catalogue.ts";
import { createEnvironments, type Environments } from "./environments.ts";
import { createGroupList, type GroupList } from "./group-list.ts";
import { createServiceAccounts, type ServiceAccounts } from "./service-accounts.ts";
import { EMBEDDED_ORIGIN } from "./service-client.ts";
import { createShares, type Shares } from "./shares.ts";
import { storedItems } from "./stored-items.ts";
import { openOwnData, type UserData } from "./user-data.ts";
import type { SignedIn } from "./user-keys.ts";
import { createVaultList, type Vault, type VaultEntry, type VaultList, type VaultType } from "./vault-list.ts";
import { createVaultMembers, type VaultMembers } from "./vault-members.ts";
import { createWriters } from "./writers.ts";

type Overview = Static<typeof ItemOverviewContent>;
type Details = Static<typeof ItemDetailsContent>;

type Times = { readonly createdAt: string; readonly updatedAt: string };

/** An item's overview, opened. */
export type OpenedOverview = Times & {
  readonly vault: string;
  readonly id: string;
  readonly revision: number;
  readonly state: "active" | "archived";
  readonly overview: Overview;
};

/** An item, opened. `files` are the sealed headers that its details' files are read by. */
export type OpenedItem = OpenedOverview & { readonly details: Details; readonly files: readonly FileHeader[] };

/** A change at the service. */
export type Change = OperationResult<"events.wait">["events"][number];

export type OpenAccount = {
  readonly id: string;
  readonly user: string;
  /** The vaults, from memory unless a change was announced. */
  vaults(): Promise<VaultEntry[]>;
  /** The same with the counts of this moment, which move with every item. */
  vaultsNow(): Promise<VaultEntry[]>;
  /** Ids of the vaults with this id, or this title without regard to case. */
  matchVaults(part: string): Promise<string[]>;
  createVault(
    title: string,
    description: string,
    type?: VaultType,
    groups?: readonly { id: string; permissions: number }[],
  ): Promise<VaultEntry>;
  updateVault(id: string, change: { title?: string; description?: string }): Promise<VaultEntry>;
  deleteVault(id: string): Promise<void>;
  /** Active items of a vault with this id, or this title without regard to case: one query, at most ten. */
  findItems(vault: string, part: string): Promise<OpenedItem[]>;
  getItem(vault: string, item: string): Promise<OpenedItem>;
  getItems(vault: string, items: readonly string[]): Promise<OpenedItem[]>;
  listItems(
    vault: string,
    filter: { active: boolean; archived: boolean },
    signal?: AbortSignal,
  ): Promise<OpenedOverview[]>;
  createItem(
    vault: string,
    overview: Overview,
    details: Details,
    options?: { id?: string; files?: readonly FileHeader[]; itemKey?: Uint8Array },
  ): Promise<OpenedItem>;
  /** Creates up to 100 items in one transaction; each has its own outcome. */
  createItems(
    vault: string,
    items: readonly { id: string; overview: Overview; details: Details }[],
  ): Promise<({ item: OpenedItem } | { error: string })[]>;
  /** Writes the revision after `revision`; throws versionConflict when somebody else did. */
  putItem(
    vault: string,
    item: string,
    revision: number,
    content: { overview: Overview; details: Details; files: readonly FileHeader[]; state: "active" | "archived" },
  ): Promise<OpenedItem>;
  deleteItem(vault: string, item: string): Promise<void>;
  /** Deletes up to 50 items in one transaction; each has its own outcome. */
  deleteItems(vault: string, items: readonly string[]): Promise<({ deleted: true } | { error: string })[]>;
  /** The key of an item that files are to be written to. The caller wipes it. */
  itemKeyOf(vault: string, item: string): Promise<Uint8Array>;
  /** Writes a file's chunks; the header goes into the revision that names it. For a new item, `itemKey` is its key. */
  writeFile(
    place: { vault: string; item: string },
    itemKey: Uint8Array,
  ): { push(chunk: Uint8Array, final: boolean): Promise<void>; end(): FileHeader };
  /** Reads a file's chunks in order. */
  readFile(item: OpenedItem, header: FileHeader): { next(): Promise<{ chunk: Uint8Array; final: boolean }> };
  /** A key for an item that is about to be made with files; createItem wipes it. */
  newItemKey(): Uint8Array;
  /** The user's own data, and a change to it that is repeated when somebody else wrote in between. */
  userData(): UserData;
  changeUserData(next: (data: UserData) => UserData): Promise<void>;
  /** Waits for changes after the cursor; without one it answers where the service stands. */
  changes(cursor: number | undefined, signal: AbortSignal): Promise<{ cursor: number; changes: readonly Change[] }>;
  readonly environments: Environments;
  readonly shares: Shares;
  readonly groups: GroupList;
  readonly members: VaultMembers;
  readonly serviceAccounts: ServiceAccounts;
  /** Forgets the list of vaults, so that the next look asks the service. */
  forgetVaults(): void;
  /** Wipes every key of the account. */
  close(): void;
};

/** The lists that an account is made of, each with what it needs of the others. */
function partsOf(p: Primitives, account: string, user: string, signedIn: SignedIn) {
  const { session, rootKey, keyset } = signedIn;
  const data = openOwnData(p, { account, user }, signedIn);
  // Ourselves, and whom our own sealed data names: for a service account, the person who made it.
  const pinned = [keyset.identity.publicKey, ...Object.values(data.get().pins).map(pinnedIdentity)];
  const groups = createGroupList({ p, account, session, keyset });
  const who = { p, account, user, session, keyset, groups, pinned };
  const vaults = createVaultList({ ...who, rootKey });
  const writers = createWriters(p, account, session, pinned);
  const members = createVaultMembers({ ...who, vaults, writers });
  const serviceAccounts = createServiceAccounts({
    ...who,
    service: session.origin === EMBEDDED_ORIGIN ? "embedded" : session.origin,
    rootKey,
    people: pinned,
    vaults,
    members,
  });
  const ofVaults = {
    vaults: vaults.entries,
    vaultsNow: vaults.entriesNow,
    matchVaults: vaults.match,
    createVault: vaults.create,
    updateVault: vaults.update,
    deleteVault: vaults.delete,
    forgetVaults: vaults.forget,
  };
  return { writers, groups, vaults, ofVaults, members, serviceAccounts, data };
}

function pinnedIdentity(pin: string): Uint8Array {
  const identity = fromBase64(pin);
  if (identity?.length !== 32) throw new PosternError("sealBroken", "an identity in the user's own data");
  return identity;
}

/** The account before the parts that are made of it. */
type Inner = Omit<OpenAccount, "environments" | "shares">;

export function openAccount(p: Primitives, account: string, user: string, signedIn: SignedIn): OpenAccount {
  const { session, rootKey, keyset } = signedIn;
  const { writers, groups, vaults, ofVaults, members, serviceAccounts, data } = partsOf(p, account, user, signedIn);

  const placeOf = (vault: string, item: string): ItemPlace => ({ account, vault, item });

  /** The key a revision is wrapped under: the newest, or one that wrapping anew has not reached yet. */
  function keyOf(vault: Vault, { keyId }: SealedOverview): Vault["key"] {
    return vault.keys.get(keyId) ?? vault.key;
  }

  /** itemNotFound for a deletion that is signed as any revision is; sealBroken where the service made it up. */
  function deletion(vault: Vault, { item, sealed }: { item: string; sealed: SealedItem }): PosternError {
    demandSigned(vault, item, sealed);
    return new PosternError("itemNotFound");
  }

  /** Before a revision is signed on top of what the service says the last one is. */
  function demandSigned(vault: Vault, item: string, sealed: SealedItem): void {
    const pinned = writers.known.some((writer) => toBase64(writer) === sealed.writer);
    if (!pinned || !verifyItemRevision(p, placeOf(vault.stored.vault, item), sealed))
      throw new PosternError("sealBroken", "the item revision's signature");
  }

  function openStored(vault: Vault, stored: Times & { item: string; sealed: SealedItem }): OpenedItem {
    const { sealed } = stored;
    if (sealed.state === "deleted") throw deletion(vault, stored);
    const opened = openItem(p, {
      place: placeOf(vault.stored.vault, stored.item),
      vaultKey: keyOf(vault, sealed),
      pinnedWriters: writers.known,
      sealed,
    });
    p.wipe(opened.itemKey);
    const overview = json<Overview>(opened.overview);
    const details = json<Details>(opened.details);
    p.wipe(opened.overview, opened.details);
    return {
      vault: vault.stored.vault,
      id: stored.item,
      ...timesOf(stored),
      revision: sealed.revision,
      state: sealed.state,
      overview,
      details,
      files: sealed.files,
    };
  }

  function openStoredOverview(vault: Vault, stored: Times & { item: string; sealed: SealedOverview }): OpenedOverview {
    const { sealed } = stored;
    if (sealed.state === "deleted") throw new PosternError("sealBroken", "a deleted item in a list");
    const content = openItemOverview(p, {
      place: placeOf(vault.stored.vault, stored.item),
      vaultKey: keyOf(vault, sealed),
      pinnedWriters: writers.known,
      sealed,
    });
    const overview = json<Overview>(content);
    p.wipe(content);
    return {
      vault: vault.stored.vault,
      id: stored.item,
      ...timesOf(stored),
      revision: sealed.revision,
      state: sealed.state,
      overview,
    };
  }

  async function stored(vault: string, item: string): Promise<{ vault: Vault; stored: OperationResult<"items.get"> }> {
    const found = await vaults.get(vault);
    const answer = await session.call("items.get", { vault, item });
    demandAsked(answer.item === item);
    await writers.meet([answer.sealed.writer]);
    return { vault: found, stored: answer };
  }

  function seal(
    vault: Vault,
    item: string,
    revision: number,
    itemKey: Uint8Array,
    content: { overview: Overview; details: Details; files: readonly FileHeader[]; state: "active" | "archived" },
  ): SealedItem {
    return sealItem(p, {
      place: placeOf(vault.stored.vault, item),
      vaultKey: vault.key,
      writer: keyset,
      revision,
      state: content.state,
      itemKey,
      title: content.overview.title,
      overview: utf8(JSON.stringify(content.overview)),
      details: utf8(JSON.stringify(content.details)),
      files: content.files,
    });
  }

  async function putSealed(
    vault: Vault,
    item: string,
    sealed: SealedItem,
    content: { overview: Overview; details: Details },
  ): Promise<OpenedItem> {
    const times = await session.call("items.put", { vault: vault.stored.vault, item, sealed });
    if (sealed.state === "deleted") throw new PosternError("internal");
    return {
      vault: vault.stored.vault,
      id: item,
      ...times,
      revision: sealed.revision,
      state: sealed.state,
      ...content,
      files: sealed.files,
    };
  }

  const inner: Inner = {
    id: account,
    user,
    ...ofVaults,
    findItems: async (id, part) => {
      const vault = await vaults.get(id);
      const asId = part.toLowerCase();
      const found = new Map<string, OperationResult<"items.find">["items"][number]>();
      // One query; more only while items of older keys, with tags of their own, are wrapped anew.
      for (const { indexKey } of vault.keys.values()) {
        const tag = toBase64(lookupTag(p, indexKey, part));
        const asked = { vault: id, tag, ...(/^[a-z2-7]{26}$/.test(asId) ? { item: asId } : {}) };
        for (const item of (await session.call("items.find", asked)).items) found.set(item.item, item);
      }
      await writers.meet([...found.values()].map(({ sealed }) => sealed.writer));
      const opened = [...found.values()].map((item) => openStored(vault, item));
      for (const item of opened) {
        demandAsked(
          item.state === "active" && (item.id === asId || normalTitle(item.overview.title) === normalTitle(part)),
        );
      }
      return opened;
    },
    getItem: async (vault, item) => {
      const found = await stored(vault, item);
      return openStored(found.vault, found.stored);
    },
    getItems: async (id, ids) => {
      const vault = await vaults.get(id);
      const items = await storedItems(session.call, id, ids);
      await writers.meet(items.map(({ sealed }) => sealed.writer));
      for (const { item, sealed } of items) if (sealed.state === "deleted") demandSigned(vault, item, sealed);
      return items.filter((item) => item.sealed.state !== "deleted").map((item) => openStored(vault, item));
    },
    listItems: async (id, filter, signal) => {
      const vault = await vaults.get(id);
      const opened: OpenedOverview[] = [];
      for (let after: string | undefined; ; ) {
        const page = await session.call(
          "items.list",
          { vault: id, ...filter, limit: serviceLimits.page, ...(after === undefined ? {} : { after }) },
          signal,
        );
        await writers.meet(page.items.map(({ sealed }) => sealed.writer));
        for (const item of page.items) {
          // In order and without repeats, else a page could be served twice for ever.
          demandAsked(after === undefined || item.item > after);
          after = item.item;
          const one = openStoredOverview(vault, item);
          demandAsked(filter[one.state]);
          opened.push(one);
        }
        if (!page.more) return opened;
        // Else it would be asked for ever, or the list be shorter than it claims.
        demandAsked(page.items.length > 0);
      }
    },
    createItem: async (id, overview, details, options = {}) => {
      const vault = await vaults.get(id);
      const item = options.id ?? newId(p);
      const itemKey = options.itemKey ?? newItemKey(p);
      const files = options.files ?? [];
      const sealed = seal(vault, item, 1, itemKey, { overview, details, files, state: "active" });
      p.wipe(itemKey);
      return putSealed(vault, item, sealed, { overview, details });
    },
    createItems: async (id, items) => {
      const vault = await vaults.get(id);
      const sealed = items.map(({ id: item, overview, details }) => {
        const itemKey = newItemKey(p);
        const made = seal(vault, item, 1, itemKey, { overview, details, files: [], state: "active" });
        p.wipe(itemKey);
        return { item, sealed: made };
      });
      const { outcomes } = await session.call("items.putAll", { vault: id, items: sealed });
      if (outcomes.length !== items.length)
        throw new PosternError("serviceRefused", "it answered for another number of items");
      return outcomes.map((outcome, index) => {
        const item = items[index];
        if (item === undefined || "error" in outcome) return { error: "error" in outcome ? outcome.error : "internal" };
        return {
          item: {
            vault: id,
            id: item.id,
            ...outcome,
            revision: 1,
            state: "active",
            overview: item.overview,
            details: item.details,
            files: [],
          },
        };
      });
    },
    putItem: async (id, item, revision, content) => {
      const found = await stored(id, item);
      demandSigned(found.vault, item, found.stored.sealed);
      if (found.stored.sealed.state === "deleted") throw new PosternError("itemNotFound");
      if (found.stored.sealed.revision !== revision) throw new PosternError("versionConflict");
      const itemKey = openItemKey(p, placeOf(id, item), keyOf(found.vault, found.stored.sealed), found.stored.sealed);
      const sealed = seal(found.vault, item, revision + 1, itemKey, content);
      p.wipe(itemKey);
      return putSealed(found.vault, item, sealed, { overview: content.overview, details: content.details });
    },
    deleteItem: async (id, item) => {
      const found = await stored(id, item);
      demandSigned(found.vault, item, found.stored.sealed);
      if (found.stored.sealed.state === "deleted") throw new PosternError("itemNotFound");
      const sealed = sealDeletion(p, {
        place: placeOf(id, item),
        vaultKey: found.vault.key,
        writer: keyset,
        revision: found.stored.sealed.revision + 1,
      });
      await session.call("items.put", { vault: id, item, sealed });
    },
    deleteItems: async (id, ids) => {
      const vault = await vaults.get(id);
      const found = new Map((await storedItems(session.call, id, ids)).map((one) => [one.item, one.sealed]));
      await writers.meet([...found.values()].map(({ writer }) => writer));
      const gone = ids.flatMap((item) => {
        const sealed = found.get(item);
        if (sealed === undefined) return [];
        demandSigned(vault, item, sealed);
        if (sealed.state === "deleted") return [];
        const revision = sealed.revision + 1;
        return [
          {
            item,
            sealed: sealDeletion(p, { place: placeOf(id, item), vaultKey: vault.key, writer: keyset, revision }),
          },
        ];
      });
      const { outcomes } =
        gone.length === 0 ? { outcomes: [] } : await session.call("items.putAll", { vault: id, items: gone });
      if (outcomes.length !== gone.length)
        throw new PosternError("serviceRefused", "it answered for another number of items");
      const told = new Map(gone.map(({ item }, index) => [item, outcomes[index]]));
      return ids.map((item) => {
        const outcome = told.get(item);
        if (outcome === undefined) return { error: "itemNotFound" };
        return "error" in outcome ? { error: outcome.error } : { deleted: true };
      });
    },
    itemKeyOf: async (id, item) => {
      const found = await stored(id, item);
      demandSigned(found.vault, item, found.stored.sealed);
      if (found.stored.sealed.state === "deleted") throw new PosternError("itemNotFound");
      return openItemKey(p, placeOf(id, item), keyOf(found.vault, found.stored.sealed), found.stored.sealed);
    },
    writeFile: (place, itemKey) => {
      const file = newId(p);
      const stream = sealFile(p, { place: placeOf(place.vault, place.item), file, itemKey });
      let index = 0;
      return {
        push: async (chunk, final) => {
          const sealed = toBase64(stream.push(chunk, final));
          await session.call("files.putChunk", { ...place, file, index: index++, sealed });
        },
        end: () => stream.end(),
      };
    },
    readFile: (item, header) => {
      let index = 0;
      let opened: ReturnType<typeof openFile> | undefined;
      return {
        next: async () => {
          opened ??= await openHeader(item, header);
          const { sealed } = await session.call("files.getChunk", {
            vault: item.vault,
            item: item.id,
            file: header.id,
            index: index++,
          });
          return opened.pull(fromBase64(sealed) ?? new Uint8Array());
        },
      };
    },
    newItemKey: () => newItemKey(p),
    userData: data.get,
    changeUserData: data.change,
    changes: async (cursor, signal) => {
      const answer = await session.call(
        "events.wait",
        { waitMs: serviceLimits.waitMs, ...(cursor === undefined ? {} : { cursor }) },
        signal,
      );
      return { cursor: answer.cursor, changes: answer.events };
    },
    groups,
    members,
    serviceAccounts,
    close: () => {
      session.close();
      p.release(rootKey, keyset.identity.secretKey, keyset.box.secretKey);
      vaults.close();
      groups.close();
    },
  };
  const shares = createShares({ p, session, readFile: inner.readFile });
  return { ...guarded(inner, vaults, members), shares };

  async function openHeader(item: OpenedItem, header: FileHeader) {
    const found = await stored(item.vault, item.id);
    const itemKey = openItemKey(
      p,
      placeOf(item.vault, item.id),
      keyOf(found.vault, found.stored.sealed),
      found.stored.sealed,
    );
    const opened = openFile(p, { place: placeOf(item.vault, item.id), header, itemKey });
    p.wipe(itemKey);
    return opened;
  }
}

/**
 * The account as the agent works with it. An environment is not a vault to whoever works with items: its one item has rules
 * of its own. And a write takes up a wrapping that was cut off; reading does not wait for it, since the older keys still open.
 */
function guarded(inner: Inner, vaults: VaultList, members: VaultMembers): Omit<OpenAccount, "shares"> {
  function hidden<A extends unknown[], R>(work: (vault: string, ...rest: A) => Promise<R>) {
    return async (vault: string, ...rest: A): Promise<R> => {
      if ((await vaults.get(vault)).stored.type === "environment") throw new PosternError("vaultNotFound");
      return work(vault, ...rest);
    };
  }
  function written<A extends unknown[], R>(work: (vault: string, ...rest: A) => Promise<R>) {
    return hidden(async (vault: string, ...rest: A): Promise<R> => {
      await members.resume(vault);
      return work(vault, ...rest);
    });
  }
  return {
    ...inner,
    environments: createEnvironments(inner),
    vaults: async () => (await inner.vaults()).filter(({ type }) => type !== "environment"),
    vaultsNow: async () => (await inner.vaultsNow()).filter(({ type }) => type !== "environment"),
    updateVault: hidden(inner.updateVault),
    deleteVault: hidden(inner.deleteVault),
    findItems: hidden(inner.findItems),
    getItem: hidden(inner.getItem),
    getItems: hidden(inner.getItems),
    listItems: hidden(inner.listItems),
    createItem: written(inner.createItem),
    createItems: written(inner.createItems),
    putItem: written(inner.putItem),
    deleteItem: written(inner.deleteItem),
    deleteItems: written(inner.deleteItems),
    itemKeyOf: written(inner.itemKeyOf),
  };
}

/** An answer about another item than was asked for would pass every other check: its own place is right. */
function demandAsked(asked: boolean): void {
  if (!asked) throw new PosternError("sealBroken", "the service answered about another item");
}

const decoder = new TextDecoder();

function json<T>(content: Uint8Array): T {
  return JSON.parse(decoder.decode(content)) as T;
}

function timesOf({ createdAt, updatedAt }: Times): Times {
  return { createdAt, updatedAt };
}
