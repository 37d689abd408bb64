// items.*: signed, sealed revisions. A write names the revision that it follows, so the slower of two writers has to fetch again.
// The stored revision sent once more changes nothing, so a retry is safe.
import { verifyItemRevision } from "../../protocol/crypto/item.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { lastChangeOf, recordChanges } from "../change/events.ts";
import { change } from "../change/write.ts";
import { bytes, type Context, type Operations, text, timestamp } from "../context.ts";
import { holdVault } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import { sizeOf } from "../store/size.ts";
import type { Db, ItemRow } from "../store/tables.ts";
import { demand, openItems, permissions } from "../vault/permission.ts";
import { demandChunks, dropUnnamedFiles, namedFiles } from "./files.ts";
import { endUploads } from "./uploads.ts";

/** The most stored bytes in one answer. They become 64 MiB of base64, which is less than a client reads. */
export const ANSWER_BYTES_MAX = 48 * 1024 * 1024;

type SealedItem = OperationParams<"items.put">["sealed"];
type Times = { createdAt: string; updatedAt: string };
type StoredRow = ItemRow & { created_at: string };

type ItemOperations = Pick<
  Operations,
  | "items.put"
  | "items.putAll"
  | "items.get"
  | "items.getAll"
  | "items.find"
  | "items.list"
  | "items.overviews"
  | "items.versions"
  | "items.getVersion"
>;

export const itemOperations: ItemOperations = {
  "items.put": ({ vault, item, sealed }, context) =>
    change(context, async (db) => {
      await holdVault(db, context.caller, vault);
      const written = await putOne(db, context, vault, item, sealed);
      if (!written.repeated) await touchVault(db, context, vault, [item], written.activeChange);
      return written.times;
    }),

  "items.putAll": async ({ vault, items }, context) => {
    const outcomes = await change(context, async (db) => {
      // Each element is checked on its own. A vault of others does not exist for the caller.
      await holdVault(db, context.caller, vault);
      const results: (Times | { error: string })[] = [];
      const changed: string[] = [];
      let activeChange = 0;
      for (const { item, sealed } of items) {
        try {
          const written = await putOne(db, context, vault, item, sealed);
          results.push(written.times);
          if (!written.repeated) changed.push(item);
          activeChange += written.activeChange;
        } catch (error) {
          // Each check comes before the element's first write, or is a condition of it. A refused element leaves nothing behind.
          if (!(error instanceof PosternError)) throw error;
          results.push({ error: error.name });
        }
      }
      if (changed.length > 0) await touchVault(db, context, vault, changed, activeChange);
      return results;
    });
    return { outcomes };
  },

  "items.get": async ({ vault, item }, { db, caller }) => {
    await demand(db, caller, vault, openItems);
    const row = await db
      .selectFrom("items")
      .selectAll()
      .where("vault", "=", vault)
      .where("id", "=", item)
      .executeTakeFirst();
    if (row === undefined) throw new PosternError("itemNotFound");
    return storedItem(row);
  },

  "items.getAll": ({ vault, items }, { store, caller }) =>
    // One read at one moment, so that the measured rows are the answered rows.
    store.read(async (db) => {
      await demand(db, caller, vault, openItems);
      const asked = db.selectFrom("items").where("vault", "=", vault).where("id", "in", items);
      const { size } = await asked
        .select((eb) => eb.fn.sum<number | null>(sizeOf(["details", "overview", "files"])).as("size"))
        .executeTakeFirstOrThrow();
      if (Number(size) > ANSWER_BYTES_MAX) throw new PosternError("tooLarge", "ask for fewer items at once");
      const rows = await asked.selectAll().execute();
      return { items: rows.map(storedItem) };
    }),

  "items.find": async ({ vault, tag, item }, { db, caller }) => {
    await demand(db, caller, vault, openItems);
    const seq = await lastChangeOf(db, caller.account);
    const base = db
      .selectFrom("items")
      .selectAll()
      .where("vault", "=", vault)
      .where("state", "=", "active")
      .limit(serviceLimits.found);
    const byId = item === undefined ? [] : await base.where("id", "=", item).execute();
    const byTag = tag === undefined ? [] : await base.where("tag", "=", bytes(tag)).execute();
    return { items: [...byId, ...byTag.filter((row) => row.id !== item)].map(storedItem), seq };
  },

  "items.list": ({ vault, active, archived, after, limit }, { store, caller }) =>
    // One read at one moment. An item made between two reads would push the last item off the last page.
    store.read(async (db) => {
      await demand(db, caller, vault, permissions.readItems);
      const states = [...(active ? ["active"] : []), ...(archived ? ["archived"] : [])];
      if (states.length === 0) return { items: [], more: false };
      const listed = db
        .selectFrom("items")
        .where("vault", "=", vault)
        .where("id", ">", after ?? "")
        .where("state", "in", states)
        .orderBy("id");
      const sizes = await listed
        .select(["id", sizeOf(["overview", "files"]).as("size")])
        .limit(limit + 1)
        .execute();
      const count = fitting(sizes.slice(0, limit));
      const rows = await listed.select(overviewColumns).limit(count).execute();
      return { items: rows.map(storedOverview), more: sizes.length > count };
    }),

  "items.overviews": async ({ vault, items }, { db, caller }) => {
    await demand(db, caller, vault, permissions.readItems);
    // A hundred of the longest overviews fill half of an answer.
    const rows = await db
      .selectFrom("items")
      .select(overviewColumns)
      .where("vault", "=", vault)
      .where("id", "in", items)
      .where("state", "!=", "deleted")
      .execute();
    return { items: rows.map(storedOverview) };
  },

  "items.versions": async ({ vault, item }, { db, caller }) => {
    await demand(db, caller, vault, permissions.readItems | permissions.updateItemHistory);
    const rows = await db
      .selectFrom("item_versions")
      .select(["revision", "updated_at"])
      .where("vault", "=", vault)
      .where("id", "=", item)
      .orderBy("revision", "desc")
      .execute();
    return { versions: rows.map((row) => ({ revision: row.revision, updatedAt: row.updated_at })) };
  },

  "items.getVersion": async ({ vault, item, revision }, { db, caller }) => {
    await demand(db, caller, vault, openItems | permissions.updateItemHistory);
    const row = await db
      .selectFrom("item_versions as v")
      .innerJoin("items as i", (join) => join.onRef("i.vault", "=", "v.vault").onRef("i.id", "=", "v.id"))
      .selectAll("v")
      .select("i.created_at")
      .where("v.vault", "=", vault)
      .where("v.id", "=", item)
      .where("v.revision", "=", revision)
      .executeTakeFirst();
    if (row === undefined) throw new PosternError("itemNotFound");
    return storedItem(row);
  },
};

