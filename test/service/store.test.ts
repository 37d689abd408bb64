// Stores of other ages, and what a commit costs: an older schema opens, a newer one is refused unchanged, every
// acknowledged write has been synced.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SCHEMA_VERSION } from "../../service/store/migrations.ts";
import { openSqlite } from "../../service/store/sqlite.ts";
import { hasTool } from "../tools.ts";

const fixture = fileURLToPath(new URL("fixtures/schema-1.sqlite", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a store of the first schema opens, keeps its rows and gets its indexes", async () => {
  const path = join(folder, "service.sqlite");
  copyFileSync(fixture, path);
  const store = await openSqlite(path);
  expect(await store.db.selectFrom("accounts").selectAll().execute()).toEqual([
    { id: "a".repeat(26), created_at: "2026-11-24T09:00:00.000Z" },
  ]);
  expect(
    (await store.db.selectFrom("schema").select("version").orderBy("version").execute()).map((row) => row.version),
  ).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1));
  await store.close();
  const indexes = new DatabaseSync(path, { readOnly: true })
    .prepare("SELECT name FROM sqlite_master WHERE type = 'index'")
    .all() as { name: string }[];
  expect(indexes.map((index) => index.name)).toContain("items_by_tag");
});

test("a store of a newer schema is refused and not changed by a byte", async () => {
  const path = join(folder, "service.sqlite");
  await (await openSqlite(path)).close();
  const database = new DatabaseSync(path);
  database.exec(`INSERT INTO schema (version) VALUES (${SCHEMA_VERSION + 1})`);
  database.close();
  const before = readFileSync(path);
  await expect(openSqlite(path)).rejects.toMatchObject({ name: "storeTooNew" });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a transaction that fails half way leaves nothing", async () => {
  const store = await openSqlite(join(folder, "service.sqlite"));
  const half = store.db.transaction().execute(async (db) => {
    await db.insertInto("accounts").values({ id: "x", created_at: "now" }).execute();
    await db.insertInto("accounts").values({ id: "x", created_at: "again" }).execute();
  });
  await expect(half).rejects.toThrow();
  expect(await store.db.selectFrom("accounts").selectAll().execute()).toEqual([]);
  await store.close();
});

test.skipIf(!hasTool("strace"))("every acknowledged commit has been synced to disk (needs strace)", () => {
  const script = join(folder, "write.ts");
  const commits = 20;
  writeFileSync(
    script,
    `import { openSqlite } from ${JSON.stringify(fileURLToPath(new URL("../../service/store/sqlite.ts", import.meta.url)))};
const store = await openSqlite(${JSON.stringify(join(folder, "service.sqlite"))});
process.stderr.write("MARK\\n");
for (let index = 0; index < ${commits}; index++) await store.db.insertInto("accounts").values({ id: String(index), created_at: "now" }).execute();
process.stderr.write("MARK\\n");
process.exit(0);`,
  );
  const trace = join(folder, "trace");
  const run = spawnSync(
    "strace",
    ["-f", "-o", trace, "-e", "trace=fsync,fdatasync,write", process.execPath, "--no-warnings", script],
    { encoding: "utf8" },
  );
  expect(run.status).toBe(0);
  const between = readFileSync(trace, "utf8").split("MARK")[1] ?? "";
  expect(between.match(/\bf(?:data)?sync\(/g)?.length ?? 0).toBeGreaterThanOrEqual(commits);
});
