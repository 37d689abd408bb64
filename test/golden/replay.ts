// Replays golden conversations with an agent, and makes their items beforehand.
import { expect } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { loadSodium } from "../../daemon/host/sodium.ts";
import { formatSecretKey } from "../../protocol/crypto/secret-key.ts";
import type { ItemField } from "../../protocol/item/item.ts";
import { PASSWORD } from "../agent/person.ts";
import { openRaw } from "../agent/raw.ts";
import { type Conversation, difference, filled } from "./conversation.ts";

const crypto = loadSodium();
/** A Secret Key that belongs to no account. */
export const anyKey = formatSecretKey(crypto, crypto.randomBytes(16));

/** Waits for a promise. If the test controls the agent's time, time passes meanwhile. */
export type Settle = <T>(promise: Promise<T>) => Promise<T>;

const wait: Settle = (promise) => promise;

/**
 * Number of conversations with one agent. Some need a prompt, and a program may open twenty in ten minutes.
 */
const WITH_ONE_AGENT = 24;

/**
 * Puts refusals first, since a grant left by another conversation would let them through. Gives neighbours to different agents, since conversations
 * of one method often make items of one name.
 */
export function batchesOf(all: readonly Conversation[]): Conversation[][] {
  const sorted = [...all].sort(
    (a, b) =>
      Number(b.answer === "none") - Number(a.answer === "none") ||
      Number(b.answer === "no") - Number(a.answer === "no"),
  );
  const agents = Math.ceil(sorted.length / WITH_ONE_AGENT);
  return Array.from({ length: agents }, (_, agent) => sorted.filter((_, index) => index % agents === agent));
}

/** Replays a conversation. Returns the sent requests and the answers. */
export async function replay(
  conversation: Conversation,
  socket: string,
  known: ReadonlyMap<string, unknown> = new Map([["$anyKey", anyKey]]),
  settle = wait,
): Promise<{ readonly sent: readonly unknown[]; readonly answered: readonly unknown[] }> {
  const names = new Map(known);
  const raw = await openRaw(socket);
  const sent: unknown[] = [];
  const answered: unknown[] = [];
  try {
    for (const step of conversation.steps) {
      if (step.from === "client") {
        const message = filled(step.message, names);
        sent.push(message);
        raw.send(`${JSON.stringify(message)}\n`);
        continue;
      }
      const answer = await settle(raw.next());
      answered.push(answer);
      expect(difference(step.message, answer, names)).toBeUndefined();
    }
    return { sent, answered };
  } finally {
    raw.close();
  }
}

/** Makes the items that conversations use. Returns the values of their names, and leaves no grant behind. */
export async function makeSample(
  agent: { connect(): Promise<Channel> },
  person: Channel,
  kit: { account: string; user: string; secretKey: string },
  settle = wait,
): Promise<ReadonlyMap<string, unknown>> {
  const channel = await agent.connect();
  const field = (id: string, value: string, title = id): ItemField => ({
    id,
    title,
    fieldType: "Concealed",
    value,
    sectionId: "",
  });
  const vault = await settle(channel.call("vaults.create", { title: "Demo" }));
  const sections = [{ id: "", title: "" }];
  const make = (title: string, fields: ItemField[]) =>
    settle(
      channel.call("items.create", { item: { vaultId: vault.id, title, category: "Password", sections, fields } }),
    );
  const code = field("otp", "GEZDGNBVGY3TQOJQ", "one-time");
  const item = await make("DB", [field("password", "s3cret"), { ...code, fieldType: "Totp" }]);
  await make("Other", [field("password", "other")]);
  await make("Twin", [field("a", "1", "same"), field("b", "2", "same")]);
  await make("Double", [field("password", "1")]);
  await make("Double", [field("password", "2")]);
  const proof = { kind: "password", password: PASSWORD } as const;
  const { grants } = await person.call("grants.list", { proof });
  for (const { grant } of grants) await person.call("grants.revoke", { grant, proof });
  channel.close();
  const { account, user, secretKey } = kit;
  const named = { anyKey, account, user, secretKey, vault: vault.id, item: item.id };
  return new Map(Object.entries(named).map(([name, value]) => [`$${name}`, value]));
}
