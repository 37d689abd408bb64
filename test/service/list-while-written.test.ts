// An item is made while a page of items is read. A reader who reads all pages gets every item that existed all the time.
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { KyselyPlugin } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Context } from "../../service/context.ts";
import { itemOperations } from "../../service/item/items.ts";
import type { Store } from "../../service/store/store.ts";
import { details, type InProcess, inProcess, newUser, type Opened, open, overview, type User } from "./doors.ts";

let door: InProcess;
let ada: User;
let hers: Opened;

beforeAll(async () => {
  door = await inProcess();
  ada = await newUser(door);
  hers = await open(door, ada);
});
afterAll(() => door.close());

/** Stores a row once more under the first id of all, through a connection of its own. */
function insertFirst(item: string): void {
  const database = new DatabaseSync(join(door.folder, "service.sqlite"));
  const row = database.prepare("SELECT * FROM items WHERE id = ?").get(item) as Record<string, SQLInputValue>;
  const names = Object.keys(row);
  const values = names.map((name) => (name === "id" ? "2".repeat(26) : (row[name] ?? null)));
  database
    .prepare(`INSERT INTO items (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`)
    .run(...values);
  database.close();
}

test("an item made while the last page is read pushes no other item off it", async () => {
  const vault = (await hers.account.createVault("Busy", "")).id;
  const ids: string[] = [];
  for (const title of ["a", "b", "c"])
    ids.push((await hers.account.createItem(vault, overview(title), details("x"))).id);
  let inserted = false;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      // The first read is about sizes.
      if (!inserted && result.rows.some((row) => Object.hasOwn(row, "size"))) {
        inserted = true;
        insertFirst(ids[0] ?? "");
      }
      return result;
    },
  };
  const caller = { account: ada.account, user: ada.user, device: ada.device, kind: "person" as const };
  const read: Store["read"] = (act) => door.store.db.withPlugin(plugin).transaction().execute(act);
  const context = { store: { read }, caller } as unknown as Context;
  const page = await itemOperations["items.list"]({ vault, active: true, archived: false, limit: 3 }, context);
  expect(inserted).toBe(true);
  expect(page.more).toBe(false);
  expect(page.items.map(({ item }) => item)).toEqual(expect.arrayContaining(ids));
});
