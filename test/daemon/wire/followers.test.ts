// A service that reports any changes of its store, as fast as it likes. The tests bound what this makes the agent write, ask and tell a person.
import { expect, test } from "vitest";
import type { Feed, News } from "../../../daemon/account/capabilities.ts";
import { ANSWER_MS_MIN, QUICK_ANSWERS_MAX } from "../../../daemon/account/changes.ts";
import { agentMethods } from "../../../daemon/methods/agent.ts";
import { createFollowers, REPLACED_MS } from "../../../daemon/wire/followers.ts";
import { PROTOCOL } from "../../../protocol/limits.ts";
import { fakeClock } from "../host/fake-clock.ts";

const OWN = "https://own.example";

/** Follows services that answer at once. Their store is replaced each time. */
function following(answers = Number.POSITIVE_INFINITY) {
  const clock = fakeClock();
  const kept: string[] = [];
  const asked = new Map<string, number>();
  const followers = createFollowers({
    clock,
    log: { note: () => undefined, incident: () => undefined } as never,
    connections: new Set(),
    changed: () => undefined,
    isPersons: (service) => service === OWN,
  });
  const follow = (service: string) => {
    const next = async (): Promise<News> => {
      const nth = (asked.get(service) ?? 0) + 1;
      asked.set(service, nth);
      if (nth > answers + 1) return new Promise(() => undefined);
      return nth === 1 ? { changes: [], first: true } : { changes: [], replaced: "olderCopy" };
    };
    const feed: Feed = { follow: () => ({ next }), forget: () => undefined, onAnswered: () => undefined };
    const account = { id: "a", feed };
    const unlocked = { account, cache: { clear: () => undefined } } as never;
    const audit = {
      keep: ({ event, outcome }: { event: string; outcome: string }) => kept.push(`${event} ${outcome}`),
    };
    const session = { file: { account: "a", service }, audit, unlocked } as never;
    followers.follow(
      session,
      () => false,
      async () => undefined,
    );
    return unlocked;
  };
  return { clock, kept, asked, followers, follow };
}

const turns = async () => {
  for (let turn = 0; turn < 500; turn++) await Promise.resolve();
};

test("a service that answers at once is asked a few times, and then only once in a while", async () => {
  const { clock, asked, follow, followers } = following();
  const unlocked = follow(OWN);
  await turns();
  const quick = asked.get(OWN) ?? 0;
  expect(quick).toBe(QUICK_ANSWERS_MAX + 1);
  for (let second = 0; second < 5; second++) {
    clock.advance(ANSWER_MS_MIN);
    await turns();
  }
  expect(asked.get(OWN)).toBeLessThanOrEqual(quick + 5);
  expect(asked.get(OWN)).toBeGreaterThanOrEqual(quick + 4);
  followers.stop(unlocked);
});

test("a replacement is recorded, and further ones within the hour in one record that counts them", async () => {
  const { clock, kept, follow, followers } = following(4);
  const unlocked = follow(OWN);
  await turns();
  expect(kept).toEqual(["service.replaced olderCopy"]);
  clock.advance(REPLACED_MS - 1);
  expect(kept).toHaveLength(1);
  clock.advance(1);
  expect(kept.slice(1)).toEqual(["service.replaced 3 times more"]);
  followers.stop(unlocked);
  clock.advance(REPLACED_MS);
  expect(kept).toHaveLength(2);
});

test("services of tokens push out no notice of the person's own, and their notices name no host", async () => {
  const { follow, followers } = following(1);
  const all = [follow(OWN), ...Array.from({ length: 9 }, (_, at) => follow(`https://run-this.example:${9000 + at}`))];
  await turns();
  const told = followers.takeNotices();
  expect(told).toEqual([expect.stringContaining(OWN)]);
  expect(followers.takeNotices()).toEqual([]);
  for (const unlocked of all) followers.stop(unlocked);
});

test("notices wait for our own command, and for one that speaks our protocol", () => {
  let notices = ["the store was put back"];
  const takeNotices = () => notices.splice(0);
  const methods = agentMethods({ followers: { takeNotices } } as never);
  const hello = (protocol: number, throughCommand: boolean) =>
    methods["agent.hello"](
      { protocol, client: { name: "x", version: "1" }, notices: true } as never,
      { connection: { hello: () => undefined, subject: { throughCommand } } } as never,
    );
  expect(() => hello(PROTOCOL + 1, true)).toThrow(expect.objectContaining({ name: "protocolMismatch" }));
  expect(hello(PROTOCOL, false)).not.toHaveProperty("notices");
  expect(notices).toHaveLength(1);
  expect(hello(PROTOCOL, true)).toMatchObject({ notices: ["the store was put back"] });
  expect(notices).toEqual([]);
  notices = [];
});
