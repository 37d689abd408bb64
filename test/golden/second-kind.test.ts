// The golden conversations again, said to an agent whose account is of another kind: it lies in memory, and nothing of it is
// sealed. What a client is answered is the same, byte for byte. Left out is what only our own kind of account has.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Capability } from "../../daemon/account/capabilities.ts";
import { type InProcessAgent, passing, startInProcess } from "../agent/in-process.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { inMemoryOf } from "../daemon/account/kinds.ts";
import { conversations } from "./conversation.ts";
import { batchesOf, makeSample, replay } from "./replay.ts";

/** Methods of our own kind, and of capabilities that the account in memory lacks. */
const OTHERS =
  /^(?:accounts|devices|session|groups|serviceAccounts|shares|items\.shares)\.|^vaults\..*GroupPermissions$|^audit\.verify$/;

const LESS: readonly Capability[] = ["files", "history", "environments", "feed"];

const all = conversations();
const asked = all.filter(({ given, steps }) => {
  const methods = steps.map(({ message }) => (message as { method?: string }).method ?? "");
  return given === "unlocked" && !methods.some((method) => OTHERS.test(method));
});
const refused = all.filter(({ given }) => given === "offersLess");

/** What is asked of each kind, and what of one that has vaults and items alone. */
const batches = [
  ...batchesOf(asked).map((batch) => ["as any account does", batch, []] as const),
  ...batchesOf(refused).map((batch) => ["that it lacks it", batch, LESS] as const),
];

test("most conversations are of every kind of account", () => {
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
