// Environments in a map, for the account in memory.
import type { Environments } from "../../../daemon/account/capabilities.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { memoryId } from "./memory-id.ts";

type Variable = Awaited<ReturnType<Environments["variables"]>>[number];

/** Calls `changed` with the id of each environment that was made, changed or deleted. */
export function memoryEnvironments(changed: (id: string) => void): Environments {
  const all = new Map<string, { title: string; variables: Map<string, Variable> }>();
  const of = (id: string) => {
    const found = all.get(id);
    if (found === undefined) throw new PosternError("environmentNotFound");
    return found;
  };
  const byName = (variables: readonly Variable[]) =>
    variables.map((variable): [string, Variable] => [variable.name, { ...variable }]);
  return {
    list: async () => [...all].map(([id, { title }]) => ({ id, title })),
    ageMs: () => 0,
    create: async (title, variables) => {
      const id = memoryId();
      all.set(id, { title, variables: new Map(byName(variables)) });
      changed(id);
      return { id, title };
    },
    variables: async (id) => [...of(id).variables.values()].map((variable) => ({ ...variable })),
    set: async (id, variables) => {
      const known = of(id).variables;
      for (const [name, variable] of byName(variables)) known.set(name, variable);
      changed(id);
    },
    unset: async (id, names) => {
      const known = of(id).variables;
      const removed = names.filter((name) => known.delete(name)).length;
      changed(id);
      return removed;
    },
    delete: async (id) => {
      of(id);
      all.delete(id);
      changed(id);
    },
  };
}
