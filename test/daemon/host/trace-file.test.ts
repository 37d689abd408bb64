// The file of a trace: its owner, the paths that it refuses, and its size limit.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Log } from "../../../daemon/host/log.ts";
import { StartRefused } from "../../../daemon/host/start-refused.ts";
import { openTrace, TRACE_BYTES_MAX, TRACE_WAITING_BYTES_MAX } from "../../../daemon/host/trace-file.ts";
import { fakeClock } from "./fake-clock.ts";

let folder = "";
let path = "";
const incidents: string[] = [];
const log: Log = { note: () => undefined, incident: (id) => void incidents.push(id) };
const begun = () => openTrace(path, { clock: fakeClock(), log });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-trace-"));
  path = join(folder, "t");
  incidents.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = () =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A line of this many bytes, including its line break. */
const lineOf = (bytes: number) => ({ x: "x".repeat(bytes - JSON.stringify({ x: "" }).length - 1) });

test("a trace is closed to others, and begins with what a fault may depend on", async () => {
  const file = await begun();
  file.write({ method: "agent.hello" });
  await file.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(lines()).toEqual([
    expect.objectContaining({ trace: 1, begun: "2026-11-24T09:00:00.000Z", node: process.version }),
    { method: "agent.hello" },
  ]);
  expect(file.state).toEqual({ file: path, state: "writing", bytes: statSync(path).size });
});

test("a trace that recorded nothing is removed", async () => {
  const file = await begun();
  await file.remove();
  const again = await begun();
  await again.close();
  expect(lines()).toHaveLength(1);
});

describe("an existing file stays as it is:", () => {
  test.each([
    ["a file", () => writeFileSync(path, "mine")],
    ["a folder", () => mkdirSync(path)],
    ["a link to a file", () => symlinkSync(join(folder, "other"), path)],
    ["a link to nothing", () => symlinkSync("/nowhere/at/all", path)],
  ])("%s", async (_what, lay) => {
    writeFileSync(join(folder, "other"), "mine");
    lay();
    await expect(begun()).rejects.toThrow('there is a file, a folder or a link named "t" already');
    expect(readFileSync(join(folder, "other"), "utf8")).toBe("mine");
  });
});

test("a missing folder is reported with the system's code", async () => {
  path = join(folder, "none", "t");
  await expect(begun()).rejects.toThrow('the file "t" could not be made (ENOENT)');
  await expect(begun()).rejects.toThrow(StartRefused);
});

describe("the bound of the file", () => {
  /** Fills the file except for `left` bytes and the room for the last line. */
  async function filledBut(left: number) {
    const file = await begun();
    const last = Buffer.byteLength(`${JSON.stringify({ full: TRACE_BYTES_MAX })}\n`);
    const most = TRACE_WAITING_BYTES_MAX / 2;
    const room = () => TRACE_BYTES_MAX - last - left - file.state.bytes;
    while (room() > 0) {
      // The remaining room must hold a line.
      file.write(lineOf(room() > most && room() < most + 100 ? most / 2 : Math.min(most, room())));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return file;
  }

  test("takes a line that just fits", async () => {
    const file = await filledBut(100);
    file.write(lineOf(100));
    expect(file.state.state).toBe("writing");
    file.write({});
    await file.close();
    expect(file.state).toMatchObject({ state: "full", bytes: TRACE_BYTES_MAX });
    expect(statSync(path).size).toBe(TRACE_BYTES_MAX);
    expect(lines().at(-1)).toEqual({ full: TRACE_BYTES_MAX });
  });

  test("takes no line of one byte more, and none after it", async () => {
    const file = await filledBut(100);
    file.write(lineOf(101));
    file.write({});
    await file.close();
    expect(file.state).toMatchObject({ state: "full", bytes: TRACE_BYTES_MAX - 100 });
    expect(lines().at(-1)).toEqual({ full: TRACE_BYTES_MAX });
  });
});

describe("the bound of what waits for the disk", () => {
  test("is reached without an error, and what was left out is counted", async () => {
    const file = await begun();
    // The first line still waits, since nothing is written before this turn ends.
    const first = file.state.bytes;
    file.write(lineOf(TRACE_WAITING_BYTES_MAX - first));
    file.write({});
    file.write({});
    await new Promise((resolve) => setTimeout(resolve, 0));
    while (statSync(path).size < TRACE_WAITING_BYTES_MAX) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    file.write({ again: 1 });
    await file.close();
    expect(lines().slice(-2)).toEqual([{ leftOut: 2 }, { again: 1 }]);
    expect(lines()).toHaveLength(4);
  });

  test("leaves out a line of one byte more", async () => {
    const file = await begun();
    file.write(lineOf(TRACE_WAITING_BYTES_MAX - file.state.bytes + 1));
    await file.close();
    expect(lines()).toHaveLength(1);
  });
});
