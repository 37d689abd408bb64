// Fetches stored items, by their ids or all of a vault. The service refuses an answer that would be too long. Then this asks for
// halves.
import { PosternError } from "../../protocol/errors.ts";
import { type OperationResult, serviceLimits } from "../../protocol/service-catalogue.ts";
import type { ServiceSession } from "./service-session.ts";

/** A sealed item as the service answers it. */
export type StoredItem = OperationResult<"items.get">;

/**
 * The stored revisions of up to 100 items. Unknown ones are left out. Throws sealBroken for an item that was not asked for or comes
 * twice, since such an answer could pass every other check.
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

/** Every active and archived item of a vault, whole, in the order of their ids. Throws serviceRefused for a list with a gap or a step back. */
export async function* everyItem(call: ServiceSession["call"], vault: string): AsyncGenerator<StoredItem> {
  for (let after: string | undefined; ; ) {
    const page = await call("items.list", {
      vault,
      active: true,
      archived: true,
      limit: serviceLimits.batch,
      ...(after === undefined ? {} : { after }),
    });
    const ids = page.items.map((item) => item.item);
    if (ids.length === 0) return;
    // A page that does not move forward, or a listed item without an answer, would leave a part of the vault out.
    const forward = ids.every((id, index) => id > (index === 0 ? (after ?? "") : (ids[index - 1] ?? "")));
    const items = await storedItems(call, vault, ids);
    if (!forward || items.length !== ids.length)
      throw new PosternError("serviceRefused", "its list of items does not hold together");
    yield* items;
    after = ids.at(-1);
    if (!page.more) return;
  }
}
