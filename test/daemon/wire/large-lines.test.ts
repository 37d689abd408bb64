// The turns of long lines, with a clock that the test moves.
import { expect, test } from "vitest";
import { createLargeLines, LARGE_HELD_BYTES_MAX, LARGE_LINE_MS } from "../../../daemon/wire/large-lines.ts";
import { limits } from "../../../protocol/limits.ts";
import { fakeClock } from "../host/fake-clock.ts";

const never = new AbortController().signal;
const slow = () => {
  throw new Error("no line is slow here");
};
const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve));

test("the next line has its turn once the one before was read, and not earlier", async () => {
  const lines = createLargeLines(fakeClock());
  const first = await lines.enter(never, slow);
  let second = false;
  const entered = lines.enter(never, slow).then((line) => {
    second = true;
    return line;
  });
  first.arrived();
  await turnOfLoop();
  expect(second).toBe(false);
  expect(first.read(1)).toBe(true);
  (await entered).end();
});

test("a line whose connection ended gives up its place in the queue", async () => {
  const lines = createLargeLines(fakeClock());
  const first = await lines.enter(never, slow);
  const gone = new AbortController();
  const waiting = lines.enter(gone.signal, slow);
  gone.abort();
  await expect(waiting).rejects.toThrow();
  first.end();
  (await lines.enter(never, slow)).end();
});

test("a line is too slow at the limit, and not a millisecond before", async () => {
  const clock = fakeClock();
  const lines = createLargeLines(clock);
  let slowLines = 0;
  await lines.enter(never, () => void slowLines++);
  clock.advance(LARGE_LINE_MS - 1);
  expect(slowLines).toBe(0);
  clock.advance(1);
  expect(slowLines).toBe(1);
});

test("a line that has come is not too slow any more", async () => {
  const clock = fakeClock();
  const line = await createLargeLines(clock).enter(never, slow);
  line.arrived();
  clock.advance(LARGE_LINE_MS);
  line.end();
});

test("requests of two of the longest lines are held, one byte more is refused, and an end makes room", async () => {
  const lines = createLargeLines(fakeClock());
  const [first, second, third] = [1, 2, 3].map(() => lines.enter(never, slow));
  expect((await first)?.read(limits.sdkLineBytes)).toBe(true);
  expect((await second)?.read(LARGE_HELD_BYTES_MAX - limits.sdkLineBytes)).toBe(true);
  expect((await third)?.read(1)).toBe(false);
  (await first)?.end();
  (await first)?.end();
  const fourth = await lines.enter(never, slow);
  expect(fourth.read(limits.sdkLineBytes + 1)).toBe(false);
  const fifth = await lines.enter(never, slow);
  expect(fifth.read(limits.sdkLineBytes)).toBe(true);
});
