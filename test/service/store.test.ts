// Stores of other versions, and the cost of a commit. An older schema opens. A newer one is refused unchanged. Every acknowledged write has
// been synced.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openAccount } from "../../clients/account/open-account.ts";
import { changePassword, signIn } from "../../clients/account/user-keys.ts";
import { SCHEMA_VERSION } from "../../service/store/migrations.ts";
import { openSqlite } from "../../service/store/sqlite.ts";
import { hasTool } from "../tools.ts";
import { details, dump, type InProcess, inProcess, newUser, open, overview } from "./doors.ts";
import { crypto, owner } from "./fixtures/make-schema-1.ts";

const fixture = fileURLToPath(new URL("fixtures/schema-1.sqlite", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a store of the first schema opens, gets its indexes, and everything in it can be read", async () => {
  const path = join(folder, "service.sqlite");
  copyFileSync(fixture, path);
  const before = rowsOf(path);
  expect(before.schema).toEqual([{ version: 1 }]);
  await (await openSqlite(path)).close();
  const after = rowsOf(path);
  // Challenges lasted for a minute, and are no rows any more.
  const { schema: _schema, nonces: _nonces, accounts, users, vault_grants: grants, ...unchanged } = before;
  expect(after).toMatchObject(unchanged);
  expect(after.schema).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, index) => ({ version: index + 1 })));
  // Its accounts are whole: none is being restored.
  expect(after.accounts).toEqual(accounts?.map((account) => ({ ...(account as object), restoring: 0 })));
  // A user is a person, and a grant to a user is one to a principal of that kind.
  expect(after.users).toEqual(users?.map((user) => ({ ...(user as object), kind: "person", created_at: "" })));
  expect(after.vault_grants).toEqual(
    (grants as { user: string }[]).map(({ user, ...grant }) => ({ ...grant, principal: user, kind: "user" })),
  );
  for (const name of ["groups", "group_members", "service_accounts", "tokens"]) expect(after[name]).toEqual([]);
  expect(after).not.toHaveProperty("nonces");
  expect(indexesOf(path)).toContain("items_by_tag");

  const door = await inProcess(folder);
  const account = await openAs(door);
  const [vault] = await account.vaults();
  expect(vault).toMatchObject({ title: "Kept", description: "since the first schema", activeItems: 1 });
  const [item] = await account.findItems(vault?.id ?? "", "db");
  expect(item).toMatchObject({ revision: 2, details: { fields: [{ value: "two" }] } });
  const [header] = item?.files ?? [];
  if (item === undefined || header === undefined) throw new Error("the item has no file");
  const { chunk } = await account.readFile(item, header).next();
  expect(new TextDecoder().decode(chunk)).toBe("a file");
  await account.putItem(item.vault, item.id, 2, { ...item, state: "archived" });
  await door.close();
});

async function openAs(door: InProcess) {
  const who = { ...owner, secretKey: owner.secretKey() };
  return openAccount(crypto, owner.account, owner.user, await signIn(crypto, door.call, door.address, who));
}

/** Every row of every table. */
function rowsOf(path: string): Record<string, unknown[]> {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  const rows = tables.map(({ name }) => [name, database.prepare(`SELECT * FROM "${name}" ORDER BY rowid`).all()]);
  database.close();
  return Object.fromEntries(rows);
}

function indexesOf(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const indexes = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'").all();
  database.close();
  return indexes.map((index) => index.name);
}

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

test.each(["DELETE", "WAL"])("a newer store in journal mode %s keeps that mode, and its every byte", async (mode) => {
  const path = join(folder, "service.sqlite");
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE schema (version INTEGER); CREATE TABLE later (x)`);
  database.exec(`INSERT INTO schema VALUES (${SCHEMA_VERSION + 1}); INSERT INTO later VALUES (1)`);
  database.close();
  const before = readFileSync(path);
  await expect(openSqlite(path)).rejects.toMatchObject({ name: "storeTooNew" });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a file that is no store is refused and not changed by a byte", async () => {
  const path = join(folder, "service.sqlite");
  writeFileSync(path, "dear diary, ".repeat(1000));
  const before = readFileSync(path);
  await expect(openSqlite(path)).rejects.toThrow();
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

test("a write whose change event cannot be written leaves nothing at all", async () => {
  const door = await inProcess(folder);
  const who = await newUser(door);
  const { account, signedIn } = await open(door, who);
  const vault = (await account.createVault("V", "")).id;
  const made = await account.createItem(vault, overview("DB"), details("one"));
  const { sealed } = await signedIn.session.call("items.get", { vault, item: made.id });
  // The event is the last statement of every write.
  await sql`CREATE TRIGGER fails BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'test'); END`.execute(door.store.db);
  const before = dump(folder);
  const content = { overview: overview("DB"), details: details("two"), files: [], state: "active" } as const;
  for (const write of [
    () => account.putItem(vault, made.id, 1, content),
    () => account.createItem(vault, overview("New"), details("x")),
    () => account.deleteItem(vault, made.id),
    () => account.createVault("W", ""),
    () => account.updateVault(vault, { title: "Other" }),
    () => account.deleteVault(vault),
    () => account.changeUserData((data) => ({ ...data, name: "Eve" })),
    () => changePassword(crypto, signedIn, { ...who, newPassword: "eleven bright lanterns" }),
  ]) {
    await expect(write()).rejects.toMatchObject({ name: "serviceRefused" });
    expect(dump(folder)).toBe(before);
  }
  // A stored row is not written again.
  await signedIn.session.call("items.put", { vault, item: made.id, sealed });
  await expect(door.close()).rejects.toThrow("nobody foresaw");
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
