// environments.*: named sets of variables.
import type { ResultOf } from "../../protocol/catalogue.ts";
import { offered } from "../account/account.ts";
import { readOutcome } from "../audit/entry.ts";
import { accessOf, type Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";

type EnvironmentHandlers = Pick<
  Handlers,
  | "environments.getVariables"
  | "environments.list"
  | "environments.create"
  | "environments.set"
  | "environments.unset"
  | "environments.delete"
>;

const environmentsOf = (call: Call) => offered(accessOf(call).session.unlocked.account, "environments");

type Variables = ResultOf<"environments.getVariables">["variables"];

/** The variables of an environment, from memory where nothing of it changed since. */
async function read(unlocked: Unlocked, id: string): Promise<{ variables: Variables; ageMs: number }> {
  const { cache, account } = unlocked;
  const kept = cache.find(id, "environment");
  if (kept !== undefined) {
    const { value, ageMs } = kept.open();
    return { variables: JSON.parse(value) as Variables, ageMs: Math.round(ageMs) };
  }
  const { generation } = cache;
  const variables = await offered(account, "environments").variables(id);
  const place = { vault: id, item: "", field: "", kind: "Environment" };
  // Not kept where something changed meanwhile, since these may be the old ones.
  if (cache.isSince(generation, id)) cache.set(id, place, JSON.stringify(variables), {}, "environment");
  return { variables, ageMs: 0 };
}

/** Forgets an environment's kept variables after a change here. */
const forget = (call: Call, id: string) => accessOf(call).session.unlocked.cache.dropItem(id, "", undefined);

/** `isStale` says whether the service could not be reached just now. */
export const environmentMethods = (isStale: (unlocked: Unlocked) => boolean): EnvironmentHandlers => ({
  "environments.getVariables": async ({ environmentId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const { variables, ageMs } = await read(unlocked, environmentId);
    const names = variables.map(({ name }) => name);
    const stale = isStale(unlocked);
    audit.read(entryOf(call, readOutcome(stale), [environmentId], names));
    return { variables, ...(stale ? { staleMs: ageMs } : {}) };
  },
  "environments.list": async (_params, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const { list, ageMs } = environmentsOf(call);
    const environments = await list();
    audit.read(entryOf(call, "ok", []));
    return { environments, ...(isStale(unlocked) ? { staleMs: ageMs() } : {}) };
  },
  "environments.create": async ({ title, variables = [] }, call) => {
    const made = await environmentsOf(call).create(title, variables);
    accessOf(call).own(made.id);
    const names = variables.map(({ name }) => name);
    accessOf(call).session.audit.keep(entryOf(call, "ok", [made.id], [title, ...names]));
    return made;
  },
  "environments.set": async ({ environmentId, variables }, call) => {
    await environmentsOf(call).set(environmentId, variables);
    forget(call, environmentId);
    accessOf(call).session.audit.keep(
      entryOf(
        call,
        "ok",
        [environmentId],
        variables.map(({ name }) => name),
      ),
    );
    return {};
  },
  "environments.unset": async ({ environmentId, names }, call) => {
    const removed = await environmentsOf(call).unset(environmentId, names);
    forget(call, environmentId);
    accessOf(call).session.audit.keep(entryOf(call, "ok", [environmentId], names));
    return { removed };
  },
  "environments.delete": async ({ environmentId }, call) => {
    await environmentsOf(call).delete(environmentId);
    forget(call, environmentId);
    accessOf(call).session.audit.keep(entryOf(call, "ok", [environmentId]));
    return {};
  },
});
