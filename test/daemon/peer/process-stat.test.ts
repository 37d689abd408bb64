import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStat } from "../../../daemon/peer/process-stat.ts";

/** A line of proc(5) with the given name. Every other field holds its own number. */
function line(name: string, change: Record<number, string> = {}): string {
  const fields = Array.from({ length: 50 }, (_, index) => `${index + 3}`);
  fields[0] = "S";
  for (const [field, value] of Object.entries(change)) fields[Number(field) - 3] = value;
  return `4711 (${name}) ${fields.join(" ")}\n`;
}

const parsed = {
  pid: 4711,
  state: "S",
  ppid: 4,
  group: 5,
  sessionId: 6,
  ttyDevice: 7,
  foregroundGroup: 8,
  startTicks: 22,
  stackStart: "28",
};

describe("the line of /proc/PID/stat", () => {
  test.each([
    "cat",
    "a b",
    "x) S 1 1 1 1",
    ") R 1 ",
    "((",
    "))",
    "",
    " ",
    "a\nb) S 1 1",
    "(x) (y) ",
    "1 (z) Z 0 0",
    "tmux: server",
  ])("is read right whatever the process calls itself: %j", (name) => {
    expect(parseStat(line(name))).toEqual(parsed);
  });

  test("is read right for any name", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("(", ")", " ", "\n", "S", "Z", "0", "1", "-", "\t"),
      maxLength: 15,
    });
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: "binary", maxLength: 15 })), (name) => {
        expect(parseStat(line(name))).toEqual(parsed);
      }),
      { numRuns: 2_000 },
    );
  });

  test("never throws, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        parseStat(text);
      }),
    );
  });

  test("keeps a stack address beyond 2^53 exact", () => {
    expect(parseStat(line("cat", { 28: "18446744073709551615" }))?.stackStart).toBe("18446744073709551615");
  });

  test("keeps a negative terminal and parent as they are", () => {
    expect(parseStat(line("cat", { 7: "-1" }))?.ttyDevice).toBe(-1);
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["no name", "4711 S 1 2 3"],
    ["a cut line", line("cat").slice(0, 60)],
    ["a start that is no number", line("cat", { 22: "x" })],
    ["a start beyond what is exact", line("cat", { 22: "9007199254740993" })],
    ["a stack that is negative", line("cat", { 28: "-1" })],
    ["a state of two letters", line("cat", { 3: "SS" })],
    ["a pid that is no number", line("cat").replace("4711", "self")],
  ])("is refused with %s", (_title, text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});
