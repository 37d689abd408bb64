// shares.*: sealed copies of items for whoever has a link. Made and ended by people with a session; asked about and opened
// by a page that has none, with the access key of the link as its proof. A view is spent in the transaction that gives it.
import { utf8 } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import { shareDurations } from "../../protocol/item/item-share.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { bytes, bytesOf, type Context, type Operations, text, timestamp } from "../context.ts";
import type { Db } from "../store/tables.ts";
import { demand, openItems, permissions } from "../vault/permission.ts";
import {
  demandLink,
  demandShareRoom,
  dropContent,
  endingOf,
  hasExpired,
  ownShares,
  type ShareRow,
  stateOf,
  VIEW_MS,
} from "./share-rows.ts";

type ShareOperations = Pick<
  Operations,
  | "shares.putChunk"
  | "shares.create"
  | "shares.list"
  | "shares.revoke"
  | "shares.state"
  | "shares.open"
  | "shares.getChunk"
>;
type Created = OperationParams<"shares.create">;

/** What a secretstream adds to each chunk. */
const CHUNK_OVERHEAD_BYTES = 17;

export const shareOperations: ShareOperations = {
  "shares.putChunk": async ({ share, vault, file, index, sealed }, context) => {
    demandPublic(context);
    const { user } = context.caller;
    const chunk = bytes(sealed);
    await context.db.transaction().execute(async (db) => {
      await demand(db, context.caller, vault, permissions.sendItems);
      const at = db
        .selectFrom("share_chunks")
        .select(["user", "sealed"])
        .where("share", "=", share)
        .where("file", "=", file)
        .where("idx", "=", index);
      const existing = await at.executeTakeFirst();
      if (existing?.user === user && text(existing.sealed) === sealed) return;
      const made = await db.selectFrom("shares").select("id").where("id", "=", share).executeTakeFirst();
      // A share that names its files vouches for their chunks; one more would be of a file that nobody shared.
      if (existing !== undefined || made !== undefined)
        throw new PosternError("conflict", "this chunk is stored with other content, or its share is complete");
      await demandShareRoom(db, context, chunk.length);
      const created = { share, file, idx: index, user, sealed: chunk, created_at: timestamp(context) };
      await db.insertInto("share_chunks").values(created).execute();
    });
    return {};
  },

  "shares.create": async (params, context) => {
    demandPublic(context);
    const row = rowOf(params, context);
    return context.db.transaction().execute(async (db) => {
      await demand(db, context.caller, params.vault, (openItems | permissions.sendItems) >>> 0);
      const existing = await db.selectFrom("shares").selectAll().where("id", "=", params.share).executeTakeFirst();
      if (existing !== undefined) return times(sameAsBefore(existing, row));
      await demandItem(db, params.vault, params.item);
      await demandRoom(db, context);
      await demandFiles(db, context, params);
      await db.insertInto("shares").values(row).execute();
      return times(row);
    });
  },

  "shares.list": async (_params, { db, caller, now }) => {
    const rows = await (await ownShares(db, caller))
      .select(["id", "vault", "item", "created_at", "expires_at", "one_time", "views", "revoked_at"])
      .orderBy("created_at", "desc")
      .orderBy("id")
      .execute();
    const at = now();
    const listed = rows.map((row) => ({
      share: row.id,
      vault: row.vault,
      item: row.item,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      oneTime: row.one_time === 1,
      views: row.views,
      state: stateOf(row, at),
    }));
    const open = listed.filter(({ state }) => state === "open");
    const ended = listed.filter(({ state }) => state !== "open");
    return { shares: [...open, ...ended].slice(0, serviceLimits.shares) };
  },

  "shares.revoke": async ({ share }, context) => {
    await context.db.transaction().execute(async (db) => {
      const own = await (await ownShares(db, context.caller)).select("id").where("id", "=", share).executeTakeFirst();
      if (own === undefined) throw new PosternError("shareNotFound");
      await db
        .updateTable("shares")
        .set({ revoked_at: timestamp(context) })
        .where("id", "=", share)
        .where("revoked_at", "is", null)
        .execute();
      await dropContent(db, share);
    });
    return {};
  },

  "shares.state": async (link, context) => {
    const row = await demandLink(context.db, context, link);
    const ending = endingOf(row, context.now());
    if (ending !== undefined) throw new PosternError(ending);
    return { oneTime: row.one_time === 1, expiresAt: row.expires_at };
  },

  "shares.open": ({ view, ...link }, context) =>
    context.db.transaction().execute(async (db) => {
      const row = await demandLink(db, context, link);
      const again = await runningView(db, context, row, view);
      if (again !== undefined) return { sealed: text(row.sealed), viewEndsAt: again };
      return { sealed: text(row.sealed), viewEndsAt: await spendView(db, context, row, view) };
    }),

  "shares.getChunk": async ({ view, file, index, ...link }, context) => {
    const row = await demandLink(context.db, context, link);
    if ((await runningView(context.db, context, row, view)) === undefined)
      throw new PosternError(endingOf(row, context.now()) ?? "fileNotFound", "this view is over");
    const chunk = await context.db
      .selectFrom("share_chunks")
      .select("sealed")
      .where("share", "=", row.id)
      .where("file", "=", file)
      .where("idx", "=", index)
      .executeTakeFirst();
    if (chunk === undefined) throw new PosternError("fileNotFound");
    return { sealed: text(chunk.sealed) };
  },
};

function demandPublic({ publicAddress }: Context): void {
  if (publicAddress === undefined) throw new PosternError("sharingUnavailable");
}

