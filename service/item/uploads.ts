// Files on their way in: chunks that no revision names yet. Each writer has room for so many bytes of them, a file that its
// writer gives up goes at once, and one that nobody adds to for a day goes while the service runs.
import { PosternError } from "../../protocol/errors.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { type Context, timestamp } from "../context.ts";
import type { Db } from "../store/tables.ts";

/** Milliseconds after its last chunk that an unnamed file is kept: longer than any upload pauses. */
export const ABANDONED_MS = 24 * 60 * 60_000;

const FILE_BYTES = serviceLimits.chunks * serviceLimits.chunkBytes;

/** Bytes of one writer's unfinished files together: four of the longest. Without an end, a token for one vault fills the disk. */
export const UPLOAD_BYTES_MAX = 4 * FILE_BYTES;

/** The same while an account is being restored: all files that one item may have come before it. */
export const RESTORE_BYTES_MAX = (itemLimits.files + 1) * FILE_BYTES;

/** Where a file is written to. */
export type Place = { readonly vault: string; readonly item: string; readonly file: string };

/** Throws busy where a writer's unfinished files would have more bytes with these. */
export async function demandUploadRoom(db: Db, { caller }: Context, before: number, more: number): Promise<void> {
  if (before + more <= UPLOAD_BYTES_MAX) return;
  const account = await db
    .selectFrom("accounts")
    .select("restoring")
    .where("id", "=", caller.account)
    .executeTakeFirst();
  const most = account?.restoring === 1 ? RESTORE_BYTES_MAX : UPLOAD_BYTES_MAX;
  if (before + more > most)
    throw new PosternError("busy", `files that are not complete have at most ${most} bytes together`, {
      hint: "finish or close those that were begun, or wait a day",
    });
}

/** Counts a chunk of a file that no revision names. Throws busy past the writer's room, conflict for another writer's file. */
export async function countChunk(db: Db, context: Context, place: Place, bytes: number): Promise<void> {
  const { user } = context.caller;
  const begun = await uploadAt(db, place);
  if (begun !== undefined && begun.user !== user)
    throw new PosternError("conflict", "the file is being written by another");
  const { held } = await db
    .selectFrom("uploads")
    .select((eb) => eb.fn.sum("bytes").as("held"))
    .where("user", "=", user)
    .executeTakeFirstOrThrow();
  await demandUploadRoom(db, context, Number(held ?? 0), bytes);
  const touched = { bytes: (begun?.bytes ?? 0) + bytes, touched_at: timestamp(context) };
  if (begun === undefined)
    await db
      .insertInto("uploads")
      .values({ ...place, user, ...touched })
      .execute();
  else
    await db
      .updateTable("uploads")
      .set(touched)
      .where("vault", "=", place.vault)
      .where("item", "=", place.item)
      .where("file", "=", place.file)
      .execute();
}

/** A revision names these files now: they are no uploads any more. */
export async function endUploads(db: Db, vault: string, item: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  await db
    .deleteFrom("uploads")
    .where("vault", "=", vault)
    .where("item", "=", item)
    .where("file", "in", files)
    .execute();
}

/** Removes the chunks of the caller's unfinished file. Of a file that is complete, or another's, nothing. */
export async function abandonUpload(db: Db, { caller }: Context, place: Place): Promise<void> {
  if ((await uploadAt(db, place))?.user === caller.user) await drop(db, place);
}

/** Removes unfinished files that nobody added to for a day; also those that a clock that was wrong has put days ahead. */
export async function dropAbandonedUploads(database: Db, nowMs: number): Promise<void> {
  const at = (ms: number) => new Date(nowMs + ms).toISOString();
  await database.transaction().execute(async (db) => {
    const abandoned = await db
      .selectFrom("uploads")
      .select(["vault", "item", "file"])
      .where((eb) => eb.or([eb("touched_at", "<", at(-ABANDONED_MS)), eb("touched_at", ">", at(ABANDONED_MS))]))
      .execute();
    for (const place of abandoned) await drop(db, place);
  });
}

function uploadAt(db: Db, { vault, item, file }: Place) {
  return db
    .selectFrom("uploads")
    .select(["user", "bytes"])
    .where("vault", "=", vault)
    .where("item", "=", item)
    .where("file", "=", file)
    .executeTakeFirst();
}

async function drop(db: Db, { vault, item, file }: Place): Promise<void> {
  for (const table of ["file_chunks", "uploads"] as const)
    await db.deleteFrom(table).where("vault", "=", vault).where("item", "=", item).where("file", "=", file).execute();
}
