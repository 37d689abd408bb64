// items.*: the items of a vault. A change is in the audit log, and removed from the cache, before the answer.
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { isId } from "../../protocol/crypto/encoding.ts";
import { type ErrorName, errors, PosternError } from "../../protocol/errors.ts";
import type { Item, ItemCreateParams } from "../../protocol/item/item.ts";
import { changedItem, newItem } from "../../protocol/item/item-validation.ts";
import { MalformedItem } from "../../protocol/item/malformed-item.ts";
import { limits } from "../../protocol/limits.ts";
import { offered } from "../account/account.ts";
import type { AccountItem, ItemContent, ItemState, Upload } from "../account/account-item.ts";
import { shownField, withStoredKeys } from "../account/fields.ts";
import type { ItemPages, PageAsked } from "../account/item-pages.ts";
import type { Access } from "../call/access.ts";
import { accessOf, type Call } from "../call/call.ts";
import { Encoded } from "../call/encoded.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Clock } from "../host/clock.ts";
import type { OpenSession } from "../session/account-session.ts";
import { createWithFiles } from "../transfer/item-files.ts";
import type { Handlers } from "../wire/dispatch.ts";

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

export type ItemParts = {
  readonly clock: Pick<Clock, "wallMs">;
  readonly pages: ItemPages;
};

export function itemMethods({ clock, pages }: ItemParts): ItemHandlers {
  /** Answers a page once its turn has come. */
  async function prepared(
    { session, demandStill }: Access,
    asked: PageAsked,
    signal: AbortSignal,
  ): Promise<() => Promise<Encoded<ResultOf<"items.list">>>> {
    const { unlocked } = session;
    const ready = pages.isKept(unlocked, asked) ? undefined : await pages.fetched(unlocked, asked, signal);
    return async () => {
      // The peer chooses when it reads. By then the right of the call may have ended.
      demandStill();
      const page = ready ?? pages.kept(unlocked, asked);
      if (page !== undefined) return new Encoded(page);
      const again = await pages.fetched(unlocked, asked, signal);
      demandStill();
      return new Encoded(again);
    };
  }

  const shown = (item: AccountItem) => itemOf(item, clock.wallMs());

  return {
    "items.create": async ({ item: given }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      const item = await withStoredKeys(given);
      const content = newItem(item);
      const inline = [...(item.files ?? []), ...(item.document === undefined ? [] : [item.document])];
      const made =
        inline.length === 0
          ? await unlocked.account.createItem(item.vaultId, content)
          : await createWithFiles(unlocked.account, item, content, call.contents);
      unlocked.cache.dropItem(made.vaultId, made.id, made.tag);
      audit.keep(entryOf(call, "ok", [made.vaultId, made.id], [made.title]));
      return shown(made);
    },

    "items.createAll": async ({ vaultId, items }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      if (items.some((item) => item.vaultId !== vaultId)) throw new PosternError("invalidItem", OTHER_VAULT);
      const prepared = await Promise.all(items.map(prepare));
      const valid = prepared.flatMap((one) => ("content" in one ? [one.content] : []));
      const written = valid.length === 0 ? [] : await unlocked.account.createItems(vaultId, valid);
      let next = 0;
      const outcomes = prepared.map((one): Outcome | Promise<Outcome> => {
        if ("error" in one) return { error: one.error };
        const outcome = written[next++];
        if (outcome === undefined || "error" in outcome)
          return { error: { name: outcome?.error ?? "internal", message: "the service refused this item" } };
        return shown(outcome.item);
      });
      for (const one of written) if ("item" in one) unlocked.cache.dropItem(vaultId, one.item.id, one.item.tag);
      audit.keep(entryOf(call, "ok", [vaultId, ...written.flatMap((one) => ("item" in one ? [one.item.id] : []))]));
      return { outcomes: await Promise.all(outcomes) };
    },

    "items.get": async ({ vaultId, itemId }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      const item = await unlocked.account.getItem(vaultId, demandId(itemId));
      audit.read(entryOf(call, "ok", [vaultId, itemId]));
      return shown(item);
    },

    "items.getAll": async ({ vaultId, itemIds }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      demandDistinct(itemIds);
      const ids = itemIds.filter(isId);
      const answered = ids.length === 0 ? [] : await unlocked.account.getItems(vaultId, ids);
      const found = new Map(answered.map((one) => [one instanceof MalformedItem ? one.item : one.id, one]));
      audit.read(entryOf(call, "ok", [vaultId, ...found.keys()]));
      const outcomes = itemIds.map((id): Outcome | Promise<Outcome> => {
        const item = found.get(id);
        if (item === undefined) return { error: wire(new PosternError("itemNotFound")) };
        return item instanceof MalformedItem ? { error: wire(item) } : shown(item);
      });
      return { outcomes: await Promise.all(outcomes) };
    },

    "items.put": async ({ item: given }, call) => {
      const { account } = accessOf(call).session.unlocked;
      const item = await withStoredKeys(given);
      const before = await account.getItem(item.vaultId, item.id);
      if (before.version !== item.version) throw new PosternError("versionConflict");
      return shown(await changeItem(call, before, changedItem(before, item)));
    },

    "items.archive": (params, call) => putInto("archived", params, call),

    "items.unarchive": (params, call) => putInto("active", params, call),

    "items.history": async ({ vaultId, itemId }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      const history = offered(unlocked.account, "history");
      const { version, updatedAt } = await unlocked.account.getItem(vaultId, demandId(itemId));
      const earlier = await history.versions(vaultId, itemId);
      audit.read(entryOf(call, "ok", [vaultId, itemId]));
      return { versions: [{ version, updatedAt }, ...earlier] };
    },

    "items.restore": async ({ vaultId, itemId, version }, call) => {
      const { session } = accessOf(call);
      const history = offered(session.unlocked.account, "history");
      const before = await session.unlocked.account.getItem(vaultId, demandId(itemId));
      return shown(changed(session, call, await history.restore(before, version)));
    },

    "items.delete": async ({ vaultId, itemId, version }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      await unlocked.account.deleteItem(vaultId, demandId(itemId), version);
      unlocked.cache.dropItem(vaultId, itemId, "");
      audit.keep(entryOf(call, "ok", [vaultId, itemId]));
      return {};
    },

    "items.deleteAll": async ({ vaultId, itemIds }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      demandDistinct(itemIds);
      const ids = itemIds.filter(isId);
      const done = ids.length === 0 ? [] : await unlocked.account.deleteItems(vaultId, ids);
      const told = new Map(ids.map((id, index) => [id, done[index]]));
      const deleted = ids.filter((_id, index) => "deleted" in (done[index] ?? {}));
      for (const id of deleted) unlocked.cache.dropItem(vaultId, id, "");
      audit.keep(entryOf(call, "ok", [vaultId, ...deleted]));
      return { outcomes: itemIds.map((id) => deletion(told.get(id))) };
    },

    "items.list": async ({ vaultId, active, archived, after = "", limit = limits.pageItems }, call) => {
      const access = accessOf(call);
      const wanted = { active: active ?? archived !== true, archived: archived ?? false };
      const states = (["active", "archived"] as const).filter((state) => wanted[state]);
      const asked: PageAsked = { vault: vaultId, states, after, limit };
      const signal = call.signal();
      const list = await call.connection.longAnswers.inTurn(signal, () => prepared(access, asked, signal));
      access.session.audit.read(entryOf(call, "ok", [vaultId]));
      return list;
    },
  };
}

