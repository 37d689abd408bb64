// The hash of the file that a process runs, with real processes and the real thread.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProcessFacts } from "../../../daemon/peer/peer.ts";
import { factsOf } from "../../../daemon/peer/process-facts.ts";
import { createExecutableHashes, EXECUTABLE_BYTES_MAX, WAITING_MAX } from "../../../daemon/policy/executable-hash.ts";

const sleep = realpathSync(execFileSync("which", ["sleep"], { encoding: "utf8" }).trim());
const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-eh-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** The facts about a process that runs this file. */
async function running(path: string): Promise<ProcessFacts> {
  const child = spawn(path, ["1000"], { stdio: "ignore" });
  children.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  // Between fork and exec it is still this test's own program.
  for (;;) {
    const facts = factsOf(child.pid ?? 0);
    if (facts?.executable?.path === path) return facts;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function copyOf(more = ""): string {
  const path = join(folder, `sleep${more.length}`);
  copyFileSync(sleep, path);
  appendFileSync(path, more);
  return path;
}

/** Counts what is hashed, and hashes nothing. */
function counting() {
  const sizes: number[] = [];
  const hashes = createExecutableHashes(async (_file, size) => `hash ${sizes.push(size)}`);
  return { sizes, hashes };
}

describe("the hash of an executable", () => {
  test("is that of its file, computed in a thread", async () => {
    const hashes = createExecutableHashes();
    expect(await hashes.of(await running(sleep))).toBe(hashOf(sleep));
    const other = copyOf("\0");
    expect(await hashes.of(await running(other))).toBe(hashOf(other));
  });

  test("is computed once for many processes of one file, at once and later", async () => {
    const { sizes, hashes } = counting();
    const [one, other] = [await running(sleep), await running(sleep)];
    const all = await Promise.all([one, other, one, other].map((facts) => hashes.of(facts)));
    expect(new Set([...all, await hashes.of(one)])).toEqual(new Set(["hash 1"]));
    expect(sizes).toHaveLength(1);
  });

  test("is computed anew for a file that was written anew", async () => {
    const { sizes, hashes } = counting();
    const path = copyOf("x");
    const before = await hashes.of(await running(path));
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("close", resolve));
    }
    appendFileSync(path, "y");
    expect(await hashes.of(await running(path))).not.toBe(before);
    expect(sizes).toHaveLength(2);
  });

  test("of a file that changes while it is hashed is unknown", async () => {
    const path = copyOf("x");
    const facts = await running(path);
    const hashes = createExecutableHashes(async () => {
      execFileSync("touch", [path]);
      return "hash";
    });
    expect(await hashes.of(facts)).toBeUndefined();
  });

  test("of the largest size is computed, and of one byte more is unknown", async () => {
    const { sizes, hashes } = counting();
    const largest = copyOf("a");
    truncateSync(largest, EXECUTABLE_BYTES_MAX);
    expect(await hashes.of(await running(largest))).toBe("hash 1");
    const larger = copyOf("ab");
    truncateSync(larger, EXECUTABLE_BYTES_MAX + 1);
    expect(await hashes.of(await running(larger))).toBeUndefined();
    expect(sizes).toEqual([EXECUTABLE_BYTES_MAX]);
  });

  test("is unknown for a process that has ended, one that is hidden, and one that runs another file by now", async () => {
    const { sizes, hashes } = counting();
    const facts = await running(sleep);
    const executable = facts.executable === undefined ? undefined : { ...facts.executable, inode: "1" };
    expect(await hashes.of({ ...facts, executable })).toBeUndefined();
    expect(await hashes.of({ ...facts, executable: undefined })).toBeUndefined();
    expect(await hashes.of({ ...facts, pid: 4_194_304 })).toBeUndefined();
    expect(sizes).toEqual([]);
  });

  test("is unknown where too many files wait, and known later", async () => {
    const gate = Promise.withResolvers<void>();
    const hashes = createExecutableHashes(() => gate.promise.then(() => "hash"));
    const facts = await Promise.all(
      Array.from({ length: WAITING_MAX + 1 }, (_, at) => running(copyOf("x".repeat(at + 1)))),
    );
    const all = facts.map((one) => hashes.of(one));
    expect(await Promise.race(all)).toBeUndefined();
    gate.resolve();
    const known = (await Promise.all(all)).filter((one) => one === "hash");
    expect(known).toHaveLength(WAITING_MAX);
    expect(new Set(await Promise.all(facts.map((one) => hashes.of(one))))).toEqual(new Set(["hash"]));
  });
});
