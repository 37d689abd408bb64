import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineReader, nestsAtMost, partsOf } from "../../protocol/framing.ts";

/** Feeds chunks and returns the lines as text, with "!" where a line passed the limit. */
function read(chunks: readonly Uint8Array[], limit: number): string[] {
  const out: string[] = [];
  const reader = createLineReader(() => limit, {
    line: (bytes) => out.push(Buffer.from(bytes).toString("latin1")),
    tooLong: () => out.push("!"),
  });
  for (const chunk of chunks) reader.push(chunk);
  return out;
}

function cut(bytes: Buffer, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

const lineText = fc.string({ unit: fc.constantFrom("a", "b", "\u00ff", '"', "["), maxLength: 40 });

test("lines come out whole however the bytes were cut", () => {
  fc.assert(
    fc.property(fc.array(lineText, { maxLength: 10 }), fc.array(fc.nat(7), { maxLength: 60 }), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
      expect(read(cut(bytes, sizes), 1000)).toEqual(lines);
    }),
  );
});

test("a line without its end is not delivered yet", () => {
  fc.assert(
    fc.property(lineText, (rest) => {
      expect(read([Buffer.from(`one\n${rest}`, "latin1")], 1000)).toEqual(["one"]);
    }),
  );
});

test("a line at the limit passes and one byte more ends it all, however the bytes were cut", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(50), { maxLength: 20 }), (limit, sizes) => {
      const line = "x".repeat(limit);
      expect(read(cut(Buffer.from(`${line}\nnext\n`), sizes), Math.max(limit, 4))[0]).toBe(line);
      expect(read(cut(Buffer.from(`${line}x\nnext\n`), sizes), limit)).toEqual(["!"]);
    }),
  );
});

test("a limit that is raised by one line holds for the next of the same chunk", () => {
  let limit = 5;
  const out: number[] = [];
  const reader = createLineReader(() => limit, {
    line: (bytes) => {
      out.push(bytes.length);
      limit = 100;
    },
    tooLong: () => out.push(-1),
  });
  reader.push(Buffer.from(`hello\n${"x".repeat(50)}\n`));
  expect(out).toEqual([5, 50]);
});

test("a delivered line is not changed by what the socket does with its chunk", () => {
  const lines: Uint8Array[] = [];
  const reader = createLineReader(() => 100, { line: (bytes) => lines.push(bytes), tooLong: () => undefined });
  const chunk = Buffer.from("held ");
  reader.push(chunk);
  chunk.fill(0);
  reader.push(Buffer.from("back\n"));
  expect(Buffer.from(lines[0] ?? []).toString()).toBe("held back");
});

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.string(),
    fc.integer(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
  ),
})).value;

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("nesting is counted as the parsed value nests", () => {
  fc.assert(
    fc.property(json, fc.nat(8), (value, depth) => {
      expect(nestsAtMost(Buffer.from(JSON.stringify(value)), depth)).toBe(depthOf(value) <= depth);
    }),
  );
});

test("nesting is counted for any bytes without an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      expect([true, false]).toContain(nestsAtMost(bytes, 4));
    }),
  );
});

test("a string ends where a reader of single bytes finds its end, whatever it holds", () => {
  const piece = fc.constantFrom("a".repeat(70), '\\"', "\\\\", "{}[]", "\\n", "é", "a");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.nat(3), (pieces, depth) => {
      const text = Buffer.from(`["${pieces.join("")}",${"[".repeat(depth)}${"]".repeat(depth)}]`);
      expect([nestsAtMost(text, 1 + depth), nestsAtMost(text, depth)]).toEqual([true, false]);
      // The list, the string, and the lists behind it.
      expect(partsOf(text, 100)).toBe(2 + depth);
    }),
  );
});

test("a string that does not end is counted to the text's end", () => {
  for (const text of ['["', `["${"a".repeat(1_000)}`, `["${"a".repeat(1_000)}\\`, `["${'\\"'.repeat(200)}`])
    expect(partsOf(Buffer.from(text), 100)).toBe(2);
});
