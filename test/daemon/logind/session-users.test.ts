// Whose session it is: what is looked up, how much of it at once, and what is remembered. The look-up is the test's.
import { describe, expect, test } from "vitest";
import { createSessionUsers, KNOWN_MAX, LOOK_UPS_MAX, WAITING_MAX } from "../../../daemon/logind/session-users.ts";

const ADA = 1000;
const BOB = 1001;

/** Look-ups that answer when the test says so. */
function stage() {
  const open: { session: string; answer(user: number | undefined): void; fail(): void }[] = [];
  const users = createSessionUsers(ADA, (session) => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    open.push({ session, answer: resolve, fail: () => reject(new Error("none")) });
    return promise;
  });
  /** Answers the oldest look-up, and returns its session. */
  const answer = (user: number | undefined) => {
    const one = open.shift();
    one?.answer(user);
    return one?.session;
  };
  return { open, users, answer };
}

describe("a session", () => {
  test("is looked up once for any number of signals, and is remembered", async () => {
    const { open, users, answer } = stage();
    const flood = Array.from({ length: 1000 }, () => users.isOurs("c2"));
    expect(open).toHaveLength(1);
    answer(BOB);
    expect(new Set(await Promise.all(flood))).toEqual(new Set([false]));
    expect(await users.isOurs("c2")).toBe(false);
    expect(open).toEqual([]);
  });

  test("of this user is ours", async () => {
    const { users, answer } = stage();
    const asked = users.isOurs("c1");
    answer(ADA);
    expect([await asked, await users.isOurs("c1")]).toEqual([true, true]);
  });

  test("that cannot be looked up counts as ours, and is looked up again", async () => {
    const { open, users, answer } = stage();
    const unknown = users.isOurs("c2");
    answer(undefined);
    expect(await unknown).toBe(true);
    const failed = users.isOurs("c2");
    open.shift()?.fail();
    expect(await failed).toBe(true);
    const known = users.isOurs("c2");
    answer(BOB);
    expect(await known).toBe(false);
  });

  test("waits while as many as may run are looked up, and counts as ours where too many wait", async () => {
    const { open, users, answer } = stage();
    const asked = Array.from({ length: LOOK_UPS_MAX + WAITING_MAX }, (_one, at) => users.isOurs(`c${at}`));
    expect(open).toHaveLength(LOOK_UPS_MAX);
    expect(await users.isOurs("one more")).toBe(true);
    for (const _one of asked) {
      await expect.poll(() => open.length, { interval: 1 }).toBeGreaterThan(0);
      expect(open.length).toBeLessThanOrEqual(LOOK_UPS_MAX);
      answer(BOB);
    }
    expect(new Set(await Promise.all(asked))).toEqual(new Set([false]));
  });

  test("is looked up anew when logind has begun anew, also where an old answer comes later", async () => {
    const { users, answer } = stage();
    const before = users.isOurs("c2");
    users.forget();
    const after = users.isOurs("c2");
    answer(BOB);
    answer(ADA);
    expect([await before, await after, await users.isOurs("c2")]).toEqual([false, true, true]);
  });

  test("is forgotten where more are known than are remembered", async () => {
    const { open, users, answer } = stage();
    for (let at = 0; at <= KNOWN_MAX; at++) {
      const asked = users.isOurs(`c${at}`);
      answer(BOB);
      await asked;
    }
    void users.isOurs("c1");
    expect(open).toEqual([]);
    void users.isOurs("c0");
    expect(open.map(({ session }) => session)).toEqual(["c0"]);
  });
});
