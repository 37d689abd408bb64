// Turns titles into ids. The agent asks a person for all that a command does with the things, in one question, and looks them up after the yes.
import type { Methods } from "../../typescript/generated.ts";
import type { Agent } from "../agent/session.ts";

type Asked = Methods["names.locate"]["params"];
export type Purpose = Asked["purpose"];
export type Name = Asked["names"][number];
type Found = Methods["names.locate"]["result"]["found"][number];

/** A thing of an account, as a command was given it. */
export type Place = { readonly vaultId: string; readonly itemId: string; readonly archived?: boolean };

/** The ids of all the named things, in their order. */
export async function locateAll(agent: Agent, purpose: Purpose, names: readonly Name[]): Promise<Found[]> {
  // Nobody is asked for a token, whose requests are limited. So ids are taken as they are there.
  const known = agent.client === undefined ? [] : names.flatMap((name) => foundAlready(name) ?? []);
  if (known.length === names.length) return known;
  return (await agent.call("names.locate", { purpose, names: [...names] })).found;
}

export async function locate(agent: Agent, purpose: Purpose, name: Name): Promise<Found> {
  const [found] = await locateAll(agent, purpose, [name]);
  if (found === undefined) throw new Error("the agent did not answer for a name");
  return found;
}

/** The id of the vault with this title or id. */
export const vaultFor = async (agent: Agent, purpose: Purpose, vault: string): Promise<string> =>
  idIn((await locate(agent, purpose, { vault })).vaultId);

/** The id of the environment with this title or id. */
export const environmentFor = async (agent: Agent, purpose: Purpose, environment: string): Promise<string> =>
  idIn((await locate(agent, purpose, { environment })).environmentId);

/** The item with this title or id: an active one where there is any, or else the only archived one. */
export async function itemFor(agent: Agent, purpose: Purpose, name: Name & { item: string }): Promise<Place> {
  return placeIn(await locate(agent, purpose, name));
}

export const placeIn = ({ vaultId, itemId, archived }: Found): Place => ({
  vaultId: idIn(vaultId),
  itemId: idIn(itemId),
  ...(archived === undefined ? {} : { archived }),
});

/** The id of a thing that the agent was asked for. */
export function idIn(id: string | undefined): string {
  if (id === undefined) throw new Error("the agent found something else than it was asked for");
  return id;
}

export const isId = (text: string) => /^[a-z2-7]{26}$/.test(text);

/** The ids in a name that has nothing but ids, and asks for nothing beside them. */
function foundAlready({ vault, item, environment, group, items = [], alike, orNew }: Name): Found | undefined {
  const all = [vault, item, environment, group, ...items].filter((one) => one !== undefined);
  if (alike !== undefined || orNew === true || !all.every(isId)) return undefined;
  return {
    ...(vault === undefined ? {} : { vaultId: vault }),
    ...(item === undefined ? {} : { itemId: item }),
    ...(environment === undefined ? {} : { environmentId: environment }),
    ...(group === undefined ? {} : { groupId: group }),
    ...(items.length === 0 ? {} : { itemIds: [...items] }),
  };
}
