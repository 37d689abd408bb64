// Values through descriptors, pipes and files. Each is read once, none may be empty, and Ctrl-C ends the waiting for one.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inputBytes } from "../../clients/cli/files/input-bytes.ts";
import { fromDescriptor } from "../../clients/cli/files/secret-input.ts";
import { exitCodes, UsageError } from "../../clients/cli/terminal/exit-code.ts";
import { postern, type RunOptions, startPostern } from "./postern.ts";

let home: string;
/** Kept open until the end, since a reused number would count as read. */
const opened: number[] = [];
const at = (name: string) => join(home, name);
/** A bad input is refused before the first request to the agent, so no agent is needed. */
const run = (words: string, more: Partial<RunOptions> = {}) => postern(words.split(" "), { home, ...more });

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "postern-in-"));
  writeFileSync(at("empty"), "");
  writeFileSync(at("newline"), "\n");
  writeFileSync(at("value"), "opal\n");
});
afterAll(() => {
  for (const descriptor of opened) closeSync(descriptor);
  rmSync(home, { recursive: true, force: true });
});

const EDIT = "item edit A --vault Demo";

test.each([
  [`${EDIT} --secret-fd a=0 --secret-fd b=0`, "--secret-fd names file descriptor 0"],
  [`${EDIT} --secret-file a=/dev/stdin --secret-fd b=0`, "--secret-fd names file descriptor 0"],
  [`${EDIT} --secret-file a=/dev/stdin --secret-file b=/dev/fd/0`, "--secret-file names /dev/fd/0"],
  [`${EDIT} --secret-fd a=0 --notes-file /dev/stdin`, "--notes-file names /dev/stdin"],
  [`${EDIT} --secret-fd a=3 --secret-file b=/proc/self/fd/3`, "--secret-fd names file descriptor 3"],
  ["env set E --secret-fd A=0 --secret-fd B=0", "--secret-fd names file descriptor 0"],
  ["env set E --secret-file A=/dev/stdin --secret-fd B=0", "--secret-fd names file descriptor 0"],
  ["init --name Ada --password-fd 3 --pin-fd 3", "--pin-fd names file descriptor 3"],
])("one input for two values is refused by its name: %s", async (words, message) => {
  const { code, err } = await run(words, { input: "opal and more\n", secrets: ["opal and more"] });
  expect([code, err]).toEqual([exitCodes.usage, expect.stringContaining(`${message}, which was read to its end`)]);
});

test("a named pipe is read once, under any name, and a file as often as it is named", () => {
  execFileSync("mkfifo", [at("pipe")]);
  const reader = openSync(at("pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
  expect(inputBytes(reader, 10, "--one")).toHaveLength(0);
  opened.push(reader);
  const again = openSync(at("pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
  opened.push(again);
  expect(() => inputBytes(again, 10, "--two")).toThrow(UsageError);
  for (const option of ["--one", "--two"]) expect(inputBytes(at("value"), 10, option).toString()).toBe("opal\n");
});

test.each([
  [`${EDIT} --secret-fd a=0`, "--secret-fd for a is empty"],
  [`${EDIT} --secret-file Admin/a=empty`, "--secret-file for a is empty"],
  [`${EDIT} --secret-file a[totp]=newline`, "--secret-file for a is empty"],
  [`${EDIT} --notes-file empty`, "--notes-file is empty"],
  ["item create --vault Demo --title A --secret-file a=empty", "--secret-file for a is empty"],
  ["env set E --secret-fd A=0", "--secret-fd for A is empty"],
  ["env set E --secret-file A=empty", "--secret-file for A is empty"],
])("nothing in place of a secret is refused: %s", async (words, message) => {
  const { code, err } = await run(words);
  expect([code, err]).toEqual([exitCodes.usage, expect.stringContaining(`the value given to ${message}\n  next: `)]);
});

test("waiting for a secret on a pipe ends with Ctrl-C", async () => {
  execFileSync("mkfifo", [at("waits")]);
  const { child, ended } = startPostern(`${EDIT} --secret-file a=waits`.split(" "), { home });
  const writer = await open(at("waits"), "w");
  child.kill("SIGINT");
  await ended;
  expect([child.exitCode, child.signalCode]).toEqual([null, "SIGINT"]);
  await writer.close();
});

test("the command also waits for a non-blocking pipe", () => {
  execFileSync("mkfifo", [at("nonblocking")]);
  const reader = openSync(at("nonblocking"), constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(at("nonblocking"), constants.O_WRONLY);
  spawn("sh", ["-c", "echo opal"], { stdio: ["ignore", writer, "ignore"] });
  closeSync(writer);
  expect(fromDescriptor(String(reader), "--secret-fd")).toBe("opal");
  closeSync(reader);
});
