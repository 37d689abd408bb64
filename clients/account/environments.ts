// Environments. Each is a vault of its own kind with one item, whose fields are the variables. So an environment has a key, grants,
// revisions and retries, and the service needs no new kind of row.
import { PosternError } from "../../protocol/errors.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import type { AccountCore } from "./account-core.ts";
import type { OpenedItem } from "./item-rows.ts";
import { CONFLICT_TRIES_MAX } from "./user-data.ts";

/** One variable. Masked ones are hidden on a screen. The values of all are sealed. */
export type Variable = { readonly name: string; readonly value: string; readonly masked: boolean };

export type Environments = {
  list(): Promise<{ id: string; title: string }[]>;
  /** Makes an environment that has these variables from the start. Of two variables with one name the last counts. */
  create(title: string, variables?: readonly Variable[]): Promise<{ id: string; title: string }>;
  /** Throws environmentNotFound. */
  variables(id: string): Promise<Variable[]>;
  /** Sets variables, all or none. Other variables stay, in their order. Throws tooLarge past the limit. */
  set(id: string, variables: readonly Variable[]): Promise<void>;
  /** Removes variables. Returns how many there were. */
  unset(id: string, names: readonly string[]): Promise<number>;
  delete(id: string): Promise<void>;
};

/** The part of an account that environments need. It does not hide environments. */
export type Inner = Pick<
  AccountCore,
  "vaults" | "createVault" | "deleteVault" | "listItems" | "getItem" | "createItem" | "putItem"
>;

const ITEM_TITLE = "variables";

export function createEnvironments(account: Inner): Environments {
  async function demand(id: string): Promise<void> {
    const found = (await account.vaults()).find((vault) => vault.id === id);
    if (found?.type !== "environment") throw new PosternError("environmentNotFound");
  }

  async function itemOf(id: string): Promise<OpenedItem> {
    await demand(id);
    const [only, second] = await account.listItems(id, { active: true, archived: false });
    if (only === undefined || second !== undefined)
      throw new PosternError("sealBroken", "the environment does not hold together");
    return account.getItem(id, only.id);
  }

  async function change(id: string, next: (before: Variable[]) => Variable[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      const item = await itemOf(id);
      const fields = next(variablesOf(item)).map(fieldOf);
      if (fields.length > itemLimits.fields)
        throw new PosternError("tooLarge", `an environment has at most ${itemLimits.fields} variables`);
      const details = { ...item.details, fields };
      try {
        await account.putItem(id, item.id, item.revision, { ...item, details });
        return;
      } catch (error) {
        const lost = error instanceof PosternError && error.name === "versionConflict";
        if (!lost || tries >= CONFLICT_TRIES_MAX) throw error;
      }
    }
  }

  return {
    list: async () => {
      const all = await account.vaults();
      return all.filter(({ type }) => type === "environment").map(({ id, title }) => ({ id, title }));
    },
    create: async (title, variables = []) => {
      const { id } = await account.createVault(title, "", "environment");
      const overview = { title: ITEM_TITLE, category: "SecureNote" as const, tags: [], websites: [] };
      const fields = [...new Map(variables.map((variable) => [variable.name, fieldOf(variable)])).values()];
      try {
        await account.createItem(id, overview, { fields, sections: [{ id: "", title: "" }], notes: "", files: [] });
      } catch (error) {
        // Without its item nobody could read or fill the environment, so it is removed. The first error is the one that is thrown.
        await account.deleteVault(id).catch(() => undefined);
        throw error;
      }
      return { id, title };
    },
    variables: async (id) => variablesOf(await itemOf(id)),
    set: (id, variables) =>
      change(id, (before) => {
        const named = new Map(variables.map((variable) => [variable.name, variable]));
        const kept = before.map((variable) => named.get(variable.name) ?? variable);
        const known = new Set(before.map(({ name }) => name));
        return [...kept, ...[...named.values()].filter(({ name }) => !known.has(name))];
      }),
    unset: async (id, names) => {
      const gone = new Set(names);
      let removed = 0;
      await change(id, (before) => {
        const kept = before.filter(({ name }) => !gone.has(name));
        removed = before.length - kept.length;
        return kept;
      });
      return removed;
    },
    delete: async (id) => {
      await demand(id);
      await account.deleteVault(id);
    },
  };
}

function variablesOf({ details }: OpenedItem): Variable[] {
  return details.fields.map(({ title, value, fieldType }) => ({
    name: title,
    value,
    masked: fieldType === "Concealed",
  }));
}

function fieldOf({ name, value, masked }: Variable) {
  return {
    id: name,
    title: name,
    sectionId: "",
    fieldType: masked ? ("Concealed" as const) : ("Text" as const),
    value,
  };
}