/** What a revision is, of a row in either table, without its details, which may be megabytes. */
export const revisionColumns = [
  "id",
  "vault",
  "revision",
  "state",
  "key_id",
  "item_key",
  "tag",
  "overview",
  "details_digest",
  "files",
  "writer",
  "signature",
  "updated_at",
] as const;

/** The same of an item's row, with when the item was made. */
const overviewColumns = [...revisionColumns, "created_at"] as const;

const versionColumns = [...revisionColumns, "details"] as const;

/** The number of these rows that one answer holds: at least one, or a list would never end. */
function fitting(rows: readonly { size: number }[]): number {
  let total = 0;
  const cut = rows.findIndex((row) => {
    total += Number(row.size);
    return total > ANSWER_BYTES_MAX;
  });
  return cut === -1 ? rows.length : Math.max(1, cut);
}

type Written = { times: Times; repeated: boolean; activeChange: number };

/** Writes one revision in a vault that is held. */
async function putOne(db: Db, context: Context, vault: string, item: string, sealed: SealedItem): Promise<Written> {
  const existing = await db
    .selectFrom("items")
    .select(["revision", "state", "signature", "created_at", "updated_at"])
    .where("vault", "=", vault)
    .where("id", "=", item)
    .executeTakeFirst();
  await demand(db, context.caller, vault, bitFor(existing, sealed));
  await checkRevision(db, context, vault, item, sealed);
  if (
    existing !== undefined &&
    existing.revision === sealed.revision &&
    text(existing.signature) === sealed.signature
  ) {
    return { times: timesOf(existing), repeated: true, activeChange: 0 };
  }
  // A late writer learns from the write itself that it is late, and learns nothing about the revision that came first.
  if (sealed.revision === (existing?.revision ?? 0) + 1) {
    // A deletion is final. Its signed revision proves that the service did not make it up.
    if (existing?.state === "deleted") throw new PosternError("itemNotFound");
    if (existing === undefined && sealed.state === "deleted") throw new PosternError("itemNotFound");
    await demandChunks(db, vault, item, sealed.files);
  }
  const times = await store(db, context, vault, item, sealed);
  await endUploads(
    db,
    vault,
    item,
    sealed.files.map(({ id }) => id),
  );
  return {
    times: { createdAt: existing?.created_at ?? times.updatedAt, ...times },
    repeated: false,
    activeChange: activity(sealed.state) - activity(existing?.state),
  };
}

const activity = (state: string | undefined) => (state === "active" ? 1 : 0);