function rowOf(params: Created, context: Context): ShareRow {
  const now = context.now();
  return {
    id: params.share,
    account: context.caller.account,
    user: context.caller.user,
    vault: params.vault,
    item: params.item,
    access_key_hash: bytesOf(32, "accessKeyHash", params.accessKeyHash),
    one_time: params.oneTime ? 1 : 0,
    views: 0,
    sealed: bytes(params.sealed),
    files: JSON.stringify(params.files),
    created_at: new Date(now).toISOString(),
    expires_at: new Date(now + shareDurations[params.expireAfter]).toISOString(),
    revoked_at: null,
  };
}

const times = (row: ShareRow) => ({ createdAt: row.created_at, expiresAt: row.expires_at });

/** The stored row, where this is the same request once more. Its copy may be gone by then; the hash of its key stays. */
function sameAsBefore(stored: ShareRow, sent: ShareRow): ShareRow {
  const told = ({ account, user, vault, item, one_time, files, ...row }: ShareRow) =>
    JSON.stringify([account, user, vault, item, one_time, files, text(row.access_key_hash), lasting(row)]);
  const sameCopy = stored.sealed.length === 0 || text(stored.sealed) === text(sent.sealed);
  if (told(stored) !== told(sent) || !sameCopy)
    throw new PosternError("conflict", "this share was made with other content");
  return stored;
}

const lasting = (row: Pick<ShareRow, "created_at" | "expires_at">) =>
  Date.parse(row.expires_at) - Date.parse(row.created_at);

async function demandItem(db: Db, vault: string, item: string): Promise<void> {
  const found = await db
    .selectFrom("items")
    .select("state")
    .where("vault", "=", vault)
    .where("id", "=", item)
    .executeTakeFirst();
  if (found === undefined || found.state === "deleted") throw new PosternError("itemNotFound");
}

async function demandRoom(db: Db, context: Context): Promise<void> {
  const { open } = await db
    .selectFrom("shares")
    .select((eb) => eb.fn.countAll().as("open"))
    .where("account", "=", context.caller.account)
    .where("expires_at", ">", timestamp(context))
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("one_time", "=", 0), eb("views", "=", 0)]))
    .executeTakeFirstOrThrow();
  if (Number(open) >= serviceLimits.shares)
    throw new PosternError("tooLarge", `an account has at most ${serviceLimits.shares} open shares; revoke some`);
}

/** Throws fileNotFound unless exactly the named chunks are there, by this user; tooLarge for too many bytes of them. */
async function demandFiles(db: Db, { caller }: Context, { share, files }: Created): Promise<void> {
  const stored = await db
    .selectFrom("share_chunks")
    .select((eb) => [
      "file",
      eb.fn.countAll().as("count"),
      eb.fn.max("idx").as("last"),
      eb.fn.sum(eb.fn<number>("length", ["sealed"])).as("size"),
    ])
    .where("share", "=", share)
    .where("user", "=", caller.user)
    .groupBy("file")
    .execute();
  const whole = ({ file, chunks }: Created["files"][number]) =>
    stored.some((row) => row.file === file && Number(row.count) === chunks && Number(row.last) === chunks - 1);
  if (
    new Set(files.map(({ file }) => file)).size !== stored.length ||
    files.length !== stored.length ||
    !files.every(whole)
  )
    throw new PosternError("fileNotFound", "chunks of a named file are missing, or of one that is not named are there");
  const size = stored.reduce((sum, row) => sum + Number(row.size) - CHUNK_OVERHEAD_BYTES * Number(row.count), 0);
  if (size > serviceLimits.shareFileBytes)
    throw new PosternError("tooLarge", `the files of a share have at most ${serviceLimits.shareFileBytes} bytes`);
}

/** A view is known by its hash, as sessions are: a stolen store holds nothing that fetches files. */
const viewHash = ({ primitives: crypto }: Context, view: string) => crypto.sha256(utf8(view));

/** When a view that was spent before ends; undefined where there is none, or the share was ended under it. */
async function runningView(db: Db, context: Context, row: ShareRow, view: string): Promise<string | undefined> {
  if (row.revoked_at !== null || hasExpired(row, context.now())) return undefined;
  const found = await db
    .selectFrom("share_views")
    .select("ends_at")
    .where("share", "=", row.id)
    .where("view_hash", "=", viewHash(context, view))
    .where("ends_at", ">", timestamp(context))
    .executeTakeFirst();
  return found?.ends_at;
}

/** Counts a view. Of any number at once on a share that can be opened once, the condition lets one through. */
async function spendView(db: Db, context: Context, row: ShareRow, view: string): Promise<string> {
  const ending = endingOf(row, context.now());
  if (ending !== undefined) throw new PosternError(ending);
  await demandViewRoom(db, context, row.id);
  const { numUpdatedRows } = await db
    .updateTable("shares")
    .set((eb) => ({ views: eb("views", "+", 1) }))
    .where("id", "=", row.id)
    .where((eb) => eb.or([eb("one_time", "=", 0), eb("views", "=", 0)]))
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw new PosternError("shareUsedUp");
  const endsAt = new Date(context.now() + VIEW_MS).toISOString();
  await db
    .insertInto("share_views")
    .values({ share: row.id, view_hash: viewHash(context, view), ends_at: endsAt })
    .execute();
  return endsAt;
}

async function demandViewRoom(db: Db, context: Context, share: string): Promise<void> {
  await db.deleteFrom("share_views").where("share", "=", share).where("ends_at", "<=", timestamp(context)).execute();
  const { running } = await db
    .selectFrom("share_views")
    .select((eb) => eb.fn.countAll().as("running"))
    .where("share", "=", share)
    .executeTakeFirstOrThrow();
  if (Number(running) >= serviceLimits.shareViews)
    throw new PosternError("busy", `a share has at most ${serviceLimits.shareViews} views at once`);
}
