import { expect, test } from "vitest";
import { createTurns, SLICE_MS, STANDING_MS, type Standing } from "../../../daemon/wire/turns.ts";

let nowMs = 0;
const fresh = () => createTurns(() => nowMs);

/** Work of so many parts, each of so many milliseconds, that notes each part. */
function work(name: string, parts: number, ms: number, done: string[]) {
  let left = parts;
  return {
    run: () => {
      nowMs += ms;
      done.push(name);
      left--;
      return left > 0;
    },
    drop: () => void done.push(`${name} dropped`),
  };
}

const always = (standing: Standing) => () => standing;
const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve));

/** A place, and a promise of the moment when nothing waits there. */
function placeIn(turns: ReturnType<typeof createTurns>, process: number, standing: () => Standing) {
  const idle = Promise.withResolvers<void>();
  return { place: turns.place(process, standing, idle.resolve), idle: idle.promise };
}

test("a known client's work is done at once, all of it", () => {
  const done: string[] = [];
  const { place } = placeIn(fresh(), 1, always("known"));
  place.do(work("known", 3, 0, done));
  expect(done).toEqual(["known", "known", "known"]);
  expect([place.isWaiting, place.turn()]).toEqual([false, undefined]);
});

test.each<Standing>(["stranger", "own"])(
  "the work of one that is %s waits for a turn of the loop",
  async (standing) => {
    const done: string[] = [];
    const { place, idle } = placeIn(fresh(), 1, always(standing));
    place.do(work("waiting", 2, 0, done));
    expect([done, place.isWaiting]).toEqual([[], true]);
    await idle;
    expect([done, place.isWaiting]).toEqual([["waiting", "waiting"], false]);
  },
);

test("the loop gets back after a slice of strangers' work, however much of it there is", async () => {
  const done: string[] = [];
  const { place, idle } = placeIn(fresh(), 1, always("stranger"));
  place.do(work("part", 20, SLICE_MS, done));
  let most = 0;
  for (let before = 0; place.isWaiting; before = done.length) {
    await turnOfLoop();
    most = Math.max(most, done.length - before);
  }
  await idle;
  // Its first part ends the slice.
  expect([done.length, most]).toEqual([20, 1]);
});

test("a stranger who used much time comes after one who used little, however many connections it has", async () => {
  const done: string[] = [];
  const turns = fresh();
  const heavy = Array.from({ length: 20 }, () => placeIn(turns, 1, always("stranger")));
  for (const { place } of heavy) place.do(work("heavy", 2, SLICE_MS, done));
  const light = placeIn(turns, 2, always("stranger"));
  light.place.do(work("light", 5, SLICE_MS, done));
  await light.idle;
  // By turns. By connection it would be forty.
  expect(done.filter((name) => name === "heavy").length).toBeLessThanOrEqual(7);
  await Promise.all(heavy.map(({ idle }) => idle));
  expect(done).toHaveLength(45);
});

test("a stranger that was silent has saved up no time", async () => {
  const done: string[] = [];
  const turns = fresh();
  const [busy, silent] = [placeIn(turns, 1, always("stranger")), placeIn(turns, 2, always("stranger"))];
  busy.place.do(work("busy", 12, SLICE_MS, done));
  while (done.length < 6) await turnOfLoop();
  silent.place.do(work("silent", 6, SLICE_MS, done));
  await silent.idle;
  expect(done.filter((name) => name === "busy").length).toBeGreaterThanOrEqual(10);
  await busy.idle;
});

test("our own programs and strangers take turns", async () => {
  const done: string[] = [];
  const turns = fresh();
  const strangers = Array.from({ length: 20 }, (_, at) => placeIn(turns, at, always("stranger")));
  for (const { place } of strangers) place.do(work("stranger", 5, SLICE_MS, done));
  const own = placeIn(turns, 100, always("own"));
  own.place.do(work("own", 3, SLICE_MS, done));
  await own.idle;
  expect(done.filter((name) => name === "stranger").length).toBeLessThanOrEqual(4);
});

test("what has begun goes on before what waits, in its order", async () => {
  const done: string[] = [];
  const { place, idle } = placeIn(fresh(), 1, always("stranger"));
  let first = true;
  place.do({
    run: () => {
      done.push("line");
      if (first) for (const name of ["a", "b"]) place.turn()?.then(() => done.push(name));
      const more = first;
      first = false;
      return more;
    },
  });
  await idle;
  expect(done).toEqual(["line", "a", "b", "line"]);
});

test("a yes lets all that waits go on at once", async () => {
  const done: string[] = [];
  let standing: Standing = "stranger";
  const { place } = placeIn(fresh(), 1, () => standing);
  place.do(work("asked before", 3, 0, done));
  standing = "known";
  nowMs += STANDING_MS;
  place.do(work("asked after", 1, 0, done));
  expect(done).toEqual(["asked before", "asked before", "asked before", "asked after"]);
});

test("a connection that ends drops what waits, and what comes later", async () => {
  const done: string[] = [];
  const { place } = placeIn(fresh(), 1, always("stranger"));
  place.do(work("waiting", 1, 0, done));
  place.leave();
  place.do(work("late", 1, 0, done));
  await turnOfLoop();
  expect([done, place.isWaiting, place.turn()]).toEqual([["waiting dropped", "late dropped"], false, undefined]);
});
