// The agent's log stays short. At its limit it becomes the earlier log, and no line is lost.
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog, LOG_BYTES_MAX } from "../../../daemon/host/log.ts";

let folder: string;
let path: string;
let descriptor: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-log-"));
  path = join(folder, "agent.log");
  descriptor = openSync(path, "a", 0o600);
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true, force: true });
});

/** Bytes of the line that `note` writes. */
function lineBytes(): number {
  createLog(descriptor, path).note("a fact");
  const { size } = statSync(path);
  ftruncateSync(descriptor, 0);
  return size;
}

const lines = (file: string) => readFileSync(file, "utf8").trim().split("\n");

test("a line that reaches the limit stays, and the next begins a new file", () => {
  const bytes = lineBytes();
  writeFileSync(path, `${"x".repeat(LOG_BYTES_MAX - bytes - 1)}\n`);
  const log = createLog(descriptor, path);
  log.note("a fact");
  expect([statSync(path).size, existsSync(`${path}.1`)]).toEqual([LOG_BYTES_MAX, false]);
  log.note("another fact");
  expect([statSync(`${path}.1`).size, lines(path).length]).toEqual([LOG_BYTES_MAX, 1]);
  expect(lines(path)[0]).toContain("another fact");
  expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600);
});

test("the earlier log is replaced, also where a link has its name", () => {
  const other = join(folder, "other");
  writeFileSync(other, "kept");
  symlinkSync(other, `${path}.1`);
  symlinkSync(other, `${path}.new`);
  writeFileSync(path, "x".repeat(LOG_BYTES_MAX));
  createLog(descriptor, path).note("a fact");
  expect(readFileSync(other, "utf8")).toBe("kept");
  expect(statSync(`${path}.1`).size).toBe(LOG_BYTES_MAX);
  expect(lines(path)).toHaveLength(1);
});

test.each([
  ["another file than the agent's log", () => join(folder, "elsewhere.log")],
  ["a file that has no name any more", () => path],
])("%s is left as it is", (what, at) => {
  writeFileSync(path, "x".repeat(LOG_BYTES_MAX));
  if (what.includes("no name")) rmSync(path);
  createLog(descriptor, at()).note("a fact");
  expect([existsSync(`${path}.1`), existsSync(join(folder, "elsewhere.log.1"))]).toEqual([false, false]);
});

test("an earlier log that cannot be replaced costs no line", () => {
  writeFileSync(path, "x".repeat(LOG_BYTES_MAX));
  mkdirSync(join(`${path}.1`, "full"), { recursive: true });
  createLog(descriptor, path).note("a fact");
  expect(readFileSync(path, "utf8")).toContain("a fact");
});
