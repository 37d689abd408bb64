// Strange things in place of the service's files. The service names the file and the reason, and leaves it as it is.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../../service/store/sqlite.ts";
import { NOBODY } from "../daemon/peer/children.ts";
import { serviceProgram as program } from "../programs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-of-"));
  mkdirSync(join(folder, "data"), { mode: 0o700 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, "data", name);

/** Starts a service that does not come up. It has a deadline, since a pipe could make it wait for ever. */
function refused() {
  return spawnSync(
    process.execPath,
    ["--disable-sigusr1", "--no-warnings", program, "--data", join(folder, "data"), "--port", "0"],
    {
      encoding: "utf8",
      env: { HOME: folder },
      timeout: 10_000,
    },
  );
}

const STORE = ["service.sqlite", "service.sqlite-wal", "service.sqlite-shm", "service.sqlite-journal"];

test.each(STORE)("%s as a link is refused by its name, and what it leads to is untouched", async (name) => {
  writeFileSync(join(folder, "elsewhere"), "kept");
  symlinkSync(join(folder, "elsewhere"), at(name));
  await expect(openSqlite(at("service.sqlite"))).rejects.toMatchObject({
    name: "fileUnusable",
    message: expect.stringContaining(`${at(name)} is a link`),
  });
  expect(readFileSync(join(folder, "elsewhere"), "utf8")).toBe("kept");
  expect(readlinkSync(at(name))).toBe(join(folder, "elsewhere"));
});

test.each(STORE)("%s as a link to nothing makes no file there", async (name) => {
  symlinkSync(join(folder, "elsewhere"), at(name));
  await expect(openSqlite(at("service.sqlite"))).rejects.toMatchObject({ name: "fileUnusable" });
  expect(lstatSync(join(folder, "elsewhere"), { throwIfNoEntry: false })).toBeUndefined();
});

test.each([
  ["other bytes", "x"],
  ["many other bytes", "garbage".repeat(1_000)],
  ["a cut beginning of a journal", Uint8Array.of(0xd9, 0xd5, 0x05)],
])(
  "%s beside a store in place of its journal are reported by that name, and the store stays as it was",
  async (_what, bytes) => {
    await (await openSqlite(at("service.sqlite"))).close();
    const before = readFileSync(at("service.sqlite"));
    writeFileSync(at("service.sqlite-journal"), bytes);
    await expect(openSqlite(at("service.sqlite"))).rejects.toMatchObject({
      name: "fileUnusable",
      message: expect.stringContaining(
        `${at("service.sqlite-journal")} lies beside the store, and is no journal of it`,
      ),
      hint: expect.stringContaining(`move ${at("service.sqlite-journal")} out of the way`),
    });
    expect(readFileSync(at("service.sqlite"))).toEqual(before);
    rmSync(at("service.sqlite-journal"));
    await (await openSqlite(at("service.sqlite"))).close();
  },
);

test.each(["", Uint8Array.of(0, 0, 0)])("an empty or settled journal is no obstacle", async (bytes) => {
  await (await openSqlite(at("service.sqlite"))).close();
  writeFileSync(at("service.sqlite-journal"), bytes);
  await (await openSqlite(at("service.sqlite"))).close();
});

test("a store that was cut off before it had a log of writes is rolled back by its own journal, and opens", async () => {
  const made = new DatabaseSync(at("made.sqlite"));
  made.exec(
    "PRAGMA cache_size = 1; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000)); PRAGMA cache_spill = 1",
  );
  made.exec("BEGIN; UPDATE t SET x = randomblob(100000); INSERT INTO t VALUES (randomblob(400000))");
  copyFileSync(at("made.sqlite"), at("service.sqlite"));
  copyFileSync(at("made.sqlite-journal"), at("service.sqlite-journal"));
  made.close();
  await (await openSqlite(at("service.sqlite"))).close();
  expect(existsSync(at("service.sqlite-journal"))).toBe(false);
  const opened = new DatabaseSync(at("service.sqlite"));
  expect(opened.prepare("SELECT count(*) AS count, max(x) = zeroblob(100000) AS same FROM t").get()).toEqual({
    count: 1,
    same: 1,
  });
  opened.close();
});

test.each(["-journal", "-wal", "-shm"])(
  "a folder as %s of the lock is reported by its name, or is no obstacle",
  async (end) => {
    const path = `${at("service.sqlite.lock")}${end}`;
    mkdirSync(path);
    const outcome = await openSqlite(at("service.sqlite")).then(
      (store) => store.close(),
      (error: unknown) => error,
    );
    if (outcome !== undefined)
      expect(outcome).toMatchObject({ name: "fileUnusable", hint: expect.stringContaining(`remove ${path}`) });
    expect(outcome === undefined).toBe(end !== "-wal");
  },
);

test("a held lock has no journal beside it", async () => {
  const store = await openSqlite(at("service.sqlite"));
  expect(existsSync(`${at("service.sqlite.lock")}-journal`)).toBe(false);
  await store.close();
});

const spoilt: readonly [string, () => unknown, string][] = [
  ["a store that is a link", () => symlinkSync("elsewhere", at("service.sqlite")), "service.sqlite is a link"],
  ["a store that is a folder", () => mkdirSync(at("service.sqlite")), "service.sqlite is no file"],
  ["a store that is a pipe", () => execFileSync("mkfifo", [at("service.sqlite")]), "service.sqlite is no file"],
  [
    "a store that is no database",
    () => writeFileSync(at("service.sqlite"), "x".repeat(4096)),
    "service.sqlite is damaged",
  ],
  [
    "a log of writes that is a link",
    () => symlinkSync("elsewhere", at("service.sqlite-wal")),
    "service.sqlite-wal is a link",
  ],
  [
    "a registration that is a link",
    () => symlinkSync("elsewhere", at("registration.sha256")),
    "registration.sha256 is a link",
  ],
  [
    "a registration that is a pipe",
    () => execFileSync("mkfifo", [at("registration.sha256")]),
    "registration.sha256 is a link, no file",
  ],
];
test.each(spoilt)("the service does not start on %s, and says so", (_what, make, why) => {
  make();
  const ran = refused();
  expect([ran.status, ran.stdout]).toEqual([2, ""]);
  expect(ran.stderr).toContain(why);
  expect(ran.stderr).not.toContain("    at ");
});

test.skipIf(process.getuid?.() !== 0)("a store of another user is refused (needs root to make one)", async () => {
  writeFileSync(at("service.sqlite"), "");
  chownSync(at("service.sqlite"), NOBODY, NOBODY);
  await expect(openSqlite(at("service.sqlite"))).rejects.toMatchObject({
    message: expect.stringContaining("belongs to another user"),
  });
  lchownSync(at("service.sqlite"), 0, 0);
  await (await openSqlite(at("service.sqlite"))).close();
});
