// The writes of an env file's import. It reads, makes and changes items in batches. Where a part fails, it undoes the rest.

import type { Methods } from "../../typescript/generated.ts";
import { itemLimits } from "../../typescript/generated-limits.ts";
import type { Agent } from "../agent/session.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { type Origin, type Planned, tagsOf } from "./imported-items.ts";

type Item = Methods["items.get"]["result"];

/** Items written by one request, and read or deleted by one. */
const { batch: BATCH } = itemLimits;
const IDS_BATCH = 50;

/** The field that holds a variable's value. */
export const FIELD = "password";

/** The work that was not done. An error names it. */
export const UNDONE = "nothing was imported";

/** The items of an earlier import, by the variable's name. */
export async function itemsOf(agent: Agent, vault: string, planned: readonly Planned[]): Promise<Map<string, Item>> {
  const known = planned.filter(({ id }) => id !== undefined);
  const found = new Map<string, Item>();
  for (let at = 0; at < known.length; at += IDS_BATCH) {
    const batch = known.slice(at, at + IDS_BATCH);
    const { outcomes } = await agent.call("items.getAll", {
      vaultId: vault,
      itemIds: batch.map(({ id }) => id ?? ""),
    });
    outcomes.forEach((one, index) => {
      const { name = "", number } = batch[index]?.line ?? {};
      if ("error" in one)
        throw new UsageError(`${UNDONE}; line ${number}: ${name}: ${one.error.message}`, "try it again");
      found.set(name, one);
    });
  }
  return found;
}

type Outcome = "create" | "change" | "keep";

export function outcomeOf({ line, plain }: Planned, known: ReadonlyMap<string, Item>): Outcome {
  const item = known.get(line.name);
  if (item === undefined) return "create";
  const field = item.fields.find(({ id }) => id === FIELD);
  // A variable that an option made plain stays plain until its value changes.
  return field?.value === line.value && (!plain || field.fieldType === "Text") ? "keep" : "change";
}

const fieldOf = ({ line, plain }: Planned) => ({
  id: FIELD,
  title: FIELD,
  fieldType: plain ? ("Text" as const) : ("Concealed" as const),
  value: line.value,
});

/** The item ids by the variables' names, and a function that undoes the writes. */
export type Written = { readonly ids: ReadonlyMap<string, string>; takeBack(): Promise<void> };

/** Makes and changes the items. Undoes all writes where one fails. The caller undoes them where a later step fails. */
export async function write(
  agent: Agent,
  vault: string,
  planned: readonly Planned[],
  known: ReadonlyMap<string, Item>,
  origin: Origin,
): Promise<Written> {
  const ids = new Map([...known].map(([name, { id }]) => [name, id]));
  const made: string[] = [];
  const put: { before: Item; after: Item }[] = [];
  const undo = () => takeBack(agent, vault, made, put);
  try {
    const fresh = planned.filter((one) => outcomeOf(one, known) === "create");
    for (let at = 0; at < fresh.length; at += BATCH)
      for (const [name, id] of await create(agent, vault, fresh.slice(at, at + BATCH), origin, made)) ids.set(name, id);
    for (const one of planned.filter((each) => outcomeOf(each, known) === "change")) {
      const before = known.get(one.line.name);
      if (before === undefined) continue;
      const others = before.fields.filter(({ id }) => id !== FIELD);
      const item = { ...before, fields: [fieldOf(one), ...others] };
      put.push({ before, after: await agent.call("items.put", { item }) });
    }
    return { ids, takeBack: undo };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** `made` gets each id at once, also where another item of the batch fails. */
async function create(
  agent: Agent,
  vault: string,
  batch: readonly Planned[],
  origin: Origin,
  made: string[],
): Promise<[string, string][]> {
  const { outcomes } = await agent.call("items.createAll", {
    vaultId: vault,
    items: batch.map((one) => ({
      vaultId: vault,
      title: one.title,
      category: "Password" as const,
      fields: [fieldOf(one)],
      tags: tagsOf(origin, one.line.name),
    })),
  });
  const failed: string[] = [];
  const created: [string, string][] = [];
  outcomes.forEach((one, index) => {
    const { name = "", number } = batch[index]?.line ?? {};
    if ("error" in one) failed.push(`line ${number}: ${one.error.message}`);
    else {
      made.push(one.id);
      created.push([name, one.id]);
    }
  });
  if (failed.length > 0)
    throw new UsageError(`${UNDONE}; ${failed.join("; ")}`, "change these lines, or leave them out with --except");
  return created;
}

/** Undoes the writes. Throws UsageError, with the remaining items, where that fails too. */
async function takeBack(
  agent: Agent,
  vault: string,
  made: readonly string[],
  put: readonly { before: Item; after: Item }[],
): Promise<void> {
  const left: string[] = [];
  for (let at = 0; at < made.length; at += IDS_BATCH) {
    const batch = made.slice(at, at + IDS_BATCH);
    try {
      const { outcomes } = await agent.call("items.deleteAll", { vaultId: vault, itemIds: batch });
      outcomes.forEach((one, index) => {
        if ("error" in one) left.push(batch[index] ?? "");
      });
    } catch {
      left.push(...batch);
    }
  }
  for (const { before, after } of put) {
    try {
      await agent.call("items.put", { item: { ...before, version: after.version } });
    } catch {
      left.push(before.id);
    }
  }
  if (left.length > 0)
    throw new UsageError(
      `the import failed half-way, and could not be taken back: these items are new or changed: ${left.join(", ")}`,
      "run the same import again to finish it, or delete them with `postern item delete ID --vault VAULT`",
    );
}
