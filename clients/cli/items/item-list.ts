// Lists the items of a vault. Every command that needs a list gets it here.
import type { Methods } from "../../typescript/generated.ts";
import { type wholeList, wholeListWithAge } from "../../typescript/whole-list.ts";

export type ItemOverview = Methods["items.list"]["result"]["items"][number];

/** All items of a vault that pass the filter, read page after page. */
export async function listItems(agent: Caller, vaultId: string, filter: Filter): Promise<ItemOverview[]> {
  return (await listItemsWithAge(agent, vaultId, filter)).items;
}

/** An object that can call the agent. */
type Caller = { readonly call: Parameters<typeof wholeList>[0] };

type Filter = { readonly active: boolean; readonly archived: boolean };

/** The same, with the age of the list where the service could not be reached. */
export function listItemsWithAge(
  agent: Caller,
  vaultId: string,
  filter: Filter,
): Promise<{ items: ItemOverview[]; staleMs?: number }> {
  return wholeListWithAge(agent.call, { vaultId, ...filter });
}
