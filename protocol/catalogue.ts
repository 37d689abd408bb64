// The one list of the agent's methods. Types derive from it; a method that is not here does not exist.
import type { Static } from "typebox";
import { access } from "./catalogue/access.ts";
import { accounts } from "./catalogue/accounts.ts";
import { agent } from "./catalogue/agent.ts";
import { app } from "./catalogue/app.ts";
import { authenticators } from "./catalogue/authenticators.ts";
import { files, items } from "./catalogue/items.ts";
import { names } from "./catalogue/names.ts";
import { policy } from "./catalogue/policy.ts";
import { secrets } from "./catalogue/secrets.ts";
import { serviceAccounts } from "./catalogue/service-accounts.ts";
import { shares } from "./catalogue/shares.ts";
import { environments, groups, vaults } from "./catalogue/vaults.ts";

export const catalogue = {
  ...agent,
  ...accounts,
  ...access,
  ...authenticators,
  ...app,
  ...policy,
  ...secrets,
  ...names,
  ...items,
  ...files,
  ...shares,
  ...vaults,
  ...groups,
  ...environments,
  ...serviceAccounts,
} as const;

export type Catalogue = typeof catalogue;
/** The name of a method, as on the wire. */
export type MethodName = keyof Catalogue;
/** The checked parameters of a method. */
export type ParamsOf<M extends MethodName> = Static<Catalogue[M]["params"]>;
/** The result of a method. */
export type ResultOf<M extends MethodName> = Static<Catalogue[M]["result"]>;
