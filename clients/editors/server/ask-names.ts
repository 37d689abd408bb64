// Asks the agent for the names that a text's references need: once for all vaults that they name, and for names alone. A person says yes to that
// question, and everything after it is covered by that yes.
import type { CallOptions } from "../../typescript/channel.ts";
import { type Methods, PosternError } from "../../typescript/generated.ts";
import { limits } from "../../typescript/generated-limits.ts";
import { wholeList } from "../../typescript/whole-list.ts";
import { type KnownNames, type KnownVault, vaultItems } from "./known-names.ts";

/** What can call the agent: a channel, or a command's agent with its account. */
export type Caller = {
  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options?: CallOptions,
  ): Promise<Methods[M]["result"]>;
};

/** Vaults of one question. */
export const VAULTS_MAX = limits.references;

/**
 * What each of the vault words means, with the items of the vaults that are there. Throws what the agent throws where no person said yes, or
 * where the account is locked. Words beyond the bound of one question are left out.
 */
export async function askNames(agent: Caller, words: Iterable<string>): Promise<KnownNames> {
  const asked = [...new Set(words)].slice(0, VAULTS_MAX);
  if (asked.length === 0) return new Map();
  const ids = await vaultIds(agent, asked);
  const names = new Map<string, KnownVault>();
  for (const [word, found] of ids)
    names.set(word, "id" in found ? { kind: "found", items: await itemsOf(agent, found.id) } : found);
  return names;
}

/** All items of a vault by name. */
export const itemsOf = async (agent: Caller, vaultId: string) =>
  vaultItems(
    await wholeList((method, params) => agent.call(method, params), { vaultId, active: true, archived: true }),
  );

type Found = { readonly id: string } | { readonly kind: "missing" | "several" | "unsure" };

async function vaultIds(agent: Caller, words: readonly string[]): Promise<Map<string, Found>> {
  try {
    const { found } = await agent.call("names.locate", { purpose: "list", names: words.map((vault) => ({ vault })) });
    return new Map(words.map((word, index) => [word, idOf(found[index])]));
  } catch (error) {
    const first = missingOf(error);
    if (first === undefined) throw error;
    return await eachAlone(agent, words, first);
  }
}

function idOf(found: { readonly vaultId?: string } | undefined): Found {
  if (found?.vaultId === undefined) throw new Error("the agent did not answer for a vault");
  return { id: found.vaultId };
}

function missingOf(error: unknown): Found | undefined {
  if (!(error instanceof PosternError)) return undefined;
  if (error.errorName === "vaultNotFound") return { kind: "missing" };
  return error.errorName === "tooManyVaults" ? { kind: "several" } : undefined;
}

/**
 * Looks each word up by itself, without another question. The yes covers the vaults that are there. The error was that of the first word
 * that leads to none, and of the others the agent says no more without a wider yes.
 */
async function eachAlone(agent: Caller, words: readonly string[], first: Found): Promise<Map<string, Found>> {
  const all = new Map<string, Found>();
  let left: Found | undefined = first;
  for (const word of words) {
    try {
      const { found } = await agent.call("names.locate", { purpose: "list", names: [{ vault: word }], noWait: true });
      all.set(word, idOf(found[0]));
    } catch (error) {
      const isUncovered = error instanceof PosternError && error.errorName === "approvalRequired";
      const told = missingOf(error) ?? (isUncovered ? (left ?? { kind: "unsure" }) : undefined);
      if (told === undefined) throw error;
      left = undefined;
      all.set(word, told);
    }
  }
  return all;
}