/** Archives an item, or unarchives it. */
async function putInto(state: ItemState, { vaultId, itemId, version }: ParamsOf<"items.archive">, call: Call) {
  const before = await accessOf(call).session.unlocked.account.getItem(vaultId, demandId(itemId));
  if (version !== undefined && version !== before.version) throw new PosternError("versionConflict");
  await changeItem(call, before, before, { state });
  return {};
}

type More = { readonly state?: ItemState; readonly upload?: Upload };

/** Writes the next version of an item. */
export function changeItem(call: Call, before: AccountItem, content: ItemContent, more?: More): Promise<AccountItem> {
  return changeItemOf(accessOf(call).session, call, before, content, more);
}

/** The same in the session of another call. */
export async function changeItemOf(
  session: OpenSession,
  call: Call,
  before: AccountItem,
  content: ItemContent,
  more?: More,
): Promise<AccountItem> {
  return changed(session, call, await session.unlocked.account.putItem(before, content, more));
}

/** Removes a changed item's values from the cache, and records the change. */
function changed({ unlocked, audit }: OpenSession, call: Call, after: AccountItem): AccountItem {
  unlocked.cache.dropItem(after.vaultId, after.id, after.tag);
  audit.keep(entryOf(call, "ok", [after.vaultId, after.id]));
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

/** A text that is no id belongs to no item. The service would only call the request malformed. */
export function demandId(id: string): string {
  if (!isId(id)) throw new PosternError("itemNotFound");
  return id;
}

/** Rejects the whole batch if any item names another vault, as the official core does. */
const OTHER_VAULT =
  "multiple items can be created at once only within the same vault. one of the specified items had an inconsistent vault id";

async function prepare(given: ItemCreateParams) {
  try {
    const item = await withStoredKeys(given);
    if (item.files !== undefined || item.document !== undefined)
      throw new PosternError("invalidItem", "files are not taken in a batch; use items.create");
    return { content: newItem(item) };
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return { error: wire(error) };
  }
}

const wire = (error: PosternError) => ({ name: error.name, message: error.message });

/** An item in the form for clients, with its one-time codes of this moment. */
export async function itemOf(item: AccountItem, nowMs: number): Promise<Item> {
  const { id, title, category, vaultId, sections, notes, tags, websites, version, files, document } = item;
  const fields = await Promise.all(item.fields.map((field) => shownField(field, nowMs)));
  return {
    ...{ id, title, category, vaultId, fields, sections, notes, tags, websites, version, files },
    ...(document === undefined ? {} : { document }),
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
  };
}
