// shares.*: sealed copies of items for people who have a link. People with a session make and end them. A page without a session
// asks about them and opens them; the access key in the link is its proof. The transaction that answers a view also spends it.
import { utf8 } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import { shareDurations } from "../../protocol/item/item-share.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { write } from "../change/write.ts";
import { bytes, bytesOf, type Context, type Operations, text, timestamp } from "../context.ts";
import { holdAccount, holdUser, holdVault } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import { sizeOf } from "../store/size.ts";
import type { Db } from "../store/tables.ts";
import { openItems, permissions } from "../vault/permission.ts";
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

/** The bytes that a secretstream adds to each chunk. */
const CHUNK_OVERHEAD_BYTES = 17;

export const shareOperations: ShareOperations = {
  "shares.putChunk": async ({ share, vault, file, index, sealed }, context) => {
    demandPublic(context);
    const { user } = context.caller;
    const chunk = bytes(sealed);
    await write(context, async (db) => {
      await holdVault(db, context.caller, vault, permissions.sendItems);
      // One user's chunks and shares are written one after another.
      await holdUser(db, user);
      const made = db
        .insertInto("share_chunks")
        .values({ share, file, idx: index, user, sealed: chunk, created_at: timestamp(context) })
        .onConflict((taken) => taken.columns(["share", "file", "idx"]).doNothing());
      const isMade = await changesRow(made);
      if (!isMade && (await isStored(db, { share, file, index, user, sealed }))) return;
      const complete = await db.selectFrom("shares").select("id").where("id", "=", share).executeTakeFirst();
      // A share vouches for the chunks of its files. One more chunk would belong to a file that nobody shared.
      if (!isMade || complete !== undefined)
        throw new PosternError("conflict", "this chunk is stored with other content, or its share is complete");
      await demandShareRoom(db, context);
    });
    return {};
  },

  "shares.create": async (params, context) => {
    demandPublic(context);
    const row = rowOf(params, context);
    return write(context, async (db) => {
      await holdVault(db, context.caller, params.vault, (openItems | permissions.sendItems) >>> 0);
      await holdUser(db, context.caller.user);
      const made = db
        .insertInto("shares")
        .values(row)
        .onConflict((taken) => taken.column("id").doNothing());
      if (!(await changesRow(made))) return times(sameAsBefore(await shareOf(db, params.share), row));
      await demandItem(db, params.vault, params.item);
      await demandRoom(db, context);
      await demandFiles(db, context, params);
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
    await write(context, async (db) => {
      const own = await (await ownShares(db, context.caller))
        .select(["user", "vault"])
        .where("id", "=", share)
        .executeTakeFirst();
      if (own === undefined) throw new PosternError("shareNotFound");
      // The share of another user is ended by a manager of its vault. The write holds the vault, so the manager stays one.
      if (own.user !== context.caller.user) await holdManaged(db, context, own.vault);
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
    context.store.write(async (db) => {
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
      // Chunks that another user stored under this share's id do not belong to it.
      .where("user", "=", row.user)
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

/** Whether this user has stored this chunk already, with the same bytes. Then the request is a retry and changes nothing. */
async function isStored(
  db: Db,
  sent: { share: string; file: string; index: number; user: string; sealed: string },
): Promise<boolean> {
  const row = await db
    .selectFrom("share_chunks")
    .select(["user", "sealed"])
    .where("share", "=", sent.share)
    .where("file", "=", sent.file)
    .where("idx", "=", sent.index)
    .executeTakeFirstOrThrow();
  return row.user === sent.user && text(row.sealed) === sent.sealed;
}

function shareOf(db: Db, share: string): Promise<ShareRow> {
  return db.selectFrom("shares").selectAll().where("id", "=", share).executeTakeFirstOrThrow();
}

async function holdManaged(db: Db, { caller }: Context, vault: string): Promise<void> {
  try {
    await holdVault(db, caller, vault, permissions.manageVault);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    throw new PosternError("shareNotFound", undefined, { cause: error });
  }
}

const times = (row: ShareRow) => ({ createdAt: row.created_at, expiresAt: row.expires_at });

/** The stored row, if this request is a retry. Its copy may be gone by then; the hash of its key stays. */
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

/** The count includes the new share, and every share that was made before this write held the account. */
async function demandRoom(db: Db, context: Context): Promise<void> {
  await holdAccount(db, context.caller.account);
  const { open } = await db
    .selectFrom("shares")
    .select((eb) => eb.fn.countAll().as("open"))
    .where("account", "=", context.caller.account)
    .where("expires_at", ">", timestamp(context))
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("one_time", "=", 0), eb("views", "=", 0)]))
    .executeTakeFirstOrThrow();
  if (Number(open) > serviceLimits.shares)
    throw new PosternError("tooLarge", `an account has at most ${serviceLimits.shares} open shares; revoke some`);
}

/** Throws fileNotFound unless this user has stored exactly the named chunks. Throws tooLarge where they have too many bytes. */
async function demandFiles(db: Db, { caller }: Context, { share, files }: Created): Promise<void> {
  const stored = await db
    .selectFrom("share_chunks")
    .select((eb) => [
      "file",
      eb.fn.countAll().as("count"),
      eb.fn.max("idx").as("last"),
      eb.fn.sum(sizeOf(["sealed"])).as("size"),
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

/** The store keeps a view's hash, as it does for sessions. A stolen store can fetch no files. */
const viewHash = ({ primitives: crypto }: Context, view: string) => crypto.sha256(utf8(view));

/** The end of a view that was spent before. Undefined where there is no such view, or the share ended meanwhile. */
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

/**
 * Counts a view. Its condition lets one request through where many open a share that opens once. Two requests for the same view
 * count once: the one that stores it counts it.
 */
async function spendView(db: Db, context: Context, row: ShareRow, view: string): Promise<string> {
  const now = context.now();
  const ending = endingOf(row, now);
  if (ending !== undefined) throw new PosternError(ending);
  await db.deleteFrom("share_views").where("share", "=", row.id).where("ends_at", "<=", timestamp(context)).execute();
  const endsAt = new Date(now + VIEW_MS).toISOString();
  const reader = readerOf(context, row.id);
  const stored = db
    .insertInto("share_views")
    .values({ share: row.id, view_hash: viewHash(context, view), ends_at: endsAt, reader })
    .onConflict((taken) => taken.columns(["share", "view_hash"]).doNothing());
  if (!(await changesRow(stored))) {
    const ends = await runningView(db, context, row, view);
    if (ends === undefined) throw new PosternError("busy", "this view has just ended; ask again");
    return ends;
  }
  const counted = db
    .updateTable("shares")
    .set((eb) => ({ views: eb("views", "+", 1) }))
    .where("id", "=", row.id)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", new Date(now).toISOString())
    .where((eb) => eb.or([eb("one_time", "=", 0), eb("views", "=", 0)]));
  if (!(await changesRow(counted))) {
    const ended = await db.selectFrom("shares").selectAll().where("id", "=", row.id).executeTakeFirst();
    throw new PosternError((ended && endingOf(ended, now)) ?? "shareNotFound");
  }
  await endOldestViews(db, row.id, reader);
  return endsAt;
}

/** A keyed hash of the reader's address for this share. A stolen store tells no address, and not that two shares had one reader. */
function readerOf({ primitives: crypto, challengeKey, from }: Context, share: string): Uint8Array {
  return crypto.hmacSha256(challengeKey, utf8(JSON.stringify(["postern/1 reader", share, from ?? ""])));
}

/**
 * Ends the oldest views over the limits: first the reader's own, then those of the reader who has most. So nobody closes a link for
 * others by opening it often. The counted share is held, so no view comes in between.
 */
async function endOldestViews(db: Db, share: string, reader: Uint8Array): Promise<void> {
  const own = await viewsOf(db, share, reader);
  for (const { view_hash } of own.slice(serviceLimits.shareViewsOfReader)) await endView(db, share, view_hash);
  const readers = await db
    .selectFrom("share_views")
    .select((eb) => ["reader", eb.fn.countAll().as("running")])
    .where("share", "=", share)
    .groupBy("reader")
    .orderBy("running", "desc")
    .orderBy("reader")
    .execute();
  const running = readers.reduce((sum, one) => sum + Number(one.running), 0);
  if (running <= serviceLimits.shareViews) return;
  const oldest = (await viewsOf(db, share, readers[0]?.reader ?? null)).at(-1);
  if (oldest !== undefined) await endView(db, share, oldest.view_hash);
}

/** The views of one reader, the newest first. Views of an older service have none. */
function viewsOf(db: Db, share: string, reader: Uint8Array | null) {
  return db
    .selectFrom("share_views")
    .select("view_hash")
    .where("share", "=", share)
    .where("reader", reader === null ? "is" : "=", reader)
    .orderBy("ends_at", "desc")
    .orderBy("view_hash")
    .execute();
}

const endView = (db: Db, share: string, hash: Uint8Array) =>
  db.deleteFrom("share_views").where("share", "=", share).where("view_hash", "=", hash).execute();
