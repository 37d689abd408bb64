// The items of an unlocked account: finds, lists, makes, changes and deletes them.
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import { type FileHeader, newItemKey, type SealedItem } from "../../protocol/crypto/item.ts";
import { lookupTag, normalTitle } from "../../protocol/crypto/lookup-tag.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { MalformedItem } from "../../protocol/item/malformed-item.ts";
import { type OperationResult, serviceLimits } from "../../protocol/service-catalogue.ts";
import type { Details, Overview } from "./item-content.ts";
import {
  demandAsked,
  type ItemContent,
  type ItemRows,
  type OpenedItem,
  type OpenedOverview,
  type Stored,
} from "./item-rows.ts";
import { demandWritten } from "./read-back.ts";
import type { ServiceSession } from "./service-session.ts";
import { storedItems } from "./stored-items.ts";
import type { Vault, VaultList } from "./vault-list.ts";
import type { Writers } from "./writers.ts";

export type FoundItems = { readonly items: OpenedItem[]; readonly seq: number | undefined };

export type ItemList = {
  /** Active items of a vault with this id, or with this title in any case: one query, at most ten items. */
  findItems(vault: string, part: string): Promise<OpenedItem[]>;
  /** The same, with the last change that the result includes. Undefined where the service does not say. */
  findItemsAt(vault: string, part: string): Promise<FoundItems>;
  getItem(vault: string, item: string): Promise<OpenedItem>;
  /** A malformed item is answered as the error that asking for it alone would throw. */
  getItems(vault: string, items: readonly string[]): Promise<(OpenedItem | MalformedItem)[]>;
  listItems(vault: string, filter: StateFilter, signal?: AbortSignal): Promise<OpenedOverview[]>;
  /** Up to `serviceLimits.page` overviews of items whose ids come after this one, in order; `more` where others follow. */
  listPage(
    vault: string,
    filter: StateFilter,
    after: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ items: OpenedOverview[]; more: boolean }>;
  /** Overviews of up to 100 items. Unknown and deleted ones are left out. */
  getOverviews(vault: string, items: readonly string[], signal?: AbortSignal): Promise<OpenedOverview[]>;
  /** The lookup tags of a title: one for each key of the vault. */
  tagsOf(vault: string, title: string): Promise<string[]>;
  createItem(
    vault: string,
    overview: Overview,
    details: Details,
    options?: { id?: string; files?: readonly FileHeader[]; itemKey?: Uint8Array },
  ): Promise<OpenedItem>;
  /** Creates up to 100 items in one transaction. Each has its own outcome. */
  createItems(
    vault: string,
    items: readonly { id: string; overview: Overview; details: Details }[],
  ): Promise<({ item: OpenedItem } | { error: string })[]>;
  /** Writes the revision after `revision`. Throws versionConflict when another writer did so first. */
  putItem(vault: string, item: string, revision: number, content: ItemContent): Promise<OpenedItem>;
  /** With a revision: throws versionConflict when another is stored. */
  deleteItem(vault: string, item: string, revision?: number): Promise<void>;
  /** Deletes up to 50 items in one transaction. Each has its own outcome. */
  deleteItems(vault: string, items: readonly string[]): Promise<({ deleted: true } | { error: string })[]>;
};

export type StateFilter = { readonly active: boolean; readonly archived: boolean };

type ItemListParts = {
  readonly crypto: Primitives;
  readonly session: ServiceSession;
  readonly vaults: VaultList;
  readonly writers: Writers;
  readonly rows: ItemRows;
};

