// What bounds the door against programs that call it again and again: openings, bodies, and lines in the log.
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createFoldedRefusals, FOLD_MS } from "../../../daemon/window/folded-refusals.ts";
import {
  ALL_OPENINGS_MAX,
  createOpenings,
  OPENING_MS,
  OPENINGS_MAX,
  STRANGER_OPENINGS_MAX,
} from "../../../daemon/window/openings.ts";
import { BODIES_BYTES_MAX, createBodies, STRANGER_BODIES_BYTES_MAX } from "../../../daemon/window/request-body.ts";
import { fakeClock } from "../host/fake-clock.ts";

describe("opening the app", () => {
  test("is a program's ten times in a minute, and not an eleventh", () => {
    const clock = fakeClock();
    const { demand } = createOpenings(clock);
    for (let count = 0; count < OPENINGS_MAX; count++) demand("shell", false);
    expect(() => demand("shell", false)).toThrow("too often");
    demand("another", false);
    clock.advance(OPENING_MS - 1);
    expect(() => demand("shell", false)).toThrow("too often");
    clock.advance(1);
    demand("shell", false);
  });

  test("is forty times in a minute for all programs together", () => {
    const { demand } = createOpenings(fakeClock());
    for (let count = 0; count < ALL_OPENINGS_MAX; count++) demand(`program ${count}`, false);
    expect(() => demand("one more", false)).toThrow("too often");
  });
});

describe("strangers open the app", () => {
  test("twenty times in a minute together, whatever they call themselves, and the person's commands still do", () => {
    const clock = fakeClock();
    const { demand } = createOpenings(clock);
    for (let count = 0; count < STRANGER_OPENINGS_MAX; count++) demand(`fork ${count}`, true);
    expect(() => demand("one more fork", true)).toThrow("too often");
    for (let count = 0; count < ALL_OPENINGS_MAX - STRANGER_OPENINGS_MAX; count++) demand(`shell ${count}`, false);
    expect(() => demand("one more shell", false)).toThrow("too often");
    clock.advance(OPENING_MS);
    demand("one more fork", true);
  });
});

describe("bodies", () => {
  const request = (chunks: Buffer[]) => Readable.from(chunks) as unknown as IncomingMessage;

  test("are read up to the limit, and not one byte past it", async () => {
    const bodies = createBodies();
    expect(await bodies.read(request([Buffer.from("ab"), Buffer.from("c")]), 3, false)).toEqual({ text: "abc" });
    expect(await bodies.read(request([Buffer.from("ab"), Buffer.from("cd")]), 3, false)).toBe("too long");
  });

  test("that are read at once share one limit, and give their part back at their end", async () => {
    const bodies = createBodies();
    const endless = new Readable({ read: () => undefined });
    endless.push(Buffer.alloc(BODIES_BYTES_MAX));
    const held = bodies.read(endless as unknown as IncomingMessage, BODIES_BYTES_MAX, false);
    await expect.poll(() => endless.readableLength).toBe(0);
    expect(await bodies.read(request([Buffer.from("a")]), 10, false)).toBe("busy");
    endless.push(null);
    expect(await held).toHaveProperty("text");
    expect(await bodies.read(request([Buffer.from("a")]), 10, false)).toEqual({ text: "a" });
  });

  test("of strangers leave half of it to others", async () => {
    const bodies = createBodies();
    const endless = new Readable({ read: () => undefined });
    endless.push(Buffer.alloc(STRANGER_BODIES_BYTES_MAX));
    const held = bodies.read(endless as unknown as IncomingMessage, BODIES_BYTES_MAX, true);
    await expect.poll(() => endless.readableLength).toBe(0);
    expect(await bodies.read(request([Buffer.from("a")]), 10, true)).toBe("busy");
    expect(
      await bodies.read(request([Buffer.alloc(STRANGER_BODIES_BYTES_MAX)]), BODIES_BYTES_MAX, false),
    ).toHaveProperty("text");
    endless.push(null);
    expect(await held).toHaveProperty("text");
    expect(await bodies.read(request([Buffer.from("a")]), 10, true)).toEqual({ text: "a" });
  });

  test("that break off give their part back too", async () => {
    const bodies = createBodies();
    const broken = new Readable({ read: () => undefined });
    broken.push(Buffer.alloc(BODIES_BYTES_MAX));
    const held = bodies.read(broken as unknown as IncomingMessage, BODIES_BYTES_MAX, false);
    await expect.poll(() => broken.readableLength).toBe(0);
    broken.destroy(new Error("gone"));
    await expect(held).rejects.toThrow("gone");
    expect(await bodies.read(request([Buffer.from("a")]), 10, false)).toEqual({ text: "a" });
  });
});

test("refusals by one rule are one line a minute, with their number", () => {
  const clock = fakeClock();
  const lines: [string, number][] = [];
  const refused = createFoldedRefusals(clock, (rule, count) => lines.push([rule, count]));
  for (let count = 0; count < 1_000; count++) refused("another host");
  refused("another user");
  expect(lines).toEqual([
    ["another host", 1],
    ["another user", 1],
  ]);
  clock.advance(FOLD_MS);
  refused("another host");
  expect(lines.at(-1)).toEqual(["another host", 1_000]);
});
