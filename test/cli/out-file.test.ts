// --out-file with an existing thing under its name.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openOutFile } from "../../clients/cli/files/out-file.ts";
import { NOBODY } from "../daemon/peer/children.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

let home: string;
/** A template without references asks nobody and needs no account. */
const inject = (name: string, ...more: string[]) =>
  postern(["inject", "--out-file", name, ...more], { home, input: "made\n" });

/** The same with a template, where no file may be longer than 8 KiB. */
const limited = (input: string) =>
  spawnSync("/bin/sh", ["-c", 'ulimit -f 16; exec "$@"', "sh", ...command, "inject", "--out-file", "large"], {
    input,
    cwd: home,
    env: { HOME: home, POSTERN_HOME: home },
    encoding: "utf8",
  });
const command = [process.execPath, "--disable-sigusr1", "--no-warnings", "--", main];

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "postern-o-"));
});
afterAll(async () => {
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true });
});

test("a file is replaced with --force, for the owner alone", async () => {
  writeFileSync(join(home, "file"), "before\n", { mode: 0o644 });
  expect(await inject("file", "--force")).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(join(home, "file"), "utf8")).toBe("made\n");
  expect(statSync(join(home, "file")).mode & 0o777).toBe(0o600);
});

test.each([
  ["a file", "elsewhere/there"],
  ["nothing yet", "elsewhere/new"],
  ["a link to a file", "linked"],
])("a link to %s stays, and its target is written", async (_what, target) => {
  mkdirSync(join(home, "elsewhere"), { recursive: true });
  writeFileSync(join(home, "elsewhere/there"), "before\n");
  rmSync(join(home, "linked"), { force: true });
  symlinkSync("elsewhere/there", join(home, "linked"));
  rmSync(join(home, "link"), { force: true });
  symlinkSync(target, join(home, "link"));
  expect(await inject("link", "--force")).toMatchObject({ code: 0, err: "" });
  expect(readlinkSync(join(home, "link"))).toBe(target);
  expect(readlinkSync(join(home, "linked"))).toBe("elsewhere/there");
  expect(readFileSync(join(home, target), "utf8")).toBe("made\n");
});

