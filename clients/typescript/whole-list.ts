// The list of a vault's items, whole: the agent answers it in pages.
import type { Methods } from "./generated.ts";

type Params = Methods["items.list"]["params"];
type Page = Methods["items.list"]["result"];

/**
 * Every item of the list, in the order of their ids. Each page is of the moment when it is asked for: an item that is there
 * all the while comes exactly once, one that comes or goes meanwhile may be in it or not.
 */
export async function wholeList(
  call: (method: "items.list", params: Params) => Promise<Page>,
  params: Omit<Params, "after" | "limit">,
): Promise<Page["items"]> {
  const items: Page["items"] = [];
  for (let page: Page | undefined; page?.more !== false; ) {
    const after = items.at(-1)?.id;
    page = await call("items.list", { ...params, ...(after === undefined ? {} : { after }) });
    for (const item of page.items) items.push(item);
    if (page.items.length === 0) break;
  }
  return items;
}
