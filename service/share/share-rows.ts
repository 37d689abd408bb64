// The life of a share's row: how it ends, who may see it, and when its copy, its views and its files are removed.
import type { ExpressionBuilder } from "kysely";
import { accessKeyHash } from "../../protocol/crypto/share.ts";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { AHEAD_MS_MAX, bytes, type Caller, type Context } from "../context.ts";
import { holdUser } from "../hold.ts";
import { ABANDONED_MS, demandUploadRoom } from "../item/uploads.ts";
import { sizeOf } from "../store/size.ts";
import type { Store } from "../store/store.ts";
import type { Db, Tables } from "../store/tables.ts";
import { permissions, vaultsWith } from "../vault/permission.ts";

export type ShareRow = Tables["shares"];

/** Stands in the row once the copy was removed. */
const GONE = new Uint8Array();

/** Milliseconds for which the service still says how a share ended. Then its row is removed too. */
export const ENDED_KEPT_MS = 90 * 24 * 60 * 60_000;

/** Milliseconds that a view lasts. Until then its answer may be asked for again and its files be fetched, over a slow line too. */
export const VIEW_MS = 15 * 60_000;

/** The columns that say whether a share has ended. */
type Lifetime = Pick<ShareRow, "revoked_at" | "one_time" | "views" | "expires_at">;

/** How a share has ended, or `open`. An end by a person counts before an end by time. */
export function stateOf(row: Lifetime, now: number): "open" | "usedUp" | "expired" | "revoked" {
  if (row.revoked_at !== null) return "revoked";
  if (row.one_time === 1 && row.views > 0) return "usedUp";
  return hasExpired(row, now) ? "expired" : "open";
}

/** A share has expired from the millisecond on that it names. */
export function hasExpired(row: Lifetime, now: number): boolean {
  return Date.parse(row.expires_at) <= now;
}

const endings = { usedUp: "shareUsedUp", expired: "shareExpired", revoked: "shareRevoked" } as const;

/** The error that says how a share has ended. Undefined while it is open. */
export function endingOf(row: Lifetime, now: number): ErrorName | undefined {
  const state = stateOf(row, now);
  return state === "open" ? undefined : endings[state];
}

/** The share of a link. Throws shareNotFound for an unknown id and for a wrong key, after it hashed a key in both cases. */
export async function demandLink(
  db: Db,
  { publicAddress, primitives: crypto }: Context,
  { share, accessKey }: OperationParams<"shares.state">,
): Promise<ShareRow> {
  // A person who switches the public address off expects that no link opens any more.
  if (publicAddress === undefined) throw new PosternError("sharingUnavailable");
  const hash = accessKeyHash(crypto, share, bytes(accessKey));
  const row = await db.selectFrom("shares").selectAll().where("id", "=", share).executeTakeFirst();
  if (row === undefined || !crypto.equal(hash, row.access_key_hash)) throw new PosternError("shareNotFound");
  return row;
}

/** Shares that the caller made, and shares of vaults that it manages. */
export async function ownShares(db: Db, caller: Caller) {
  const managed = await vaultsWith(db, caller, permissions.manageVault);
  return db
    .selectFrom("shares")
    .where("account", "=", caller.account)
    .where((eb) => eb.or([eb("user", "=", caller.user), ...(managed.length > 0 ? [eb("vault", "in", managed)] : [])]));
}

/** Throws busy where a user's chunks for later shares have too many bytes. The user must be held. */
export async function demandShareRoom(db: Db, context: Context): Promise<void> {
  const { held } = await db
    .selectFrom("share_chunks")
    .select((eb) => eb.fn.sum<number>(sizeOf(["sealed"])).as("held"))
    .where("user", "=", context.caller.user)
    .where("share", "not in", (eb) => eb.selectFrom("shares").select("id"))
    .executeTakeFirstOrThrow();
  await demandUploadRoom(db, context, Number(held ?? 0), 0);
}

/** Removes the content of a share. Its row still says how it ended. */
export async function dropContent(db: Db, share: string): Promise<void> {
  await db.updateTable("shares").set({ sealed: GONE }).where("id", "=", share).execute();
  await db.deleteFrom("share_views").where("share", "=", share).execute();
  await db.deleteFrom("share_chunks").where("share", "=", share).execute();
}

/**
 * Removes the copies of ended shares (of a used-up one after its last view), rows that ended long ago, and chunks that no share
 * names. Runs at the start and every minute.
 */
export async function dropEndedShares(store: Pick<Store, "write">, nowMs: number): Promise<void> {
  const now = new Date(nowMs).toISOString();
  await store.write(async (db) => {
    // A view made now would end before this one, so this one was made while the clock was wrong.
    const ahead = new Date(nowMs + VIEW_MS + AHEAD_MS_MAX).toISOString();
    await db
      .deleteFrom("share_views")
      .where((eb) => eb.or([eb("ends_at", "<=", now), eb("ends_at", ">", ahead)]))
      .execute();
    const ended = await db
      .selectFrom("shares as s")
      .select("s.id")
      .where("s.sealed", "<>", GONE)
      .where((eb) =>
        eb.or([
          eb("s.expires_at", "<=", now),
          eb("s.revoked_at", "is not", null),
          eb.and([
            eb("s.one_time", "=", 1),
            eb("s.views", ">", 0),
            eb.not(eb.exists(eb.selectFrom("share_views as v").select("v.share").whereRef("v.share", "=", "s.id"))),
          ]),
        ]),
      )
      .execute();
    for (const { id } of ended) await dropContent(db, id);
    const longAgo = new Date(nowMs - ENDED_KEPT_MS).toISOString();
    await db.deleteFrom("shares").where("expires_at", "<=", longAgo).execute();
    await dropUnnamedChunks(db, nowMs);
  });
}

/** Holds each user before the chunks of that user are removed: a write that makes a share of them holds the user too. */
async function dropUnnamedChunks(db: Db, nowMs: number): Promise<void> {
  const unnamed = (eb: ExpressionBuilder<Tables, "share_chunks">) =>
    eb.and([
      eb.or([
        eb("created_at", "<", new Date(nowMs - ABANDONED_MS).toISOString()),
        eb("created_at", ">", new Date(nowMs + ABANDONED_MS).toISOString()),
      ]),
      eb("share", "not in", eb.selectFrom("shares").select("id")),
    ]);
  const writers = await db
    .selectFrom("share_chunks")
    .select("user")
    .distinct()
    .where(unnamed)
    .orderBy("user")
    .execute();
  for (const { user } of writers) {
    await holdUser(db, user);
    await db.deleteFrom("share_chunks").where("user", "=", user).where(unnamed).execute();
  }
}
