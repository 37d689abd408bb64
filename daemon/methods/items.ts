// items.*: the items of a vault. A change is in the audit log, and out of the cache, before it is answered.
import type { OpenedItem, OpenedOverview } from "../../clients/account/item-rows.ts";
import type { ResultOf } from "../../protocol/catalogue.ts";
import { isId } from "../../protocol/crypto/encoding.ts";
import { type ErrorName, errors, PosternError } from "../../protocol/errors.ts";
import type { Item, ItemCreateParams } from "../../protocol/item.ts";
import { changedItem, newItem } from "../../protocol/item-validation.ts";
import { accessOf, type Call } from "../call.ts";
import type { Clock } from "../clock.ts";
import type { Handlers } from "../dispatch.ts";
import { Encoded } from "../encoded.ts";
import { shownField, withStoredKeys } from "../fields.ts";
import type { Access } from "../gate.ts";
import { happening } from "../happening.ts";
import { createWithFiles } from "../item-files.ts";
import type { Unlocked } from "../unlocked.ts";

type ItemHandlers = Pick<
  Handlers,
  | "items.create"
  | "items.createAll"
  | "items.get"
  | "items.getAll"
  | "items.put"
  | "items.delete"
  | "items.deleteAll"
  | "items.archive"
  | "items.unarchive"
  | "items.history"
  | "items.restore"
  | "items.list"
>;
type Outcome = ResultOf<"items.getAll">["outcomes"][number];
type Overview = ResultOf<"items.list">["items"][number];
type Filter = { readonly active: boolean; readonly archived: boolean };

export type ItemParts = {
  readonly newId: () => string;
  readonly clock: Pick<Clock, "wallMs">;
  /** Whether the service could not be asked for changes just now. */
  readonly isStale: (unlocked: Unlocked) => boolean;
};

const encoder = new TextEncoder();

/** Under which a list is kept. */
const nameOf = ({ active, archived }: Filter): string => `${active} ${archived}`;

