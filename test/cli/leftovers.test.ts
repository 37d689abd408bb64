// Unfinished files on a file system without unnamed files: the end of their maker, and the work of the next command.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openOutFile } from "../../clients/cli/files/out-file.ts";
import { NOBODY } from "../daemon/peer/children.ts";

const program = fileURLToPath(new URL("./begin-named.ts", import.meta.url));

let folder: string;
const makers: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-l-"));
});
afterEach(() => {
  for (const maker of makers.splice(0)) maker.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A process that has begun a file in the folder. */
async function maker(...words: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--no-warnings", program, folder, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  makers.push(child);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await once(child, "exit");
}

/** Writes another file of the folder, as any command does. */
function write(name = "other"): void {
  const file = openOutFile(join(folder, name), true);
  file.write(Buffer.from("made"));
  file.done();
}

const NAME = ".postern-0123456789abcdef.part";

test.each(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT", "SIGALRM", "SIGUSR2", "SIGXCPU", "SIGPWR"] as const)(
  "%s takes a begun file with its maker",
  async (signal) => {
    const child = await maker();
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.postern-[0-9a-f]{16}\.part$/)]);
    await ended(child, signal);
    expect(readdirSync(folder)).toEqual([]);
    expect([child.exitCode, child.signalCode]).toEqual(signal === "SIGINT" ? [130, null] : [null, signal]);
  },
);

test("a file left by SIGKILL goes with the next command in that folder, and not while its maker lives", async () => {
  const child = await maker();
  write();
  expect(readdirSync(folder)).toHaveLength(2);
  await ended(child, "SIGKILL");
  expect(readdirSync(folder)).toHaveLength(2);
  write();
  expect(readdirSync(folder)).toEqual(["other"]);
});

test("a placed file is for its owner alone, and nothing is beside it", async () => {
  writeFileSync(join(folder, "placed"), "before", { mode: 0o644 });
  const child = await maker("place");
  expect(readFileSync(join(folder, "placed"), "utf8")).toBe("half of a secret");
  expect(statSync(join(folder, "placed")).mode & 0o777).toBe(0o600);
  await ended(child, "SIGTERM");
  expect(readdirSync(folder)).toEqual(["placed"]);
});

test("a begun file with a name replaces no file unless it may, and is removed", async () => {
  writeFileSync(join(folder, "placed"), "before");
  const child = await maker("place-new");
  await ended(child, "SIGTERM");
  expect(readFileSync(join(folder, "placed"), "utf8")).toBe("before");
  expect(readdirSync(folder)).toEqual(["placed"]);
});

test("a file is made or replaced without a temporary name", () => {
  write("new");
  write("new");
  expect(readdirSync(folder)).toEqual(["new"]);
  const file = openOutFile(join(folder, "begun"), true);
  file.write(Buffer.from("half of a secret"));
  expect(readdirSync(folder)).toEqual(["new"]);
  file.abandon();
  file.abandon();
  expect(readdirSync(folder)).toEqual(["new"]);
});

describe("a file that only looks like a leftover stays:", () => {
  const path = (name = NAME) => join(folder, name);
  const private600 = (name: string) => writeFileSync(path(name), "kept", { mode: 0o600 });
  const made: readonly [string, () => void, string][] = [
    ["another name", () => private600("out.0123456789ab.part"), "out.0123456789ab.part"],
    ["a name with another one before it", () => private600(`x${NAME}`), `x${NAME}`],
    ["a folder", () => mkdirSync(path()), NAME],
    ["a link", () => symlinkSync("kept", path()), NAME],
    ["a file with a second name", () => linkSync(path("kept"), path()), NAME],
    ["a file that others may read", () => writeFileSync(path(), "kept", { mode: 0o644 }), NAME],
  ];
  test.each(made)("%s", (_what, make, name) => {
    private600("kept");
    make();
    write();
    expect(readdirSync(folder)).toContain(name);
  });

  test.skipIf(process.getuid?.() !== 0)("a file of another user (needs root to make one)", () => {
    private600(NAME);
    chownSync(path(), NOBODY, NOBODY);
    write();
    expect(readdirSync(folder)).toContain(NAME);
  });
});
