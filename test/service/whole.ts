// Checks in the file what one transaction writes together. If counters, rows and events disagree, a write was halved.
import { DatabaseSync } from "node:sqlite";

type Vault = { readonly id: string; readonly active_items: number; readonly content_version: number };

/** The disagreements in the store at this path. Empty where every write is whole. */
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
    // Each revision has its event. A batch raises the vault's version once.
    const events = one("SELECT count(*) AS n FROM events WHERE vault = ? AND kind = 'item'");
    demand("item events", events, one(`SELECT sum(revision) AS n ${items}`));
    demand(
      "the vault's version",
      Math.min(Math.max(vault.content_version, Math.sign(events)), events),
      vault.content_version,
    );
    // A deletion removes the history too.
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