export function itemMethods({ newId, clock, isStale }: ItemParts): ItemHandlers {
  /** Fetches a list, and keeps it where nothing changed meanwhile: this may be the list of before. */
  async function fetched(unlocked: Unlocked, vault: string, filter: Filter, signal: AbortSignal): Promise<Uint8Array> {
    const { cache, account } = unlocked;
    const { generation } = cache;
    const items = (await account.listItems(vault, filter, signal)).map(overviewOf);
    const list = encoder.encode(JSON.stringify({ items } satisfies ResultOf<"items.list">));
    if (cache.generation === generation) cache.setList(vault, nameOf(filter), list);
    return list;
  }

  /** A list says not how old it is, so one out of the cache is answered only while changes are heard. */
  const mayBeKept = (unlocked: Unlocked, vault: string, filter: Filter): boolean =>
    !isStale(unlocked) && unlocked.cache.hasList(vault, nameOf(filter));

  /** What answers a list once its turn has come. */
  async function prepared(
    { session, demandStill }: Access,
    vault: string,
    filter: Filter,
    signal: AbortSignal,
  ): Promise<() => Promise<Encoded<ResultOf<"items.list">>>> {
    const { unlocked } = session;
    const ready = mayBeKept(unlocked, vault, filter) ? undefined : await fetched(unlocked, vault, filter, signal);
    return async () => {
      // The peer chooses when it reads; by then what let the call through may have ended.
      demandStill();
      const opened = ready ?? unlocked.cache.findList(vault, nameOf(filter));
      if (opened !== undefined) return new Encoded(opened);
      const again = await fetched(unlocked, vault, filter, signal);
      demandStill();
      return new Encoded(again);
    };
  }

  const shown = (item: OpenedItem) => itemOf(item, clock.wallMs());

  return {
    "items.create": async ({ item: given }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      const item = await withStoredKeys(given);
      const parts = newItem(item);
      const inline = [...(item.files ?? []), ...(item.document === undefined ? [] : [item.document])];
      const made =
        inline.length === 0
          ? await unlocked.account.createItem(item.vaultId, parts.overview, parts.details)
          : await createWithFiles(unlocked.account, newId(), item, parts);
      unlocked.cache.dropVault(made.vault);
      audit.keep(happening(call, "ok", [made.vault, made.id], [made.overview.title]));
      return shown(made);
    },

    "items.createAll": async ({ vaultId, items }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      if (items.some((item) => item.vaultId !== vaultId)) throw new PosternError("invalidItem", OTHER_VAULT);
      const prepared = await Promise.all(items.map((item) => prepare(item, newId)));
      const valid = prepared.filter((one) => "overview" in one);
      const written = valid.length === 0 ? [] : await unlocked.account.createItems(vaultId, valid);
      let next = 0;
      const outcomes = prepared.map((one): Outcome | Promise<Outcome> => {
        if ("error" in one) return { error: one.error };
        const outcome = written[next++];
        if (outcome === undefined || "error" in outcome)
          return { error: { name: outcome?.error ?? "internal", message: "the service refused this item" } };
        return shown(outcome.item);
      });
      unlocked.cache.dropVault(vaultId);
      audit.keep(happening(call, "ok", [vaultId, ...written.flatMap((one) => ("item" in one ? [one.item.id] : []))]));
      return { outcomes: await Promise.all(outcomes) };
    },

    "items.get": async ({ vaultId, itemId }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      const item = await unlocked.account.getItem(vaultId, demandId(itemId));
      audit.read(happening(call, "ok", [vaultId, itemId]));
      return shown(item);
    },

    "items.getAll": async ({ vaultId, itemIds }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      demandDistinct(itemIds);
      const ids = itemIds.filter(isId);
      const found = new Map(
        (ids.length === 0 ? [] : await unlocked.account.getItems(vaultId, ids)).map((item) => [item.id, item]),
      );
      audit.read(happening(call, "ok", [vaultId, ...found.keys()]));
      const outcomes = itemIds.map((id): Outcome | Promise<Outcome> => {
        const item = found.get(id);
        return item === undefined ? { error: wire(new PosternError("itemNotFound")) } : shown(item);
      });
      return { outcomes: await Promise.all(outcomes) };
    },

    "items.put": async ({ item: given }, call) => {
      const { account } = accessOf(call).session.unlocked;
      const item = await withStoredKeys(given);
      const before = await account.getItem(item.vaultId, item.id);
      if (before.revision !== item.version) throw new PosternError("versionConflict");
      const parts = changedItem(before, item);
      return shown(await changeItem(call, before, { ...parts, state: before.state }));
    },

    "items.archive": ({ vaultId, itemId }, call) => putInto("archived", vaultId, itemId, call),

    "items.unarchive": ({ vaultId, itemId }, call) => putInto("active", vaultId, itemId, call),

    "items.history": async ({ vaultId, itemId }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      const { revision, updatedAt } = await unlocked.account.getItem(vaultId, demandId(itemId));
      const earlier = await unlocked.account.itemVersions(vaultId, itemId);
      audit.read(happening(call, "ok", [vaultId, itemId]));
      return {
        versions: [{ revision, updatedAt }, ...earlier].map((one) => ({
          version: one.revision,
          updatedAt: one.updatedAt,
        })),
      };
    },

    "items.restore": async ({ vaultId, itemId, version }, call) => {
      const { account } = accessOf(call).session.unlocked;
      const before = await account.getItem(vaultId, demandId(itemId));
      const { overview, details, files } =
        version === before.revision ? before : await account.getItemVersion(vaultId, itemId, version);
      return shown(await changeItem(call, before, { overview, details, files, state: before.state }));
    },

    "items.delete": async ({ vaultId, itemId }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      await unlocked.account.deleteItem(vaultId, demandId(itemId));
      unlocked.cache.dropVault(vaultId);
      audit.keep(happening(call, "ok", [vaultId, itemId]));
      return {};
    },

    "items.deleteAll": async ({ vaultId, itemIds }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      demandDistinct(itemIds);
      const ids = itemIds.filter(isId);
      const done = ids.length === 0 ? [] : await unlocked.account.deleteItems(vaultId, ids);
      const told = new Map(ids.map((id, index) => [id, done[index]]));
      unlocked.cache.dropVault(vaultId);
      audit.keep(happening(call, "ok", [vaultId, ...ids.filter((_id, index) => "deleted" in (done[index] ?? {}))]));
      return { outcomes: itemIds.map((id) => deletion(told.get(id))) };
    },

    "items.list": async ({ vaultId, active, archived }, call) => {
      const access = accessOf(call);
      const filter = { active: active ?? archived !== true, archived: archived ?? false };
      const signal = call.signal();
      const list = await call.connection.longAnswers.inTurn(signal, () => prepared(access, vaultId, filter, signal));
      access.session.audit.read(happening(call, "ok", [vaultId]));
      return list;
    },
  };
}

