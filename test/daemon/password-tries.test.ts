import { describe, expect, test } from "vitest";
import type { AccountFile } from "../../daemon/account-file.ts";
import {
  counted,
  DELAY_MS_MAX,
  delayMs,
  demandTry,
  FREE_TRIES,
  forgiven,
  refused,
} from "../../daemon/password-tries.ts";

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

/** A file after so many wrong tries, each begun and answered at these moments. */
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

  test("a clock set back starts the wait anew", () => {
    expect(() => demandTry(wrongly(FREE_TRIES, 50_000, 50_000), 0)).toThrow("1 s");
  });

  test("the wait doubles up to five minutes and no further", () => {
    expect([0, 1, 2, 3].map((more) => delayMs(FREE_TRIES + more))).toEqual([1000, 2000, 4000, 8000]);
    expect(delayMs(FREE_TRIES + 100)).toBe(DELAY_MS_MAX);
  });

  test("a right one forgives them all", () => {
    expect(() => demandTry(forgiven(wrongly(20, 1000, 1000)), 1001)).not.toThrow();
  });
});
