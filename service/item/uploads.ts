// Files on their way in: chunks that no revision names yet. Each writer has room for so many bytes of them, a file that its
// writer gives up goes at once, and one that nobody adds to for a day goes while the service runs.
import { PosternError } from "../../protocol/errors.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { type Context, timestamp } from "../context.ts";
import { holdRestoring, holdUser, holdVaultRow } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Store } from "../store/store.ts";
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
  const most = (await holdRestoring(db, caller.account, true)) ? RESTORE_BYTES_MAX : UPLOAD_BYTES_MAX;
  if (before + more > most)
    throw new PosternError("busy", `files that are not complete have at most ${most} bytes together`, {
      hint: "finish or close those that were begun, or wait a day",
    });
}

/** Counts a chunk of a file that no revision names, in a vault that is held. Throws busy past the writer's room, conflict for another writer's file. */
export async function countChunk(db: Db, context: Context, place: Place, bytes: number): Promise<void> {
  const { user } = context.caller;
  const touched_at = timestamp(context);
  const counted = db
    .insertInto("uploads")
    .values({ ...place, user, bytes, touched_at })
    .onConflict((begun) =>
      begun
        .columns(["vault", "item", "file"])
        .doUpdateSet((eb) => ({ bytes: eb("uploads.bytes", "+", bytes), touched_at }))
        .where("uploads.user", "=", user),
    );
  if (!(await changesRow(counted))) throw new PosternError("conflict", "the file is being written by another");
  // Looked at with this chunk in it, and with every other that was counted before this write held the user.
  await holdUser(db, user);
  const { held } = await db
    .selectFrom("uploads")
    .select((eb) => eb.fn.sum("bytes").as("held"))
    .where("user", "=", user)
    .executeTakeFirstOrThrow();
  await demandUploadRoom(db, context, Number(held ?? 0) - bytes, bytes);
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
  const { vault, item, file } = place;
  const ended = db
    .deleteFrom("uploads")
    .where("vault", "=", vault)
    .where("item", "=", item)
    .where("file", "=", file)
    .where("user", "=", caller.user);
  if (await changesRow(ended)) await dropChunks(db, place);
}

/** Removes unfinished files that nobody added to for a day; also those that a clock that was wrong has put days ahead. */
export async function dropAbandonedUploads(store: Pick<Store, "db" | "write">, nowMs: number): Promise<void> {
  const at = (ms: number) => new Date(nowMs + ms).toISOString();
  const abandoned = await store.db
    .selectFrom("uploads")
    .select(["vault", "item", "file", "touched_at"])
    .where((eb) => eb.or([eb("touched_at", "<", at(-ABANDONED_MS)), eb("touched_at", ">", at(ABANDONED_MS))]))
    .execute();
  for (const { touched_at, ...place } of abandoned)
    await store.write(async (db) => {
      // Held, so that no revision comes to name the file meanwhile.
      await holdVaultRow(db, place.vault);
      const ended = db
        .deleteFrom("uploads")
        .where("vault", "=", place.vault)
        .where("item", "=", place.item)
        .where("file", "=", place.file)
        // One that somebody has added to since is not abandoned.
        .where("touched_at", "=", touched_at);
      if (await changesRow(ended)) await dropChunks(db, place);
    });
}

async function dropChunks(db: Db, { vault, item, file }: Place): Promise<void> {
  await db
    .deleteFrom("file_chunks")
    .where("vault", "=", vault)
    .where("item", "=", item)
    .where("file", "=", file)
    .execute();
}
