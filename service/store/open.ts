// Opens the store in a folder. Only this folder of the code knows what kind of store it is.
import { join } from "node:path";
import { openSqlite } from "./sqlite.ts";
import type { Store } from "./store.ts";

export type { Store };

/** Opens or makes the store of a service in `folder`. Throws as openSqlite does. */
export function openStore(folder: string): Promise<Store> {
  return openSqlite(join(folder, "service.sqlite"));
}
