// files.*: sealed chunks. A chunk is written before the revision that names its file (uploads.ts).
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { bytes, type Operations, text, timestamp } from "../context.ts";
import type { Db } from "../store/tables.ts";
import { demand, permissions } from "../vault/permission.ts";
import { ABANDONED_MS, abandonUpload, countChunk } from "./uploads.ts";

type FileHeaders = OperationParams<"items.put">["sealed"]["files"];

export const fileOperations: Pick<Operations, "files.putChunk" | "files.abandon" | "files.getChunk"> = {
  "files.putChunk": async ({ vault, item, file, index, sealed }, context) => {
    const chunk = bytes(sealed);
    await context.db.transaction().execute(async (db) => {
      await demand(db, context.caller, vault, permissions.createItems);
      const existing = await db
        .selectFrom("file_chunks")
        .select("sealed")
        .where("vault", "=", vault)
        .where("item", "=", item)
        .where("file", "=", file)
        .where("idx", "=", index)
        .executeTakeFirst();
      if (existing !== undefined) {
        if (text(existing.sealed) !== sealed)
          throw new PosternError("conflict", "this chunk is stored with other content");
        return;
      }
      // A revision that names a file vouches for its chunks; one more would be a file that nobody signed.
      if ((await namedFiles(db, vault, item)).has(file))
        throw new PosternError("conflict", "the file is complete: a revision names it");
      await countChunk(db, context, { vault, item, file }, chunk.length);
      await db
        .insertInto("file_chunks")
        .values({ vault, item, file, idx: index, sealed: chunk, created_at: timestamp(context) })
        .execute();
    });
    return {};
  },

  "files.abandon": async ({ vault, item, file }, context) => {
    await context.db.transaction().execute(async (db) => {
      await demand(db, context.caller, vault, permissions.createItems);
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
    // Indexes are unique, so as many as named and none past the last means that each is there.
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

/** Removes the chunks of files that a revision named before this write and none names after it. Files still being written stay. */
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

/** Removes chunks of an older service that are older than a day and whose file no revision names; run at start. */
export async function dropAbandonedChunks(db: Db, nowMs: number): Promise<void> {
  const before = new Date(nowMs - ABANDONED_MS).toISOString();
  await db.transaction().execute(async (transaction) => {
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
      .execute();
    for (const { vault, item, file } of old) {
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
