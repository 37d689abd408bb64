// files.*: sealed chunks. They are written before the revision that names their file (uploads.ts).
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { write } from "../change/write.ts";
import { bytes, type Operations, text, timestamp } from "../context.ts";
import { holdVault, holdVaultRow } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Store } from "../store/store.ts";
import type { Db } from "../store/tables.ts";
import { demand, permissions } from "../vault/permission.ts";
import { ABANDONED_MS, abandonUpload, countChunk } from "./uploads.ts";

type FileHeaders = OperationParams<"items.put">["sealed"]["files"];

export const fileOperations: Pick<Operations, "files.putChunk" | "files.abandon" | "files.getChunk"> = {
  "files.putChunk": async ({ vault, item, file, index, sealed }, context) => {
    const chunk = bytes(sealed);
    await write(context, async (db) => {
      await holdVault(db, context.caller, vault, permissions.createItems);
      const made = db
        .insertInto("file_chunks")
        .values({ vault, item, file, idx: index, sealed: chunk, created_at: timestamp(context) })
        .onConflict((taken) => taken.columns(["vault", "item", "file", "idx"]).doNothing());
      if (!(await changesRow(made))) return demandSame(db, { vault, item, file, index, sealed });
      // A revision signs the chunks of the files that it names. With one more chunk it would be a file that nobody signed.
      if ((await namedFiles(db, vault, item)).has(file))
        throw new PosternError("conflict", "the file is complete: a revision names it");
      await countChunk(db, context, { vault, item, file }, chunk.length);
    });
    return {};
  },

  "files.abandon": async ({ vault, item, file }, context) => {
    await write(context, async (db) => {
      await holdVault(db, context.caller, vault, permissions.createItems);
      await abandonUpload(db, context, { vault, item, file });
    });
    return {};
  },

  "files.getChunk": async ({ vault, item, file, index }, { db, caller }) => {
    await demand(db, caller, vault, permissions.readItems);
    const named = (await namedFiles(db, vault, item)).has(file);
    const row = named
      ? await db
          .selectFrom("file_chunks")
          .select("sealed")
          .where("vault", "=", vault)
          .where("item", "=", item)
          .where("file", "=", file)
          .where("idx", "=", index)
          .executeTakeFirst()
      : undefined;
    if (row === undefined) throw new PosternError("fileNotFound");
    return { sealed: text(row.sealed) };
  },
};

/** A retry of a stored chunk changes nothing. Other content in its place is a conflict. */
async function demandSame(db: Db, sent: OperationParams<"files.putChunk">): Promise<void> {
  const stored = await db
    .selectFrom("file_chunks")
    .select("sealed")
    .where("vault", "=", sent.vault)
    .where("item", "=", sent.item)
    .where("file", "=", sent.file)
    .where("idx", "=", sent.index)
    .executeTakeFirstOrThrow();
  if (text(stored.sealed) !== sent.sealed)
    throw new PosternError("conflict", "this chunk is stored with other content");
}

/** Throws fileNotFound unless every chunk of every named file is stored. */
export async function demandChunks(db: Db, vault: string, item: string, files: FileHeaders): Promise<void> {
  for (const file of files) {
    const { count, last } = await db
      .selectFrom("file_chunks")
      .select((eb) => [eb.fn.countAll().as("count"), eb.fn.max("idx").as("last")])
      .where("vault", "=", vault)
      .where("item", "=", item)
      .where("file", "=", file.id)
      .executeTakeFirstOrThrow();
    // Indexes are unique. So the right number of chunks, with none past the last index, means that each is there.
    if (Number(count) !== file.chunks || Number(last) !== file.chunks - 1)
      throw new PosternError("fileNotFound", "chunks of a named file are missing");
  }
}

/** Files that the stored revision or a kept version names. */
export async function namedFiles(db: Db, vault: string, item: string): Promise<Set<string>> {
  const rows = [
    ...(await db.selectFrom("items").select("files").where("vault", "=", vault).where("id", "=", item).execute()),
    ...(await db
      .selectFrom("item_versions")
      .select("files")
      .where("vault", "=", vault)
      .where("id", "=", item)
      .execute()),
  ];
  return new Set(rows.flatMap((row) => (JSON.parse(row.files) as FileHeaders).map((file) => file.id)));
}

/** Removes the chunks of files that revisions named before this write and no longer name after it. Unfinished files stay. */
export async function dropUnnamedFiles(
  db: Db,
  vault: string,
  item: string,
  before: ReadonlySet<string>,
): Promise<void> {
  const after = await namedFiles(db, vault, item);
  const gone = [...before].filter((file) => !after.has(file));
  if (gone.length === 0) return;
  await db
    .deleteFrom("file_chunks")
    .where("vault", "=", vault)
    .where("item", "=", item)
    .where("file", "in", gone)
    .execute();
}

/** Removes chunks that an older service left: older than a day, of a file that no revision names. Runs at the start. */
export async function dropAbandonedChunks(store: Pick<Store, "write">, nowMs: number): Promise<void> {
  const before = new Date(nowMs - ABANDONED_MS).toISOString();
  await store.write(async (transaction) => {
    const old = await transaction
      .selectFrom("file_chunks")
      .select(["vault", "item", "file"])
      .distinct()
      .where("created_at", "<", before)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom("uploads as u")
              .select("u.file")
              .whereRef("u.vault", "=", "file_chunks.vault")
              .whereRef("u.item", "=", "file_chunks.item")
              .whereRef("u.file", "=", "file_chunks.file"),
          ),
        ),
      )
      .orderBy("vault")
      .execute();
    for (const { vault, item, file } of old) {
      // The vault is held, so that no revision can name the file meanwhile.
      await holdVaultRow(transaction, vault);
      if ((await namedFiles(transaction, vault, item)).has(file)) continue;
      await transaction
        .deleteFrom("file_chunks")
        .where("vault", "=", vault)
        .where("item", "=", item)
        .where("file", "=", file)
        .execute();
    }
  });
}
