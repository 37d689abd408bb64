// The items of a vault as the agent lists them: the one place where the command asks for a list.
import type { Methods } from "../typescript/generated.ts";
import { wholeList } from "../typescript/whole-list.ts";

export type ItemOverview = Methods["items.list"]["result"]["items"][number];

/** All of a vault that the filter asks for: one of any size, in as many pages as it takes. */
export function listItems(
  agent: { readonly call: Parameters<typeof wholeList>[0] },
  vaultId: string,
  filter: { readonly active: boolean; readonly archived: boolean },
): Promise<ItemOverview[]> {
  return wholeList(agent.call, { vaultId, ...filter });
}
