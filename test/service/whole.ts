// What one transaction of the service writes together, looked at in the file: counters, rows and events agree, or a write was
// halved.
import { DatabaseSync } from "node:sqlite";

type Vault = { readonly id: string; readonly active_items: number; readonly content_version: number };

/** Where the store at this path disagrees with itself; empty where every write is whole. */
export function halvesIn(path: string): string[] {
  const database = new DatabaseSync(path);
  const halves: string[] = [];
  const demand = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) halves.push(`${what}: ${actual}, not ${expected}`);
  };
  for (const vault of database.prepare("SELECT id, active_items, content_version FROM vaults").all() as Vault[]) {
    const one = (sql: string) => Number((database.prepare(sql).get(vault.id) as { n: number | null }).n ?? 0);
    const items = "FROM items WHERE vault = ?";
    demand("active items", one(`SELECT count(*) AS n ${items} AND state = 'active'`), vault.active_items);
    // Each revision has its event; a batch raises the vault's version once.
    const events = one("SELECT count(*) AS n FROM events WHERE vault = ? AND kind = 'item'");
    demand("item events", events, one(`SELECT sum(revision) AS n ${items}`));
    demand(
      "the vault's version",
      Math.min(Math.max(vault.content_version, Math.sign(events)), events),
      vault.content_version,
    );
    // A deletion takes the history along.
    const earlier = one("SELECT count(*) AS n FROM item_versions WHERE vault = ?");
    demand("earlier revisions", earlier, one(`SELECT sum(revision - 1) AS n ${items} AND state != 'deleted'`));
  }
  const { integrity_check: integrity } = database.prepare("PRAGMA integrity_check").get() as {
    integrity_check: string;
  };
  demand("integrity", integrity, "ok");
  database.close();
  return halves;
}