export function createItemList({ crypto, session, vaults, writers, rows }: ItemListParts): ItemList {
  async function putSealed(
    vault: Vault,
    item: string,
    sealed: SealedItem,
    content: { overview: Overview; details: Details },
  ): Promise<OpenedItem> {
    const times = await session.call("items.put", { vault: vault.stored.vault, item, sealed });
    await demandWritten(session, { vault: vault.stored.vault, item }, sealed);
    const { revision, state, tag, files } = sealed;
    if (state === "deleted") throw new PosternError("internal");
    return { vault: vault.stored.vault, id: item, ...times, revision, state, tag, ...content, files };
  }

  /** One outcome for each item, in order. */
  async function putAll(id: string, items: readonly { item: string; sealed: SealedItem }[]) {
    if (items.length === 0) return [];
    const { outcomes } = await session.call("items.putAll", { vault: id, items: [...items] });
    if (outcomes.length !== items.length)
      throw new PosternError("serviceRefused", "it answered for another number of items");
    return outcomes;
  }

  const tagsIn = (vault: Vault, title: string): string[] =>
    [...vault.keys.values()].map(({ indexKey }) => toBase64(lookupTag(crypto, indexKey, title)));

  async function findItemsAt(id: string, part: string): Promise<FoundItems> {
    const vault = await vaults.get(id);
    const asId = part.toLowerCase();
    const found = new Map<string, OperationResult<"items.find">["items"][number]>();
    const seqs: (number | undefined)[] = [];
    // One query. There are more while items under older keys, which have other tags, are wrapped anew.
    for (const tag of tagsIn(vault, part)) {
      const asked = { vault: id, tag, ...(/^[a-z2-7]{26}$/.test(asId) ? { item: asId } : {}) };
      const { items, seq } = await session.call("items.find", asked);
      for (const item of items) found.set(item.item, item);
      seqs.push(seq);
    }
    await writers.meet([...found.values()].map(({ sealed }) => sealed.writer));
    const opened = [...found.values()].map((item) => rows.open(vault, item));
    for (const { state, id: item, overview } of opened)
      demandAsked(state === "active" && (item === asId || normalTitle(overview.title) === normalTitle(part)));
    const told = seqs.filter((seq) => seq !== undefined);
    return { items: opened, seq: told.length < seqs.length || told.length === 0 ? undefined : Math.min(...told) };
  }

  async function getItems(id: string, ids: readonly string[]): Promise<(OpenedItem | MalformedItem)[]> {
    const vault = await vaults.get(id);
    const items = await storedItems(session.call, id, ids);
    await writers.meet(items.map(({ sealed }) => sealed.writer));
    for (const { item, sealed } of items) if (sealed.state === "deleted") rows.demandSigned(vault, item, sealed);
    return items.filter((item) => item.sealed.state !== "deleted").map((item) => openedOr(vault, item));
  }

  function openedOr(vault: Vault, item: Stored["stored"]): OpenedItem | MalformedItem {
    try {
      return rows.open(vault, item);
    } catch (error) {
      if (error instanceof MalformedItem) return error;
      throw error;
    }
  }

  async function listPage(
    id: string,
    filter: StateFilter,
    after: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ items: OpenedOverview[]; more: boolean }> {
    const vault = await vaults.get(id);
    const from = after === undefined ? {} : { after };
    const asked = { vault: id, ...filter, limit: serviceLimits.page, ...from };
    const { items, more } = await session.call("items.list", asked, signal);
    // Otherwise this would ask for ever, or return a shorter list than the service claims.
    demandAsked(items.length > 0 || !more);
    await writers.meet(items.map(({ sealed }) => sealed.writer));
    let before = after;
    const opened = items.map((item) => {
      // Ids must rise. Otherwise the service could send the same page for ever.
      demandAsked(before === undefined || item.item > before);
      before = item.item;
      const one = rows.openOverview(vault, item);
      demandAsked(filter[one.state]);
      return one;
    });
    return { items: opened, more };
  }

  async function listItems(id: string, filter: StateFilter, signal?: AbortSignal): Promise<OpenedOverview[]> {
    const opened: OpenedOverview[] = [];
    for (let after: string | undefined; ; ) {
      const page = await listPage(id, filter, after, signal);
      for (const item of page.items) opened.push(item);
      after = page.items.at(-1)?.id;
      if (!page.more) return opened;
    }
  }

  async function getOverviews(id: string, ids: readonly string[], signal?: AbortSignal): Promise<OpenedOverview[]> {
    const vault = await vaults.get(id);
    const { items } = await session.call("items.overviews", { vault: id, items: [...ids] }, signal);
    const missing = new Set(ids);
    for (const { item } of items) demandAsked(missing.delete(item));
    await writers.meet(items.map(({ sealed }) => sealed.writer));
    return items.map((item) => rows.openOverview(vault, item));
  }

  function sealNew(vault: Vault, item: string, itemKey: Uint8Array, content: Omit<ItemContent, "state">): SealedItem {
    const sealed = rows.seal(vault, item, 1, itemKey, { ...content, state: "active" });
    crypto.wipe(itemKey);
    return sealed;
  }

  async function deleteItems(id: string, ids: readonly string[]): Promise<({ deleted: true } | { error: string })[]> {
    const vault = await vaults.get(id);
    const found = new Map((await storedItems(session.call, id, ids)).map((one) => [one.item, one.sealed]));
    await writers.meet([...found.values()].map(({ writer }) => writer));
    const gone = ids.flatMap((item) => {
      const sealed = found.get(item);
      if (sealed === undefined) return [];
      rows.demandSigned(vault, item, sealed);
      return sealed.state === "deleted" ? [] : [{ item, sealed: rows.sealDeletion(vault, item, sealed.revision + 1) }];
    });
    const outcomes = await putAll(id, gone);
    const told = new Map(gone.map(({ item }, index) => [item, outcomes[index]]));
    return ids.map((item) => {
      const outcome = told.get(item);
      if (outcome === undefined) return { error: "itemNotFound" };
      return "error" in outcome ? { error: outcome.error } : { deleted: true };
    });
  }

  return {
    findItems: async (id, part) => (await findItemsAt(id, part)).items,
    findItemsAt,
    getItems,
    listItems,
    listPage,
    getOverviews,
    tagsOf: async (id, title) => tagsIn(await vaults.get(id), title),
    deleteItems,
    getItem: async (id, item) => {
      const { vault, stored } = await rows.fetch(id, item);
      return rows.open(vault, stored);
    },
    createItem: async (id, overview, details, options = {}) => {
      const vault = await vaults.get(id);
      const item = options.id ?? newId(crypto);
      const content = { overview, details, files: options.files ?? [] };
      return putSealed(vault, item, sealNew(vault, item, options.itemKey ?? newItemKey(crypto), content), {
        overview,
        details,
      });
    },
    createItems: async (id, items) => {
      const vault = await vaults.get(id);
      const sealed = items.map(({ id: item, overview, details }) => ({
        item,
        sealed: sealNew(vault, item, newItemKey(crypto), { overview, details, files: [] }),
      }));
      const outcomes = await putAll(id, sealed);
      return items.map((item, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined || "error" in outcome) return { error: outcome?.error ?? "internal" };
        const tag = sealed[index]?.sealed.tag ?? "";
        return { item: { vault: id, ...item, ...outcome, revision: 1, state: "active", tag, files: [] } };
      });
    },
    putItem: async (id, item, revision, content) => {
      const found = await rows.fetchToWrite(id, item);
      if (found.stored.sealed.revision !== revision) throw new PosternError("versionConflict");
      const itemKey = rows.keyOf(found);
      const sealed = rows.seal(found.vault, item, revision + 1, itemKey, content);
      crypto.wipe(itemKey);
      return putSealed(found.vault, item, sealed, { overview: content.overview, details: content.details });
    },
    deleteItem: async (id, item, revision) => {
      const { vault, stored } = await rows.fetchToWrite(id, item);
      // The service finds a revision that came after this look: it takes the deletion only as the next revision.
      if (revision !== undefined && stored.sealed.revision !== revision) throw new PosternError("versionConflict");
      const sealed = rows.sealDeletion(vault, item, stored.sealed.revision + 1);
      await session.call("items.put", { vault: id, item, sealed });
      await demandWritten(session, { vault: id, item }, sealed);
    },
  };
}
