// One program asks often. What a person approves costs it nothing. What gets no yes does.
import { beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PROMPT_MS } from "../../daemon/approval/broker.ts";
import { OPEN_PER_FAMILY, RECENT_PER_FAMILY } from "../../daemon/approval/quotas.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let program: Channel;

beforeEach(async () => {
  agent = await startInProcess();
  await makeAccount(agent);
  person = await attachPerson(agent);
  program = await agent.connect();
  return async () => {
    person.leave();
    program.close();
    await agent.close();
  };
});

const read = (name: number, signal?: AbortSignal) =>
  program
    .call("secrets.resolve", { reference: `op://Demo/item ${name}/password` }, signal === undefined ? {} : { signal })
    .then(
      () => "read",
      (error: { errorName?: string }) => error.errorName ?? String(error),
    );

/** Asks, and gives up when the question is shown. */
async function giveUp(name: number): Promise<void> {
  const stop = new AbortController();
  const shown = person.next();
  const reading = read(name, stop.signal);
  await passing(agent, shown);
  stop.abort();
  await passing(agent, reading);
  while ((await person.channel.call("agent.status", {})).openPrompts > 0);
}

test(`${RECENT_PER_FAMILY + 5} questions that a person approves one by one are all asked`, async () => {
  person.always("yes", { lasts: "once" });
  for (let name = 0; name < RECENT_PER_FAMILY + 5; name++)
    expect([name, await passing(agent, read(name))]).toEqual([name, "vaultNotFound"]);
  expect(person.seen).toHaveLength(RECENT_PER_FAMILY + 5);
});

test(`after ${RECENT_PER_FAMILY} questions that were given up, the next is refused and not shown`, async () => {
  for (let name = 0; name < RECENT_PER_FAMILY; name++) await giveUp(name);
  expect(await read(RECENT_PER_FAMILY)).toBe("promptQuota");
  expect(person.seen).toHaveLength(RECENT_PER_FAMILY);
});

test("questions that nobody answers count with those that were given up", async () => {
  const ignored: Promise<string>[] = [];
  for (let name = 0; name < OPEN_PER_FAMILY; name++) {
    const shown = person.next();
    ignored.push(read(name));
    await passing(agent, shown);
  }
  agent.clock.advance(PROMPT_MS);
  expect(await Promise.all(ignored)).toEqual(ignored.map(() => "approvalTimedOut"));
  for (let name = OPEN_PER_FAMILY; name < RECENT_PER_FAMILY; name++) await giveUp(name);
  expect(await read(RECENT_PER_FAMILY)).toBe("promptQuota");
});

test("a no between them makes it wait no longer than its own rule says", async () => {
  person.always("no");
  expect(await passing(agent, read(1))).toBe("approvalDenied");
  person.always("yes", { lasts: "once" });
  expect(await passing(agent, read(2))).toBe("vaultNotFound");
  person.always("no");
  expect(await passing(agent, read(3))).toBe("approvalDenied");
  expect(await passing(agent, read(4))).toBe("approvalDenied");
  expect(await passing(agent, read(5))).toBe("coolingDown");
});
