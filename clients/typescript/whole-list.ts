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
  return (await wholeListWithAge(call, params)).items;
}

/** The same, with how long ago its oldest part was read where the service could not be asked for changes. */
export async function wholeListWithAge(
  call: (method: "items.list", params: Params) => Promise<Page>,
  params: Omit<Params, "after" | "limit">,
): Promise<Pick<Page, "items" | "staleMs">> {
  const items: Page["items"] = [];
  const ages: number[] = [];
  for (let page: Page | undefined; page?.more !== false; ) {
    const after = items.at(-1)?.id;
    page = await call("items.list", { ...params, ...(after === undefined ? {} : { after }) });
    for (const item of page.items) items.push(item);
    if (page.staleMs !== undefined) ages.push(page.staleMs);
    if (page.items.length === 0) break;
  }
  return { items, ...(ages.length === 0 ? {} : { staleMs: Math.max(...ages) }) };
}
