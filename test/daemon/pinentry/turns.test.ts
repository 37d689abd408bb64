import { expect, test } from "vitest";
import { createTurns, SHOWN_MAX } from "../../../daemon/pinentry/turns.ts";

const never = new AbortController().signal;
/** Whether a promise is fulfilled once everything that waits has run. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test("a place is taken by one at a time, in the order of asking", async () => {
  const turns = createTurns();
  const first = await turns.take("window", never);
  const second = turns.take("window", never);
  const third = turns.take("window", never);
  expect([await isDone(second), turns.isTaken("window")]).toEqual([false, true]);
  first?.();
  expect([await isDone(second), await isDone(third)]).toEqual([true, false]);
  (await second)?.();
  (await third)?.();
  expect(turns.isTaken("window")).toBe(false);
});

test("a place that is taken keeps no other place waiting", async () => {
  const turns = createTurns();
  await turns.take("window", never);
  expect(await isDone(turns.take("terminal 1", never))).toBe(true);
});

test("who stops waiting gets no turn, and keeps nobody waiting", async () => {
  const turns = createTurns();
  const first = await turns.take("window", never);
  const leaving = new AbortController();
  const second = turns.take("window", leaving.signal);
  const third = turns.take("window", never);
  leaving.abort();
  expect(await second).toBeUndefined();
  first?.();
  expect(await third).toBeTypeOf("function");
  expect(await turns.take("window", AbortSignal.abort())).toBeUndefined();
});

test("a place that is given back twice is not taken from its next holder", async () => {
  const turns = createTurns();
  const first = await turns.take("window", never);
  first?.();
  await turns.take("window", never);
  first?.();
  expect(turns.isTaken("window")).toBe(true);
});

test("all places together have their limit, and the next one waits", async () => {
  const turns = createTurns();
  const all = await Promise.all(Array.from({ length: SHOWN_MAX }, (_, at) => turns.take(`terminal ${at}`, never)));
  const more = turns.take("window", never);
  expect(await isDone(more)).toBe(false);
  all[3]?.();
  expect(await isDone(more)).toBe(true);
});
