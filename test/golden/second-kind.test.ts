// Replays the golden conversations with an agent whose account is of another kind. That account lies in memory, and nothing of it is sealed. A client
// gets the same answers, byte for byte. Conversations about features of only our own kind are left out.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Capability } from "../../daemon/account/capabilities.ts";
import { type InProcessAgent, passing, startInProcess } from "../agent/in-process.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { inMemoryOf } from "../daemon/account/kinds.ts";
import { conversations } from "./conversation.ts";
import { batchesOf, makeSample, replay } from "./replay.ts";

/** Methods of only our own kind, and of capabilities that the account in memory lacks. */
const OTHERS =
  /^(?:accounts|devices|session|groups|serviceAccounts|shares|items\.shares)\.|^vaults\..*GroupPermissions$|^audit\.verify$/;

const LESS: readonly Capability[] = ["files", "history", "environments", "feed"];

const all = conversations();
const asked = all.filter(({ given, steps }) => {
  const methods = steps.map(({ message }) => (message as { method?: string }).method ?? "");
  return given === "unlocked" && !methods.some((method) => OTHERS.test(method));
});
const refused = all.filter(({ given }) => given === "offersLess");

/** The conversations for each kind, and those for an account with only vaults and items. */
const batches = [
  ...batchesOf(asked).map((batch) => ["as any account does", batch, []] as const),
  ...batchesOf(refused).map((batch) => ["that it lacks it", batch, LESS] as const),
];

test("most conversations apply to every kind of account", () => {
  expect(asked.length).toBeGreaterThan(100);
});

describe.each(batches)("answers %s", (_what, batch, without) => {
  let agent: InProcessAgent;
  let person: Person;
  let known: ReadonlyMap<string, unknown>;
  const settle = <T>(promise: Promise<T>) => passing(agent, promise);

  beforeAll(async () => {
    agent = await startInProcess(undefined, undefined, inMemoryOf(without));
    const kit = await settle(makeAccount(agent));
    person = await settle(attachPerson(agent));
    person.always("yes");
    known = await makeSample(agent, person.channel, kit, settle);
  });
  afterAll(async () => {
    person.leave();
    await agent.close();
  });

  test.each(batch.map((one) => [one.title, one] as const))("%s", async (_title, conversation) => {
    person.always(conversation.answer === "none" ? "ignore" : conversation.answer);
    await replay(conversation, agent.socket, known, settle);
  });
});
