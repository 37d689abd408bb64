// Opens the store that lies in a folder. What kind it is, is known in this folder alone.
import { join } from "node:path";
import { openSqlite } from "./sqlite.ts";
import type { Store } from "./store.ts";

export type { Store };

/** Opens or makes the store of a service in `folder`. Throws as openSqlite does. */
export function openStore(folder: string): Promise<Store> {
  return openSqlite(join(folder, "service.sqlite"));
}
