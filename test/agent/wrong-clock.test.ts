// The machine's wall clock is a day ahead or behind, and then right again. It neither lengthens nor ends a wait.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { COOL_DOWN_MS, createQuotas, REFUSALS_BEFORE_COOL_DOWN } from "../../daemon/approval/quotas.ts";
import { FREE_TRIES } from "../../daemon/session/password-tries.ts";
import { fakeClock } from "../daemon/host/fake-clock.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { makeAccount, PASSWORD } from "./person.ts";

const DAY_MS = 24 * 60 * 60_000;
const wrong = [
  ["ahead", DAY_MS],
  ["behind", -DAY_MS],
] as const;

describe.each(wrong)("with a clock a day %s", (_how, wrongMs) => {
  let agent: InProcessAgent;
  let channel: Channel;
  beforeEach(async () => {
    agent = await startInProcess();
    await passing(agent, makeAccount(agent));
    channel = await agent.connect();
    await channel.call("session.lock", {});
  });
  afterEach(async () => {
    channel.close();
    await agent.close();
  });

  const outcome = (password: string) =>
    passing(agent, channel.call("session.unlock", { password })).then(
      () => "ok",
      (error: { errorName: string }) => error.errorName,
    );

  test("wrong passwords make the right one wait as long as they would have, and no longer", async () => {
    const right = agent.clock.wallMs();
    agent.clock.setWall(right + wrongMs);
    for (let tries = 0; tries < FREE_TRIES; tries++) expect(await outcome("quite wrong")).toBe("wrongPassword");
    agent.clock.setWall(right);
    expect(await outcome(PASSWORD)).toBe("tryLater");
    agent.clock.advance(1000);
    expect(await outcome(PASSWORD)).toBe("ok");
  });

  test("a clock that jumps while the wait runs does not end it", async () => {
    for (let tries = 0; tries < FREE_TRIES; tries++) await outcome("quite wrong");
    agent.clock.setWall(agent.clock.wallMs() + wrongMs);
    expect(await outcome(PASSWORD)).toBe("tryLater");
    agent.clock.advance(1000);
    expect(await outcome(PASSWORD)).toBe("ok");
  });

  test("a token ends by the service's clock", async () => {
    agent.clock.setWall(agent.clock.wallMs() + wrongMs);
    expect(await outcome(PASSWORD)).toBe("ok");
    const before = Date.now();
    const asked = { password: PASSWORD, title: "CI", vaults: [], expiresInMs: DAY_MS };
    const { expiresAt = "" } = await passing(agent, channel.call("serviceAccounts.create", asked));
    expect(Date.parse(expiresAt)).toBeGreaterThanOrEqual(before + DAY_MS);
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + DAY_MS);
  });
});

test.each(wrong)("a program that was denied waits as long with a clock that jumps a day %s", (_how, wrongMs) => {
  const clock = fakeClock();
  const quotas = createQuotas(clock);
  for (let denied = 0; denied < REFUSALS_BEFORE_COOL_DOWN; denied++) {
    quotas.opening("app");
    quotas.closed("app", "denied");
  }
  clock.setWall(clock.wallMs() + wrongMs);
  expect(() => quotas.opening("app")).toThrow("denied twice");
  clock.advance(COOL_DOWN_MS - 1);
  expect(() => quotas.opening("app")).toThrow("denied twice");
  clock.advance(1);
  expect(() => quotas.opening("app")).not.toThrow();
});
