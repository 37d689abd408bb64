// The items of a vault as the agent lists them: the one place where the command asks for a list.
import type { Methods } from "../../typescript/generated.ts";
import { type wholeList, wholeListWithAge } from "../../typescript/whole-list.ts";

export type ItemOverview = Methods["items.list"]["result"]["items"][number];

/** All of a vault that the filter asks for: one of any size, in as many pages as it takes. */
export async function listItems(agent: Caller, vaultId: string, filter: Filter): Promise<ItemOverview[]> {
  return (await listItemsWithAge(agent, vaultId, filter)).items;
}

/** Whoever can call the agent. */
type Caller = { readonly call: Parameters<typeof wholeList>[0] };

type Filter = { readonly active: boolean; readonly archived: boolean };

/** The same, with how long ago it was read where the service could not be asked for changes. */
export function listItemsWithAge(
  agent: Caller,
  vaultId: string,
  filter: Filter,
): Promise<{ items: ItemOverview[]; staleMs?: number }> {
  return wholeListWithAge(agent.call, { vaultId, ...filter });
}