/** Throws versionConflict, having written nothing, unless the stored revision is the one before. */
async function store(
  db: Db,
  context: Context,
  vault: string,
  item: string,
  sealed: SealedItem,
): Promise<{ updatedAt: string }> {
  const at = timestamp(context);
  const row: ItemRow = { id: item, vault, updated_at: at, ...rowOf(sealed) };
  if (sealed.revision === 1) {
    const made = db
      .insertInto("items")
      .values({ ...row, created_at: at })
      .onConflict((taken) => taken.columns(["vault", "id"]).doNothing());
    if (!(await changesRow(made))) throw new PosternError("versionConflict");
    return { updatedAt: at };
  }
  const named = await namedFiles(db, vault, item);
  if (sealed.state !== "deleted") await keepVersion(db, vault, item, sealed.revision - 1);
  const written = db
    .updateTable("items")
    .set(row)
    .where("vault", "=", vault)
    .where("id", "=", item)
    .where("revision", "=", sealed.revision - 1)
    .where("state", "<>", "deleted");
  if (!(await changesRow(written))) throw new PosternError("versionConflict");
  const oldest = sealed.state === "deleted" ? sealed.revision : sealed.revision - serviceLimits.versions;
  await db
    .deleteFrom("item_versions")
    .where("vault", "=", vault)
    .where("id", "=", item)
    .where("revision", "<", oldest)
    .execute();
  await dropUnnamedFiles(db, vault, item, named);
  return { updatedAt: at };
}

/** Moves the stored revision to the history, if it is still this one. */
async function keepVersion(db: Db, vault: string, item: string, revision: number): Promise<void> {
  await db
    .insertInto("item_versions")
    .columns(versionColumns)
    .expression((eb) =>
      eb
        .selectFrom("items")
        .select(versionColumns)
        .where("vault", "=", vault)
        .where("id", "=", item)
        .where("revision", "=", revision),
    )
    .execute();
}

function bitFor(existing: Pick<StoredRow, "state"> | undefined, sealed: SealedItem): number {
  if (existing === undefined) return permissions.createItems;
  if (sealed.state === "deleted") return permissions.deleteItems;
  return sealed.state === "archived" && existing.state === "active"
    ? permissions.archiveItems
    : permissions.updateItems;
}

/** Refuses a revision that its signature does not cover, or that a principal outside the vault signed. */
async function checkRevision(db: Db, context: Context, vault: string, item: string, sealed: SealedItem): Promise<void> {
  const parts = [sealed.overview, sealed.details, sealed.itemKey, sealed.tag];
  if (sealed.state === "deleted" && (parts.some((part) => part !== "") || sealed.files.length > 0))
    throw new PosternError("sealBroken", "a deletion is empty");
  const writer = await db
    .selectFrom("users")
    .select("identity")
    .where("id", "=", context.caller.user)
    .executeTakeFirstOrThrow();
  if (sealed.writer !== text(writer.identity)) throw new PosternError("sealBroken", "the writer is not the caller");
  const key = await db.selectFrom("vaults").select("key_id").where("id", "=", vault).executeTakeFirstOrThrow();
  if (sealed.keyId !== text(key.key_id)) throw new PosternError("sealBroken", "the item is not under the vault's key");
  if (!verifyItemRevision(context.primitives, { account: context.caller.account, vault, item }, sealed))
    throw new PosternError("sealBroken", "the signature of the revision");
}

async function touchVault(
  db: Db,
  context: Context,
  vault: string,
  items: readonly string[],
  activeChange: number,
): Promise<void> {
  await db
    .updateTable("vaults")
    .set((eb) => ({
      content_version: eb("content_version", "+", 1),
      active_items: eb("active_items", "+", activeChange),
      updated_at: timestamp(context),
    }))
    .where("id", "=", vault)
    .execute();
  await recordChanges(
    db,
    context.caller.account,
    items.map((item) => ({ kind: "item", vault, item })),
  );
}

function rowOf(sealed: SealedItem) {
  return {
    revision: sealed.revision,
    state: sealed.state,
    key_id: bytes(sealed.keyId),
    item_key: bytes(sealed.itemKey),
    tag: bytes(sealed.tag),
    overview: bytes(sealed.overview),
    details_digest: bytes(sealed.detailsDigest),
    details: bytes(sealed.details),
    files: JSON.stringify(sealed.files),
    writer: bytes(sealed.writer),
    signature: bytes(sealed.signature),
  };
}

const timesOf = (row: { created_at: string; updated_at: string }): Times => ({
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** A stored revision in the form of an answer, without its details. */
export function overviewOf(row: Omit<ItemRow, "details">) {
  return {
    revision: row.revision,
    state: row.state as SealedItem["state"],
    keyId: text(row.key_id),
    itemKey: text(row.item_key),
    tag: text(row.tag),
    overview: text(row.overview),
    detailsDigest: text(row.details_digest),
    files: JSON.parse(row.files) as SealedItem["files"],
    writer: text(row.writer),
    signature: text(row.signature),
  };
}

function storedOverview(row: Omit<StoredRow, "details">) {
  return { item: row.id, ...timesOf(row), sealed: overviewOf(row) };
}

function storedItem(row: StoredRow) {
  return { item: row.id, ...timesOf(row), sealed: { ...overviewOf(row), details: text(row.details) } };
}
