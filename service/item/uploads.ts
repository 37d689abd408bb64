// Unfinished files: chunks that no revision names yet. Each writer has room for so many bytes of them. A file is removed at once
// when its writer gives it up, and otherwise after a day without a new chunk.
import { PosternError } from "../../protocol/errors.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { type Context, timestamp } from "../context.ts";
import { holdRestoring, holdUser, holdVaultRow } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Store } from "../store/store.ts";
import type { Db } from "../store/tables.ts";

/** Milliseconds for which an unfinished file is kept after its last chunk. No upload pauses for so long. */
export const ABANDONED_MS = 24 * 60 * 60_000;

const FILE_BYTES = serviceLimits.chunks * serviceLimits.chunkBytes;

/** Bytes of one writer's unfinished files together: four of the longest. Without a limit, a token for one vault could fill the disk. */
export const UPLOAD_BYTES_MAX = 4 * FILE_BYTES;

/** The same during a restore: all files of an item may come before the item. */
export const RESTORE_BYTES_MAX = (itemLimits.files + 1) * FILE_BYTES;

/** The place to which a file is written. */
export type Place = { readonly vault: string; readonly item: string; readonly file: string };

/** Throws busy where these bytes would be too many for the writer's room. */
export async function demandUploadRoom(db: Db, { caller }: Context, before: number, more: number): Promise<void> {
  if (before + more <= UPLOAD_BYTES_MAX) return;
  const most = (await holdRestoring(db, caller.account, true)) ? RESTORE_BYTES_MAX : UPLOAD_BYTES_MAX;
  if (before + more > most)
    throw new PosternError("busy", `files that are not complete have at most ${most} bytes together`, {
      hint: "finish or close those that were begun, or wait a day",
    });
}

/** Counts a chunk of an unfinished file, in a vault that is held. Throws busy past the writer's room, and conflict for another writer's file. */
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
  // The sum includes this chunk, and every chunk that was counted before this write held the user.
  await holdUser(db, user);
  const { held } = await db
    .selectFrom("uploads")
    .select((eb) => eb.fn.sum("bytes").as("held"))
    .where("user", "=", user)
    .executeTakeFirstOrThrow();
  await demandUploadRoom(db, context, Number(held ?? 0) - bytes, bytes);
}

/** Forgets these files as uploads: a revision names them now. */
export async function endUploads(db: Db, vault: string, item: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  await db
    .deleteFrom("uploads")
    .where("vault", "=", vault)
    .where("item", "=", item)
    .where("file", "in", files)
    .execute();
}

/** Removes the chunks of the caller's unfinished file. A complete file, or another writer's, stays as it is. */
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

/** Removes unfinished files without a new chunk for a day, and those that a wrong clock dated days ahead. */
export async function dropAbandonedUploads(store: Pick<Store, "db" | "write">, nowMs: number): Promise<void> {
  const at = (ms: number) => new Date(nowMs + ms).toISOString();
  const abandoned = await store.db
    .selectFrom("uploads")
    .select(["vault", "item", "file", "touched_at"])
    .where((eb) => eb.or([eb("touched_at", "<", at(-ABANDONED_MS)), eb("touched_at", ">", at(ABANDONED_MS))]))
    .execute();
  for (const { touched_at, ...place } of abandoned)
    await store.write(async (db) => {
      // The vault is held, so that no revision can name the file meanwhile.
      await holdVaultRow(db, place.vault);
      const ended = db
        .deleteFrom("uploads")
        .where("vault", "=", place.vault)
        .where("item", "=", place.item)
        .where("file", "=", place.file)
        // A file with a newer chunk is not abandoned.
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
