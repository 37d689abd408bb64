// Fetches stored items by id. The service refuses an answer that would grow too long; then the ids are asked for in halves.
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { ServiceSession } from "./service-session.ts";

/** A sealed item as the service answers it. */
export type StoredItem = OperationResult<"items.get">;

/**
 * The stored revisions of up to 100 items; unknown ones are left out. Throws sealBroken for an item that was not asked for
 * or comes twice: everything else about such an answer could be right.
 */
export async function storedItems(
  call: ServiceSession["call"],
  vault: string,
  ids: readonly string[],
): Promise<StoredItem[]> {
  try {
    const { items } = await call("items.getAll", { vault, items: [...ids] });
    const missing = new Set(ids);
    for (const { item } of items) {
      if (!missing.delete(item)) throw new PosternError("sealBroken", "the service answered about another item");
    }
    return items;
  } catch (error) {
    if (!(error instanceof PosternError) || error.name !== "tooLarge" || ids.length < 2) throw error;
    const half = Math.ceil(ids.length / 2);
    return [
      ...(await storedItems(call, vault, ids.slice(0, half))),
      ...(await storedItems(call, vault, ids.slice(half))),
    ];
  }
}
