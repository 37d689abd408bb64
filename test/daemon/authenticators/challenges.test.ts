// Challenges: each holds once, for one connection and one purpose, and for two minutes.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CHALLENGE_MS, CHALLENGES_MAX, createChallenges } from "../../../daemon/authenticators/challenges.ts";
import { fakeClock } from "../host/fake-clock.ts";

const about = (prompt: string) => ({ account: "a", prompt, question: `hash of ${prompt}` });

function stage() {
  const clock = fakeClock();
  return { clock, challenges: createChallenges(clock, (size) => new Uint8Array(randomBytes(size))), by: {} };
}

describe("a challenge", () => {
  test("holds for two minutes, and not a millisecond longer", () => {
    const { clock, challenges, by } = stage();
    challenges.issue(by, "prompt", about("p"));
    clock.advance(CHALLENGE_MS - 1);
    expect(challenges.take(by, "prompt", "p")).toBeDefined();
    challenges.issue(by, "prompt", about("p"));
    clock.advance(CHALLENGE_MS);
    expect(challenges.take(by, "prompt", "p")).toBeUndefined();
  });

  test("holds once", () => {
    const { challenges, by } = stage();
    challenges.issue(by, "unlock", { account: "a" });
    expect(challenges.take(by, "unlock")).toBeDefined();
    expect(challenges.take(by, "unlock")).toBeUndefined();
  });

  test("is for its connection, its kind and its prompt alone", () => {
    const { challenges, by } = stage();
    challenges.issue(by, "prompt", about("p"));
    expect(challenges.take({}, "prompt", "p")).toBeUndefined();
    expect(challenges.take(by, "unlock")).toBeUndefined();
    expect(challenges.take(by, "prompt", "q")).toBeUndefined();
    expect(challenges.take(by, "prompt", "p")).toBeDefined();
  });

  test("for another prompt does not end it: a page may show several", () => {
    const { challenges, by } = stage();
    const first = challenges.issue(by, "prompt", about("p"));
    challenges.issue(by, "prompt", about("q"));
    expect(challenges.take(by, "prompt", "p")?.challenge).toBe(first);
  });

  test("is another one each time, for the same question too", () => {
    const { challenges, by } = stage();
    expect(challenges.issue(by, "prompt", about("p"))).not.toBe(challenges.issue(by, "prompt", about("p")));
  });

  test("is one of 32 of a connection: the next one ends the oldest", () => {
    const { challenges, by } = stage();
    for (let count = 0; count < CHALLENGES_MAX; count++) challenges.issue(by, "prompt", about(`p${count}`));
    challenges.issue(by, "prompt", about("one more"));
    expect(challenges.take(by, "prompt", "p0")).toBeUndefined();
    expect(challenges.take(by, "prompt", "p1")).toBeDefined();
    expect(challenges.take(by, "prompt", "one more")).toBeDefined();
  });
});
