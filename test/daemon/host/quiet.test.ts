// The agent gives memory back when it has worked and then rests, and at no other time.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { loadNative } from "../../../daemon/host/native.ts";
import { giveBackMemory, LOOK_MS, RESTING_MS_MAX, WORKED_MS_MIN, whenQuiet } from "../../../daemon/host/quiet.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";

let clock: FakeClock;
let used: number;
let given: number;
let failures: unknown[];
let giveBack: () => void;
beforeEach(() => {
  clock = fakeClock();
  used = 1_000;
  given = 0;
  failures = [];
  giveBack = () => {
    given++;
  };
});

const begin = () =>
  whenQuiet({ clock, usedMs: () => used, giveBack: () => giveBack(), failed: (thrown) => failures.push(thrown) });

/** Lets the agent work for so long, until the next look. */
function work(ms: number): number {
  used += ms;
  clock.advance(LOOK_MS);
  return given;
}

/** An agent that has given back what its start took, a while ago. */
function rested(): void {
  begin();
  work(0);
  work(0);
}

test("what the start took is given back at the first look, and not before", () => {
  begin();
  clock.advance(LOOK_MS - 1);
  expect(given).toBe(0);
  clock.advance(1);
  expect(given).toBe(1);
});

test("an agent that goes on resting gives back once", () => {
  rested();
  for (let look = 0; look < 100; look++) work(0);
  expect(given).toBe(1);
});

test(`a start that is still busy (more than ${RESTING_MS_MAX} ms) is waited for`, () => {
  begin();
  expect([work(RESTING_MS_MAX + 1), work(RESTING_MS_MAX)]).toEqual([0, 1]);
});

test("a busy agent is never stopped for it", () => {
  rested();
  for (let look = 0; look < 100; look++) work(RESTING_MS_MAX + 1);
  expect(given).toBe(1);
});

test("the first rest after work gives back", () => {
  rested();
  expect([work(5_000), work(0), work(0)]).toEqual([1, 2, 2]);
});

test(`work of ${WORKED_MS_MIN} ms in all is enough, and a millisecond less is not`, () => {
  rested();
  expect([work(WORKED_MS_MIN - 1), work(0), work(1)]).toEqual([1, 1, 2]);
});

test("the time that giving back takes, and what V8 does until the next look, is no work", () => {
  giveBack = () => {
    given++;
    used += 10 * WORKED_MS_MIN;
  };
  begin();
  expect([work(0), work(10 * WORKED_MS_MIN), work(0), work(0)]).toEqual([1, 1, 1, 1]);
});

test("a failure is told, and the next rest tries again", () => {
  const broken = new Error("no memory");
  giveBack = () => {
    given++;
    throw broken;
  };
  rested();
  expect([given, failures]).toEqual([1, [broken]]);
  expect([work(5_000), work(0)]).toEqual([1, 2]);
  expect(failures).toEqual([broken, broken]);
});

describe("giving back", () => {
  const fileMb = () => Number(/^RssFile:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;

  test("pages of Node's own file leave the process, and come back as they were", () => {
    const native = loadNative();
    const source = readFileSync(new URL(import.meta.url), "utf8");
    const before = fileMb();
    giveBackMemory(native, () => {});
    const after = fileMb();
    expect(after).toBeLessThan(before - 5);
    // Code, constants and relocated tables of every library are still right.
    expect(JSON.parse(JSON.stringify({ source })).source).toBe(source);
    expect(new Intl.DateTimeFormat("de", { month: "long", timeZone: "UTC" }).format(0)).toBe("Januar");
    expect(native.hasEnded(native.peerPidfd(native.socketPair()[0]))).toBe(false);
  });
});
