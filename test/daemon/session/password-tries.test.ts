import { describe, expect, test } from "vitest";
import type { AccountFile } from "../../../daemon/session/account-file.ts";
import {
  counted,
  DELAY_MS_MAX,
  delayMs,
  demandTry,
  FREE_TRIES,
  forgiven,
  refused,
  sinceBoot,
} from "../../../daemon/session/password-tries.ts";

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

/** A file after this many wrong tries, each begun and answered at these moments. */
const wrongly = (wrong: number, begunMs: number, answeredMs: number): AccountFile => {
  let file = fresh;
  for (let index = 0; index < wrong; index++) file = refused(counted(file, begunMs), answeredMs);
  return file;
};

describe("after wrong account passwords", () => {
  test("the first tries wait for nothing", () => {
    expect(() => demandTry(wrongly(FREE_TRIES - 1, 1000, 1000), 1000)).not.toThrow();
  });

  test("the next one waits a second from the answer, and not a millisecond less", () => {
    const file = wrongly(FREE_TRIES, 1000, 9000);
    expect(() => demandTry(file, 9999)).toThrow("1 s");
    expect(() => demandTry(file, 10_000)).not.toThrow();
  });

  test("a try that was begun and never answered waits too", () => {
    expect(() => demandTry(counted(wrongly(FREE_TRIES - 1, 0, 0), 5000), 5999)).toThrow("1 s");
  });

  test("a try of before the boot waits from the boot on, whatever moment it names", () => {
    for (const tried of [50_000, 10 * DELAY_MS_MAX, Date.parse("2099-01-01")]) {
      expect(() => demandTry(wrongly(FREE_TRIES, tried, tried), 999)).toThrow("1 s");
      expect(() => demandTry(wrongly(FREE_TRIES, tried, tried), 1000)).not.toThrow();
    }
  });

  test("a moment between two milliseconds is not one to come", () => {
    expect(() => demandTry(wrongly(FREE_TRIES, 9000.7, 9000.7), 9000.7)).toThrow("1 s");
  });

  test("however often it is asked again, nobody waits longer than the longest delay", () => {
    const longest = wrongly(FREE_TRIES + 100, 90_000_000, 90_000_000);
    for (const start of [0, 89_999_999, 90_000_000, 90_000_001]) {
      const atStart = sinceBoot(longest, start);
      expect(() => demandTry(atStart, start + DELAY_MS_MAX)).not.toThrow();
    }
  });

  test("the wait doubles up to five minutes and no further", () => {
    expect([0, 1, 2, 3].map((more) => delayMs(FREE_TRIES + more))).toEqual([1000, 2000, 4000, 8000]);
    expect(delayMs(FREE_TRIES + 100)).toBe(DELAY_MS_MAX);
  });

  test("a right one forgives them all", () => {
    expect(() => demandTry(forgiven(wrongly(20, 1000, 1000)), 1001)).not.toThrow();
  });
});
