import { describe, expect, test } from "vitest";
import type { AccountFile } from "../../../daemon/session/account-file.ts";
import {
  counted,
  DELAY_MS_MAX,
  delayMs,
  demandTry,
  FREE_TRIES,
  forgiven,
  SPARED_FOR_YOUNGER,
  SPARED_PER_HOUR,
  sinceBoot,
  TERMINALS_MAX,
} from "../../../daemon/session/password-tries.ts";
import type { TryPlace } from "../../../daemon/session/try-place.ts";

const fresh: AccountFile = {
  account: "a",
  user: "u",
  device: "d",
  name: "Ada",
  service: "embedded",
  secretKey: "P1",
  wrongPasswords: 0,
  lastWrongMs: 0,
};

const HOUR_MS = 60 * 60_000;
const anywhere: TryPlace = undefined;
const terminal = (sinceTicks: number): TryPlace => ({ terminal: `t${sinceTicks}`, sinceTicks });

/** One wrong try, begun and answered at these moments. Throws where it is not allowed. */
const wrong = (file: AccountFile, place: TryPlace, begunMs: number, answeredMs = begunMs): AccountFile =>
  counted(file, place, demandTry(file, place, begunMs), answeredMs);

/** A file after this many wrong tries of programs without a terminal. */
const wrongly = (times: number, answeredMs: number): AccountFile => {
  let file = fresh;
  for (let index = 0; index < times; index++) file = counted(file, anywhere, { isSpared: false }, answeredMs);
  return file;
};

describe("after wrong account passwords", () => {
  test("the first tries wait for nothing", () => {
    expect(() => demandTry(wrongly(FREE_TRIES - 1, 1000), anywhere, 1000)).not.toThrow();
  });

  test("the next one waits a second from the answer, and not a millisecond less", () => {
    const file = wrongly(FREE_TRIES, 9000);
    expect(() => demandTry(file, anywhere, 9999)).toThrow("1 s");
    expect(() => demandTry(file, anywhere, 10_000)).not.toThrow();
  });

  test("a try of before the boot waits from the boot on, whatever moment it names", () => {
    for (const tried of [50_000, 10 * DELAY_MS_MAX, Date.parse("2099-01-01")]) {
      expect(() => demandTry(wrongly(FREE_TRIES, tried), anywhere, 999)).toThrow("1 s");
      expect(() => demandTry(wrongly(FREE_TRIES, tried), anywhere, 1000)).not.toThrow();
    }
  });

  test("a moment between two milliseconds is not one to come", () => {
    expect(() => demandTry(wrongly(FREE_TRIES, 9000.7), anywhere, 9000.7)).toThrow("1 s");
  });

  test("however often it is asked again, nobody waits longer than the longest delay", () => {
    const longest = wrongly(FREE_TRIES + 100, 90_000_000);
    for (const start of [0, 89_999_999, 90_000_000, 90_000_001]) {
      const atStart = sinceBoot(longest, start);
      expect(() => demandTry(atStart, anywhere, start + DELAY_MS_MAX)).not.toThrow();
    }
  });

  test("the wait doubles up to ten minutes and no further", () => {
    expect([0, 1, 2, 3].map((more) => delayMs(FREE_TRIES + more))).toEqual([1000, 2000, 4000, 8000]);
    expect(delayMs(FREE_TRIES + 100)).toBe(DELAY_MS_MAX);
  });

  test("a right one forgives them all", () => {
    expect(() => demandTry(forgiven(wrongly(20, 1000), anywhere), anywhere, 1001)).not.toThrow();
  });
});