/** Archives an item, or takes it out again. */
async function putInto(state: OpenedItem["state"], vaultId: string, itemId: string, call: Call) {
  const before = await accessOf(call).session.unlocked.account.getItem(vaultId, demandId(itemId));
  const { overview, details } = before;
  await changeItem(call, before, { overview, details, state });
  return {};
}

/** Writes the next revision of an item; its files stay unless others are given. */
export async function changeItem(
  call: Call,
  before: OpenedItem,
  content: Pick<OpenedItem, "overview" | "details" | "state"> & { files?: OpenedItem["files"] },
): Promise<OpenedItem> {
  const { unlocked, audit } = accessOf(call).session;
  const after = await unlocked.account.putItem(before.vault, before.id, before.revision, {
    files: before.files,
    ...content,
  });
  unlocked.cache.dropVault(before.vault);
  audit.keep(happening(call, "ok", [before.vault, before.id]));
  return after;
}

function deletion(outcome: { deleted: true } | { error: string } | undefined) {
  if (outcome !== undefined && "deleted" in outcome) return {};
  const name = outcome?.error ?? "itemNotFound";
  return { error: { name, message: Object.hasOwn(errors, name) ? errors[name as ErrorName].message : name } };
}

function demandDistinct(ids: readonly string[]): void {
  if (new Set(ids).size < ids.length)
    throw new PosternError("invalidParams", "itemIds: a duplicate item ID was provided");
}

/** What is no id cannot be an item's: the service would only say that the request is malformed. */
export function demandId(id: string): string {
  if (!isId(id)) throw new PosternError("itemNotFound");
  return id;
}

/** Of the whole batch, as in the official core: no item of it was meant for somewhere else alone. */
const OTHER_VAULT =
  "multiple items can be created at once only within the same vault. one of the specified items had an inconsistent vault id";

async function prepare(given: ItemCreateParams, newId: () => string) {
  try {
    const item = await withStoredKeys(given);
    if (item.files !== undefined || item.document !== undefined)
      throw new PosternError("invalidItem", "files are not taken in a batch; use items.create");
    return { id: newId(), ...newItem(item) };
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return { error: wire(error) };
  }
}

const wire = (error: PosternError) => ({ name: error.name, message: error.message });

/** An item as clients see it, at this moment: its one-time codes are of now. */
export async function itemOf(item: OpenedItem, nowMs: number): Promise<Item> {
  const { overview, details } = item;
  const fields = await Promise.all(details.fields.map((field) => shownField(field, nowMs)));
  return {
    id: item.id,
    title: overview.title,
    category: overview.category,
    vaultId: item.vault,
    fields,
    sections: details.sections,
    notes: details.notes,
    tags: overview.tags,
    websites: overview.websites,
    version: item.revision,
    files: details.files,
    ...(details.document === undefined ? {} : { document: details.document }),
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
  };
}

function overviewOf(item: OpenedOverview): Overview {
  const { title, category, websites, tags } = item.overview;
  return {
    id: item.id,
    title,
    category,
    vaultId: item.vault,
    websites,
    tags,
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
    state: item.state,
  };
}
