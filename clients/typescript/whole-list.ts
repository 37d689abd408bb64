// The whole list of a vault's items. The agent answers it in pages.
import type { Methods } from "./generated.ts";

type Params = Methods["items.list"]["params"];
type Page = Methods["items.list"]["result"];

/**
 * Every item of the list, in the order of their ids. Each page shows the moment of its request. An item that exists all the time comes
 * exactly once. An item that is made or deleted meanwhile may be in the list or not.
 */
export async function wholeList(
  call: (method: "items.list", params: Params) => Promise<Page>,
  params: Omit<Params, "after" | "limit">,
): Promise<Page["items"]> {
  return (await wholeListWithAge(call, params)).items;
}

/** The same. Where the service could not be reached, the age of the oldest part comes with it. */
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