describe("a terminal", () => {
  const others = wrongly(20, 1000);

  test("in which nobody erred does not wait for the errors of others", () => {
    expect(demandTry(others, terminal(5), 1001)).toEqual({ isSpared: true });
    expect(() => demandTry(others, anywhere, 1001)).toThrow("600 s");
  });

  test("waits for its own errors, as long as any place does", () => {
    let file = others;
    for (let index = 0; index < FREE_TRIES; index++) file = wrong(file, terminal(5), 1001, 2000);
    expect(() => demandTry(file, terminal(5), 2999)).toThrow("1 s");
    expect(demandTry(file, terminal(5), 3000)).toEqual({ isSpared: true });
  });

  test("makes programs without one wait by its errors, where it was not spared", () => {
    let file = fresh;
    for (let index = 0; index < FREE_TRIES; index++) file = wrong(file, terminal(5), 1000);
    expect(() => demandTry(file, anywhere, 1001)).toThrow("1 s");
  });

  test("is spared five times an hour, then once the first of them is an hour old", () => {
    let file = others;
    for (let n = 0; n < SPARED_PER_HOUR; n++) file = wrong(file, terminal(50 - n), 2000 + n);
    expect(() => demandTry(file, terminal(1), 3000)).toThrow("s");
    const held = { ...file, lastWrongMs: 2000 + HOUR_MS - 1, wrongPasswords: 100 };
    expect(() => demandTry(held, terminal(1), 2000 + HOUR_MS - 1)).toThrow("1 s");
    expect(demandTry(held, terminal(1), 2000 + HOUR_MS)).toEqual({ isSpared: true });
  });

  test("that is younger than one which erred is spared twice, and the older one still then", () => {
    let file = others;
    for (let n = 0; n < SPARED_FOR_YOUNGER; n++) file = wrong(file, terminal(100 + n), 2000);
    expect(() => demandTry(file, terminal(200), 2001)).toThrow("s");
    expect(demandTry(file, terminal(99), 2001)).toEqual({ isSpared: true });
  });

  test("gets its spared tries back by a right password, and others do not", () => {
    let file = others;
    for (let n = 0; n < SPARED_PER_HOUR; n++) file = wrong(file, terminal(n < 3 ? 7 : 6), 2000);
    const { spared = [] } = forgiven(file, terminal(7));
    expect(spared.map((one) => one.terminal)).toEqual(["t6", "t6"]);
  });

  test("is forgotten where many erred, and its errors still count among all", () => {
    let file = fresh;
    for (let n = 0; n <= TERMINALS_MAX; n++) file = counted(file, terminal(n), { isSpared: false }, 1000);
    expect(file.terminals).toHaveLength(TERMINALS_MAX);
    expect(file.terminals?.[0]?.terminal).toBe("t1");
    expect(file.wrongPasswords).toBe(TERMINALS_MAX + 1);
  });

  test("of an earlier boot is not taken for one of this boot, and its spared tries count from the boot on", () => {
    let file = others;
    for (let n = 0; n < SPARED_PER_HOUR; n++) file = counted(file, terminal(9), { isSpared: true }, 2000);
    const now = sinceBoot(file, 1000);
    expect(now.terminals).toEqual([]);
    expect(now.spared?.map(({ ms }) => ms)).toEqual(Array(SPARED_PER_HOUR).fill(0));
    expect(() => demandTry({ ...now, lastWrongMs: 1000, wrongPasswords: 100 }, terminal(3), 2000)).toThrow("s");
  });
});

/** The moments of all wrong tries of somebody who tries whenever one is allowed, without a terminal and in as many as they like. */
function guesses(forMs: number, next: (made: number) => TryPlace): number[] {
  const made: number[] = [];
  let file = fresh;
  for (let now = 0; now < forMs; now += 1000)
    for (;;) {
      const place = [anywhere, next(made.length)].find((one) => isAllowed(file, one, now));
      if (place === undefined && !isAllowed(file, anywhere, now)) break;
      file = wrong(file, place, now);
      made.push(now);
    }
  return made;
}

function isAllowed(file: AccountFile, place: TryPlace, now: number): boolean {
  try {
    return demandTry(file, place, now) !== undefined;
  } catch {
    return false;
  }
}

describe("somebody who never stops guessing", () => {
  test.each([
    ["without a terminal", () => anywhere],
    ["in one terminal", () => terminal(1)],
    ["always in a younger terminal", (made: number) => terminal(1_000_000 + made)],
    ["always in an older terminal", (made: number) => terminal(1_000_000 - made)],
  ] as const)("%s has 22 guesses in the first hour and eleven in each later one", (_name, next) => {
    const made = guesses(4 * HOUR_MS, next);
    expect(made.filter((ms) => ms < HOUR_MS).length).toBeLessThanOrEqual(22);
    for (let hour = 1; hour < 4; hour++)
      expect(made.filter((ms) => ms >= hour * HOUR_MS && ms < (hour + 1) * HOUR_MS).length).toBeLessThanOrEqual(11);
  });
});
