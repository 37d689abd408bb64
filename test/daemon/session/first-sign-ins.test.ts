// Sign-ins to accounts that are not here yet: who waits for whom, and which wrong ones delay what.
import { describe, expect, test } from "vitest";
import {
  ACCOUNTS_REMEMBERED_MAX,
  createFirstSignIns,
  FIRST_CALLS_MAX,
  FIRST_CALLS_OF_PLACE_MAX,
} from "../../../daemon/session/first-sign-ins.ts";
import { FREE_TRIES } from "../../../daemon/session/password-tries.ts";
import type { TryPlace } from "../../../daemon/session/try-place.ts";
import { PosternError } from "../../../protocol/errors.ts";

const named = (name: string) => expect.objectContaining({ name });
const terminal = (name: string): TryPlace => ({ terminal: name, sinceTicks: 1 });

describe("in turn", () => {
  /** A sign-in at a service that never answers. */
  const never = () => new Promise<never>(() => undefined);

  test("a terminal does not wait for programs without one, whose service never answers", async () => {
    const { inTurn } = createFirstSignIns(() => 0);
    for (let count = 0; count < FIRST_CALLS_OF_PLACE_MAX; count++) void inTurn(undefined, never);
    await expect(inTurn(undefined, never)).rejects.toEqual(named("busy"));
    expect(await inTurn(terminal("a"), async () => "signed in")).toBe("signed in");
  });

  test("two of one place are made one after the other, after a failure too", async () => {
    const { inTurn } = createFirstSignIns(() => 0);
    let fail: () => void = () => undefined;
    const first = inTurn(
      undefined,
      () => new Promise((_done, failed) => (fail = () => failed(new PosternError("offline")))),
    );
    let hasBegun = false;
    const second = inTurn(undefined, async () => {
      hasBegun = true;
    });
    await Promise.resolve();
    expect(hasBegun).toBe(false);
    fail();
    await expect(first).rejects.toEqual(named("offline"));
    await second;
    expect(hasBegun).toBe(true);
  });

  test("sixteen are made at once, and not one more; one that ended gives its place back", async () => {
    const { inTurn } = createFirstSignIns(() => 0);
    let end: () => void = () => undefined;
    const ended = inTurn(terminal("0"), () => new Promise<void>((done) => (end = done)));
    for (let count = 1; count < FIRST_CALLS_MAX; count++) void inTurn(terminal(`${count}`), never);
    await expect(inTurn(terminal("more"), never)).rejects.toEqual(named("busy"));
    end();
    await ended;
    expect(await inTurn(terminal("more"), async () => 1)).toBe(1);
  });
});

describe("wrong ones", () => {
  const ada = { service: "embedded", account: "ada", user: "u" };
  const wrong = () => Promise.reject(new PosternError("wrongCredentials"));
  const right = async () => "signed in";

  async function stage() {
    let now = 0;
    const { attempt } = createFirstSignIns(() => now);
    for (let count = 0; count < FREE_TRIES; count++)
      await expect(attempt(ada, wrong)).rejects.toEqual(named("wrongCredentials"));
    return { attempt, at: (ms: number) => (now = ms) };
  }

  test("delay their account from the fourth on, up to the millisecond", async () => {
    const { attempt, at } = await stage();
    at(999);
    await expect(attempt(ada, right)).rejects.toEqual(named("tryLater"));
    at(1000);
    expect(await attempt(ada, right)).toBe("signed in");
  });

  test("delay no other account, service or user", async () => {
    const { attempt } = await stage();
    for (const other of [{ account: "eve" }, { service: "https://other" }, { user: "v" }])
      expect(await attempt({ ...ada, ...other }, right)).toBe("signed in");
  });

  test("are forgotten after a right one", async () => {
    const { attempt, at } = await stage();
    at(1000);
    await attempt(ada, right);
    for (let count = 0; count < FREE_TRIES; count++)
      await expect(attempt(ada, wrong)).rejects.toEqual(named("wrongCredentials"));
  });

  test("are none where the service cannot be reached", async () => {
    const { attempt } = createFirstSignIns(() => 0);
    for (let count = 0; count <= FREE_TRIES; count++)
      await expect(attempt(ada, () => Promise.reject(new PosternError("offline")))).rejects.toEqual(named("offline"));
  });

  test("of 64 accounts are remembered, and the oldest is forgotten for one more", async () => {
    const { attempt } = await stage();
    for (let count = 1; count < ACCOUNTS_REMEMBERED_MAX; count++)
      await expect(attempt({ ...ada, user: `${count}` }, wrong)).rejects.toEqual(named("wrongCredentials"));
    await expect(attempt(ada, right)).rejects.toEqual(named("tryLater"));
    await expect(attempt({ ...ada, user: "more" }, wrong)).rejects.toEqual(named("wrongCredentials"));
    expect(await attempt(ada, right)).toBe("signed in");
  });
});