test("when two commands write one name, one gets it, and the other leaves it alone", async () => {
  const ran = await Promise.all([1, 2, 3].map(() => inject("once")));
  expect(ran.map(({ code }) => code).sort()).toEqual([0, 2, 2]);
  expect(readFileSync(join(home, "once"), "utf8")).toBe("made\n");
  expect(readdirSync(home).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("a file that appears between the check and the naming is left alone, and nothing else stays", () => {
  const path = join(home, "between");
  const file = openOutFile(path, false);
  file.write(Buffer.from("ours"));
  writeFileSync(path, "theirs");
  expect(() => file.done()).toThrow(`${path} exists already`);
  file.abandon();
  expect(readFileSync(path, "utf8")).toBe("theirs");
  expect(readdirSync(home).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("an empty name is refused", async () => {
  expect(await inject("")).toMatchObject({ code: 2, err: expect.stringContaining("is empty") });
});

/** Each command that writes a named file. None of them gets as far as the agent, a password, or standard input. */
const writers = {
  backup: ["backup", "there"],
  "env export": ["env", "export", "staging", "--out-file", "there"],
  inject: ["inject", "--out-file", "there"],
  cat: ["cat", "op://V/I/f", "--out-file", "there"],
  kit: ["kit", "--out-file", "there"],
  read: ["read", "op://V/I/f", "--out-file", "there"],
} as const;

test.each(Object.entries(writers))("%s leaves a file that is there, behind a link too", async (_name, words) => {
  writeFileSync(join(home, "kept"), "before\n");
  rmSync(join(home, "there"), { force: true });
  const look = () => {
    const { ino, mtimeNs, mode, nlink } = statSync(join(home, "kept"), { bigint: true });
    return { ino, mtimeNs, mode, nlink };
  };
  const before = look();
  for (const make of [
    () => writeFileSync(join(home, "there"), "before\n"),
    () => symlinkSync("kept", join(home, "there")),
  ]) {
    rmSync(join(home, "there"), { force: true });
    make();
    const ran = await postern(words, { home, input: "" });
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toBe(
      "postern: there exists already, and was left as it is\n  next: name another file, or give --force to replace it\n",
    );
    expect(readFileSync(join(home, "there"), "utf8")).toBe("before\n");
  }
  expect(look()).toEqual(before);
});

test.each(Object.entries(writers))("%s says in its help what --force is for", async (_name, words) => {
  const ran = await postern([...words, "--help"], { home });
  expect(ran.out.replaceAll(/\s+/g, " ")).toContain(
    "--force replace the file if there is one; without it nothing is replaced",
  );
});

test.each([
  ["a folder", "folder", (path: string) => mkdirSync(path), "is no regular file"],
  ["a link to itself", "itself", (path: string) => symlinkSync("itself", path), "is no regular file"],
])("%s is refused by its name, and left as it is", async (_what, name, make, why) => {
  make(join(home, name));
  const kind = lstatSync(join(home, name)).mode;
  const before = readdirSync(home);
  const ran = await inject(name);
  expect(ran).toMatchObject({ code: 2, out: "" });
  expect(ran.err).toMatch(/^postern: .*\n {2}next: .+\n$/);
  expect(ran.err).toContain(`postern: ${name} ${why}`);
  expect(lstatSync(join(home, name)).mode).toBe(kind);
  expect(readdirSync(home)).toEqual(before);
});

test("a device is written as it is, also behind a link", async () => {
  // A link and not the device itself: a run without the rule would remove the device from the machine.
  symlinkSync("/dev/null", join(home, "device"));
  const before = readdirSync(home);
  expect(await inject("device")).toMatchObject({ code: 0, err: "" });
  expect(readlinkSync(join(home, "device"))).toBe("/dev/null");
  expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  expect(readdirSync(home)).toEqual(before);
});

test("a descriptor is written at its position, and a closed one is refused", async () => {
  const log = join(home, "log");
  const ran = await postern(["inject", "--out-file", "/dev/fd/1"], { home, input: "made\n", stdout: log });
  expect(ran).toMatchObject({ code: 0, err: "postern: Wrote 0 secrets.\n" });
  expect(readFileSync(log, "utf8")).toBe("made\n");
  const closed = await inject("/dev/fd/99");
  expect([closed.code, closed.err]).toEqual([2, expect.stringContaining("/dev/fd/99 could not be written (EBADF)")]);
});

test.skipIf(process.getuid?.() !== 0)("a pipe of another user is not written", async () => {
  execFileSync("mkfifo", [join(home, "pipe")]);
  chownSync(join(home, "pipe"), NOBODY, NOBODY);
  const ran = await inject("pipe");
  expect(ran).toMatchObject({ code: 2, out: "" });
  expect(ran.err).toContain("postern: pipe is a pipe of another user");
});

test.skipIf(process.getuid?.() !== 0)("a link of another user is not followed", async () => {
  writeFileSync(join(home, "mine"), "before\n");
  symlinkSync("mine", join(home, "theirs"));
  lchownSync(join(home, "theirs"), NOBODY, NOBODY);
  const ran = await inject("theirs");
  expect(ran).toMatchObject({ code: 2, out: "" });
  expect(ran.err).toContain("postern: theirs is a link of another user");
  expect(readFileSync(join(home, "mine"), "utf8")).toBe("before\n");
  expect(readlinkSync(join(home, "theirs"))).toBe("mine");
});

test("a link on the way is followed where it is ours", async () => {
  mkdirSync(join(home, "real/deep"), { recursive: true });
  symlinkSync("real/deep", join(home, "short"));
  expect(await inject("short/file")).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(join(home, "real/deep/file"), "utf8")).toBe("made\n");
  // The kernel resolves `..` from the link's target.
  expect(await inject("short/../beside")).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(join(home, "real/beside"), "utf8")).toBe("made\n");
});

test.each([
  ["a folder that is not there", "missing/file", "could not be written (ENOENT)"],
  ["a file in place of a folder", "plain/file", "could not be written (ENOTDIR)"],
  ["a folder's name", "new/", "is no regular file"],
  ["a link round in circles", "circle/file", "is no regular file"],
])("%s on the way is reported by the given name", async (_what, name, why) => {
  writeFileSync(join(home, "plain"), "");
  rmSync(join(home, "circle"), { force: true });
  symlinkSync("circle", join(home, "circle"));
  const ran = await inject(name);
  expect(ran).toMatchObject({ code: 2, out: "" });
  expect(ran.err).toContain(`postern: ${name} ${why}`);
  expect(ran.err).toMatch(/\n {2}next: .+\n$/);
});

test.skipIf(process.getuid?.() !== 0)(
  "a link of another user on the way is not followed, in a shared folder either (needs root to make one)",
  async () => {
    mkdirSync(join(home, "shared"), { mode: 0o777 });
    chmodSync(join(home, "shared"), 0o1777);
    mkdirSync(join(home, "mine-alone"), { mode: 0o700 });
    symlinkSync("../mine-alone", join(home, "shared/theirs"));
    lchownSync(join(home, "shared/theirs"), NOBODY, NOBODY);
    // The last link is this user's, but the way leads through another user's link.
    symlinkSync("shared/theirs/file", join(home, "through"));
    for (const name of ["shared/theirs/file", "through", join(home, "shared/theirs/file")]) {
      const ran = await inject(name);
      expect(ran).toMatchObject({ code: 2, out: "" });
      expect(ran.err).toContain(`postern: ${name} is behind a link of another user`);
    }
    expect(readdirSync(join(home, "mine-alone"))).toEqual([]);
  },
);

test("a limit on the size of files is reported with a next step", () => {
  // More than the shell's limit for the command. Node ignores SIGXFSZ, so the write itself fails.
  const ran = limited(`${"x".repeat(64 * 1024)}\n`);
  expect(ran.status).toBe(2);
  expect(ran.stderr).toContain("postern: large could not be written (EFBIG)");
  expect(ran.stderr).toContain("ulimit -f");
  expect(readdirSync(home)).not.toContain("large");
});
