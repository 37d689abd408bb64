// Files that are written and never named: a writer's room for them, and their removal.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newId } from "../../protocol/crypto/encoding.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { ABANDONED_MS, RESTORE_BYTES_MAX, UPLOAD_BYTES_MAX } from "../../service/item/uploads.ts";
import { crypto, details, type InProcess, inProcess, newUser, type Opened, open, overview } from "./doors.ts";

let door: InProcess;
let hers: Opened;
let vault: string;

beforeEach(async () => {
  door = await inProcess();
  door.stop();
  hers = await open(door, await newUser(door));
  vault = (await hers.account.createVault("Files", "")).id;
});
afterEach(async () => {
  hers.account.close();
  await door.close();
});

const BYTES = 3;
const sealed = "AAAA";

/** Writes one chunk of three bytes. */
async function put(
  file = newId(crypto),
  item = newId(crypto),
  index = 0,
): Promise<{ vault: string; item: string; file: string }> {
  await hers.signedIn.session.call("files.putChunk", { vault, item, file, index, sealed });
  return { vault, item, file };
}

const chunks = async () =>
  (await door.store.db.selectFrom("file_chunks").select("file").execute()).map((row) => row.file);
const held = (bytes: number) => door.store.db.updateTable("uploads").set({ bytes }).execute();

describe("a file that no revision names", () => {
  test("goes when its writer gives it up, and no other with it", async () => {
    const kept = await put();
    const given = await put();
    await put(given.file, given.item, 1);
    await hers.signedIn.session.call("files.abandon", given);
    expect(await chunks()).toEqual([kept.file]);
    await hers.signedIn.session.call("files.abandon", given);
  });

  test("goes with its stream, and a stream without a written chunk sends no request", async () => {
    const stream = hers.account.writeFile({ vault, item: newId(crypto) }, hers.account.newItemKey());
    await stream.abandon();
    await stream.push(new Uint8Array(BYTES), true);
    expect(await chunks()).toHaveLength(1);
    await stream.abandon();
    expect(await chunks()).toEqual([]);
  });

  test("goes a day after its last chunk while the service runs, and not a moment before", async () => {
    const { file, item } = await put();
    door.advance(ABANDONED_MS / 2);
    await put(file, item, 1);
    door.advance(ABANDONED_MS);
    await door.tidy();
    expect(await chunks()).toEqual([file, file]);
    door.advance(1);
    await door.tidy();
    expect(await chunks()).toEqual([]);
    expect(await door.store.db.selectFrom("uploads").selectAll().execute()).toEqual([]);
  });

  test("goes where the clock was years ahead when it was written", async () => {
    const years = 3_000 * ABANDONED_MS;
    door.advance(years);
    await put();
    door.advance(-years);
    await door.tidy();
    expect(await chunks()).toEqual([]);
  });

  test("takes no room once a revision names it", async () => {
    const itemKey = hers.account.newItemKey();
    const id = newId(crypto);
    const stream = hers.account.writeFile({ vault, item: id }, itemKey);
    await stream.push(new Uint8Array(BYTES), true);
    await hers.account.createItem(vault, overview("file"), details("x"), { id, itemKey, files: [stream.end()] });
    expect(await door.store.db.selectFrom("uploads").selectAll().execute()).toEqual([]);
    await stream.abandon();
    door.advance(2 * ABANDONED_MS);
    await door.tidy();
    expect(await chunks()).toHaveLength(1);
  });

  test("cannot be continued or given up by another writer", async () => {
    const place = await put();
    await door.store.db
      .updateTable("uploads")
      .set({ user: newId(crypto) })
      .execute();
    await expect(put(place.file, place.item, 1)).rejects.toMatchObject({ name: "conflict" });
    await hers.signedIn.session.call("files.abandon", place);
    expect(await chunks()).toEqual([place.file]);
  });

  test("goes with its vault", async () => {
    await put();
    await hers.account.deleteVault(vault);
    expect(await door.store.db.selectFrom("uploads").selectAll().execute()).toEqual([]);
  });
});

describe("the unfinished files of one writer", () => {
  test("fill its room, and not a byte more", async () => {
    const first = await put();
    await held(UPLOAD_BYTES_MAX - BYTES);
    await put();
    await expect(put()).rejects.toThrow(`at most ${UPLOAD_BYTES_MAX} bytes together`);
    expect(await chunks()).toHaveLength(2);
    await hers.signedIn.session.call("files.abandon", first);
    await put();
  });

  test("take nothing from another's", async () => {
    await put();
    await held(UPLOAD_BYTES_MAX);
    const bea = await open(door, await newUser(door, "Bea"));
    const { id } = await bea.account.createVault("Hers", "");
    await bea.signedIn.session.call("files.putChunk", {
      vault: id,
      item: newId(crypto),
      file: newId(crypto),
      index: 0,
      sealed,
    });
    bea.account.close();
  });

  test("have room for all files of one item while the account is restored", async () => {
    await put();
    await door.store.db.updateTable("accounts").set({ restoring: 1 }).execute();
    await held(RESTORE_BYTES_MAX - BYTES);
    await put();
    await expect(put()).rejects.toMatchObject({ name: "busy" });
  });

  test("count for shares as well", async () => {
    const share = newId(crypto);
    const chunk = { share, vault, file: newId(crypto), index: 0, sealed };
    await hers.signedIn.session.call("shares.putChunk", chunk);
    const large = new Uint8Array(serviceLimits.chunkBytes);
    const rows = UPLOAD_BYTES_MAX / serviceLimits.chunkBytes;
    const { user } = await door.store.db.selectFrom("share_chunks").select("user").executeTakeFirstOrThrow();
    for (let idx = 1; idx < rows; idx++)
      await door.store.db
        .insertInto("share_chunks")
        .values({ share, file: newId(crypto), idx: 0, user, sealed: large, created_at: "2026-11-28T00:00:00.000Z" })
        .execute();
    const more = { ...chunk, file: newId(crypto), sealed: large.toBase64() };
    await expect(hers.signedIn.session.call("shares.putChunk", more)).rejects.toMatchObject({ name: "busy" });
  });
});
