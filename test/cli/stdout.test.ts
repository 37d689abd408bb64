// The output of a read without a stream, to every kind of stdout. The test makes the stdout of the process.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";

const stdout = fileURLToPath(new URL("../../clients/cli/terminal/stdout.ts", import.meta.url));
/** Several times the capacity of a pipe. */
const LENGTH = 1_000_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-out-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that writes as a read does, and exits at once as it does. */
const program = (what: string) =>
  `import(${JSON.stringify(stdout)}).then(async ({ writeStdout, isTerminal }) => { await ${what}; process.exit(0); });`;
const words = (what: string) => ["--no-warnings", "-e", program(what)];
/** The text counts on, so that a piece left out or written twice shows. */
const WRITE = `writeStdout(Array.from({ length: ${LENGTH / 10} }, (_, at) => String(at).padStart(10, "0")).join(""))`;
const WHOLE = Array.from({ length: LENGTH / 10 }, (_, at) => String(at).padStart(10, "0")).join("");
const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
const asShell = (what: string) => [process.execPath, ...words(what)].map(quoted).join(" ");
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("close", resolve));

test("all of a text is in a file, and in a pipe that is read slowly", () => {
  const file = join(folder, "file");
  expect(spawnSync("sh", ["-c", `${asShell(WRITE)} > ${quoted(file)}`]).status).toBe(0);
  expect(readFileSync(file, "utf8") === WHOLE).toBe(true);
  const piped = spawnSync("sh", ["-c", `${asShell(WRITE)} | dd bs=100 2>/dev/null`], { maxBuffer: 2 * LENGTH });
  expect(piped.stdout.toString() === WHOLE).toBe(true);
});

test("all of a text goes through a pipe that does not block, and is full meanwhile", async () => {
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  const reading = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  // Node makes a child's descriptors up to 2 blocking. Descriptor 3 stays as it is, and the shell passes it on as stdout.
  const child = spawn("sh", ["-c", `exec ${asShell(WRITE)} >&3`], { stdio: ["ignore", "ignore", "pipe", writing] });
  closeSync(writing);
  let read = "";
  const reader = new Socket({ fd: reading, readable: true, writable: false });
  reader.on("data", (chunk: Buffer) => {
    read += chunk.toString();
  });
  expect(await ended(child)).toBe(0);
  await new Promise((resolve) => (reader.readableEnded ? resolve(undefined) : reader.once("end", resolve)));
  expect(read === WHOLE).toBe(true);
});

test("a file that takes a part of a text only is an error, of a read and of every other command", () => {
  const file = quoted(join(folder, "limited"));
  // 8 blocks of 512 bytes: the first write is cut, and the next one fails.
  const cut = spawnSync("sh", ["-c", `ulimit -f 8; ${asShell(WRITE)} > ${file}`], { encoding: "utf8" });
  expect([cut.status === 0, cut.stderr]).toEqual([false, expect.stringContaining("could not be written (EFBIG)")]);
  const help = [process.execPath, "--no-warnings", main, "--help"].map(quoted).join(" ");
  const ran = spawnSync("sh", ["-c", `ulimit -f 2; ${help} > ${file}`], { encoding: "utf8" });
  expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining("stdout could not be written (EFBIG)")]);
});

test("a reader that has gone ends the command quietly", () => {
  const ran = spawnSync("sh", ["-c", `(${asShell(WRITE)}; echo "ended $?" >&2) | true`], { encoding: "utf8" });
  expect(ran.stderr).toBe("ended 0\n");
});

test("a disk that is full is an error, not silence", () => {
  const ran = spawnSync("sh", ["-c", `${asShell(WRITE)} > /dev/full`], { encoding: "utf8" });
  expect(ran.status).toBe(1);
  expect(ran.stderr).toContain("ENOSPC");
});

test.each([
  ["a file", `> ${"FILE"}`],
  ["a pipe", "| cat"],
  ["/dev/null, a character device", "> /dev/null"],
])("%s is no terminal", (_name, to) => {
  const told = asShell('process.stderr.write("told " + isTerminal())');
  const ran = spawnSync("sh", ["-c", `${told} ${to.replace("FILE", quoted(join(folder, "none")))}`], {
    encoding: "utf8",
  });
  expect(ran.stderr).toBe("told false");
});

test("a terminal is recognised", async () => {
  const terminal = openTerminal({ HOME: folder, PATH: "/usr/bin:/bin" }, folder);
  terminal.type(asShell('writeStdout("told " + isTerminal() + ".")'));
  await terminal.sees("told true.");
  terminal.end();
});

test("Ctrl-C ends a command whose reader lets a long text wait", async () => {
  const interrupted = `process.on("SIGINT", () => process.exit(130)); process.stderr.write("ready"); ${program(WRITE)}`;
  const child = spawn(process.execPath, ["--no-warnings", "-e", interrupted], { stdio: ["ignore", "pipe", "pipe"] });
  // Its first piece has come, and nobody reads the rest.
  await new Promise((resolve) => child.stdout.once("readable", resolve));
  child.kill("SIGINT");
  const late = setTimeout(() => child.kill("SIGKILL"), 5000);
  expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(130);
  clearTimeout(late);
  child.stdout.destroy();
});

describe("a command on a full disk", () => {
  const postern = (words: string) =>
    spawnSync("sh", ["-c", `${quoted(process.execPath)} --no-warnings -- ${quoted(main)} ${words} > /dev/full`], {
      encoding: "utf8",
      env: { HOME: folder, POSTERN_HOME: folder, PATH: "/usr/bin:/bin" },
    });

  test.each(["--version", "--help", "vault --help", "generate", "status"])("%s says so, and what to do", (words) => {
    const ran = postern(words);
    expect(ran.stderr).toMatch(/^postern: stdout could not be written \(ENOSPC\)\n {2}next: make room .*\n$/);
    expect(ran.status).toBe(1);
  });

  test("says it as JSON with --json", () => {
    const ran = postern("generate --json");
    expect(JSON.parse(ran.stderr)).toEqual({
      error: {
        name: "StdoutFailed",
        message: "stdout could not be written (ENOSPC)",
        hint: expect.stringContaining("make room"),
      },
    });
    expect(ran.status).toBe(1);
  });
});
