// environments.*: named sets of variables.
import { accessOf, type Call } from "../call.ts";
import type { Handlers } from "../dispatch.ts";
import { happening } from "../happening.ts";

type EnvironmentHandlers = Pick<
  Handlers,
  | "environments.getVariables"
  | "environments.list"
  | "environments.create"
  | "environments.set"
  | "environments.unset"
  | "environments.delete"
>;

const environmentsOf = (call: Call) => accessOf(call).session.unlocked.account.environments;

export const environmentMethods: EnvironmentHandlers = {
  "environments.getVariables": async ({ environmentId }, call) => {
    const variables = await environmentsOf(call).variables(environmentId);
    accessOf(call).session.audit.read(happening(call, "ok", [environmentId]));
    return { variables };
  },
  "environments.list": async (_params, call) => {
    const environments = await environmentsOf(call).list();
    accessOf(call).session.audit.read(happening(call, "ok", []));
    return { environments };
  },
  "environments.create": async ({ title, variables = [] }, call) => {
    const made = await environmentsOf(call).create(title, variables);
    accessOf(call).own(made.id);
    const names = variables.map(({ name }) => name);
    accessOf(call).session.audit.keep(happening(call, "ok", [made.id], [title, ...names]));
    return made;
  },
  "environments.set": async ({ environmentId, variables }, call) => {
    await environmentsOf(call).set(environmentId, variables);
    accessOf(call).session.audit.keep(
      happening(
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
    accessOf(call).session.audit.keep(happening(call, "ok", [environmentId], names));
    return { removed };
  },
  "environments.delete": async ({ environmentId }, call) => {
    await environmentsOf(call).delete(environmentId);
    accessOf(call).session.audit.keep(happening(call, "ok", [environmentId]));
    return {};
  },
};
