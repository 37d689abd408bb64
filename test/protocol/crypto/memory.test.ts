// After the keys are wiped, the process holds no copy of any key: not in a pool, not in a freed buffer, not in the
// slab. The test reads the memory from outside, as a debugger would.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Told } from "./memory-child.ts";

const WINDOW = 16 * 1024 * 1024;
const KEY_BYTES_MAX = 32;

let child: ChildProcess;
let hits: Map<string, number>;

/** Counts each needle in a process's readable memory. */
function search(pid: number, needles: ReadonlyMap<string, Buffer>): Map<string, number> {
  const found = new Map([...needles.keys()].map((name) => [name, 0]));
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const buffer = Buffer.alloc(WINDOW);
  for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) r(?!.*\[v(var|syscall|var_vclock)\])/.exec(line);
    if (range === null) continue;
    const end = Number.parseInt(range[2] ?? "", 16);
    // Windows overlap by the length of a key, so that no key on a border is missed. A key within the overlap may count
    // twice.
    for (let at = Number.parseInt(range[1] ?? "", 16); at < end; at += WINDOW - KEY_BYTES_MAX) {
      const size = readWindow(memory, buffer, at, Math.min(WINDOW, end - at));
      const window = buffer.subarray(0, size);
      for (const [name, needle] of needles)
        for (let hit = window.indexOf(needle); hit !== -1; hit = window.indexOf(needle, hit + 1))
          found.set(name, (found.get(name) ?? 0) + 1);
    }
  }
  closeSync(memory);
  return found;
}

/** Guard pages are mapped but unreadable. They hold nothing. */
function readWindow(memory: number, buffer: Buffer, at: number, size: number): number {
  try {
    return readSync(memory, buffer, 0, size, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EIO") return 0;
    throw error;
  }
}

describe.skipIf(process.platform !== "linux")("after the keys were wiped", () => {
  beforeAll(async () => {
    child = spawn(process.execPath, [join(import.meta.dirname, "memory-child.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (child.stdout === null || child.pid === undefined) throw new Error("the process did not start");
    const line = await new Promise<string>((told, failed) => {
      child.once("exit", () => failed(new Error("the process ended before it told")));
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).once("line", told);
    });
    const { mask, masked } = JSON.parse(line) as Told;
    const unmasked = (bytes: number[]) => Buffer.from(bytes.map((byte) => byte ^ mask));
    hits = search(child.pid, new Map(Object.entries(masked).map(([name, bytes]) => [name, unmasked(bytes)])));
  });
  afterAll(() => {
    child.stdin?.end();
  });

  test("a key that was not wiped is found, so the search works", () => {
    expect(hits.get("control")).toBeGreaterThan(0);
  });

  test.each([
    "Secret Key",
    "unlock key",
    "sign-in seed",
    "root key",
    "device store key",
    "identity",
    "box key",
    "vault key",
    "index key",
    "item key",
  ])("no %s is found", (name) => expect(hits.get(name)).toBe(0));
});
