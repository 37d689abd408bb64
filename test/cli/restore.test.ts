// A restore at a terminal: its output, Ctrl-C, and a home that has an account already.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

const PASSWORD = "seven quiet harbours";

const home = mkdtempSync(join(tmpdir(), "postern-rs-"));
const other = mkdtempSync(join(tmpdir(), "postern-rt-"));
const restore = ["restore", join(home, "ada.backup"), "--kit", join(home, "kit.txt"), "--password-fd", "3"];

beforeAll(async () => {
  const init = ["init", "--name", "Ada", "--no-pin", "--kit", "kit.txt", "--password-fd", "3"];
  expect(await postern(init, { home, secrets: [PASSWORD] })).toMatchObject({ code: 0 });
  const backup = ["backup", "ada.backup", "--password-fd", "3"];
  expect(await postern(backup, { home, secrets: [PASSWORD] })).toMatchObject({ code: 0 });
});

afterAll(async () => {
  for (const each of [home, other]) {
    await postern(["agent", "stop"], { home: each });
    rmSync(each, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("Ctrl-C while a backup is checked says what happens next, and leaves no account", async () => {
  const env = { HOME: other, POSTERN_HOME: other, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" };
  const terminal = openTerminal(env, other);
  try {
    terminal.type(`node --no-warnings -- ${main} restore ${join(home, "ada.backup")} --kit ${join(home, "kit.txt")}`);
    await terminal.sees("1 of 1 MiB handed over");
    await terminal.sees("Account password");
    terminal.type(PASSWORD);
    await terminal.sees("checking, then restoring: 0 s");
    terminal.type("\u0003");
    await terminal.sees("interrupted; the restore stops where it is");
    await terminal.sees("restore again, with the same command");
    terminal.type("echo code=$?");
    await terminal.sees("code=130");
  } finally {
    terminal.end();
  }
  // The next restore works. So the one before ended without making anything.
  const again = await postern(restore, { home: other, secrets: [PASSWORD] });
  expect(again).toMatchObject({ code: exitCodes.ok });
  expect(again.err).not.toContain("MiB");
});

test("a backup replaces a file only with --force", async () => {
  const path = join(home, "again.backup");
  writeFileSync(path, "before\n");
  // No password is asked for, since the existing account is checked first.
  const refused = await postern(["backup", "again.backup"], { home });
  expect(refused).toMatchObject({ code: exitCodes.usage, err: expect.stringContaining("exists already") });
  expect(readFileSync(path, "utf8")).toBe("before\n");
  const forced = ["backup", "again.backup", "--force", "--password-fd", "3"];
  expect(await postern(forced, { home, secrets: [PASSWORD] })).toMatchObject({ code: exitCodes.ok });
  expect(readFileSync(path, "utf8")).toMatch(/^\{"kind":"header"/);
});

test("a cut backup is reported as cut, with the line, the byte and the next step", async () => {
  const whole = readFileSync(join(home, "ada.backup"));
  const third = mkdtempSync(join(tmpdir(), "postern-ru-"));
  try {
    const size = whole.length - 10;
    writeFileSync(join(third, "cut.backup"), whole.subarray(0, size));
    const words = ["restore", "cut.backup", "--kit", join(home, "kit.txt"), "--password-fd", "3"];
    const ran = await postern(words, { home: third, secrets: [PASSWORD] });
    expect(ran).toMatchObject({ code: exitCodes.refused, out: "" });
    expect(ran.err).toMatch(
      new RegExp(
        `it was cut in line \\d+, which begins at byte \\d+: the file ends at byte ${size}\n  next: nothing was made;`,
      ),
    );
    expect((await postern(["status"], { home: third })).out).not.toContain("Ada");
  } finally {
    await postern(["agent", "stop"], { home: third });
    rmSync(third, { recursive: true, force: true, maxRetries: 5 });
  }
});

test.each([
  ["packed with gzip", (whole: Buffer) => gzipSync(whole), "it is packed with gzip", "gunzip"],
  [
    "whose root key was garbled",
    (whole: Buffer) =>
      whole.toString().replace(/(?<="rootKey":".{12})..../, (four) => (four === "AAAA" ? "BBBB" : "AAAA")),
    "it is damaged in line 1",
    "copy the backup again",
  ],
  [
    "of a later format",
    (whole: Buffer) => whole.toString().replace("postern backup 1", "postern backup 2"),
    "it was made by a newer Postern",
    "update Postern",
  ],
])("a backup %s is reported as such, whatever the password", async (_what, changed, why, next) => {
  const third = mkdtempSync(join(tmpdir(), "postern-rv-"));
  try {
    writeFileSync(join(third, "other.backup"), changed(readFileSync(join(home, "ada.backup"))));
    const words = ["restore", "other.backup", "--kit", join(home, "kit.txt"), "--password-fd", "3"];
    const ran = await postern(words, { home: third, secrets: ["not the password"] });
    expect(ran).toMatchObject({ code: exitCodes.refused, out: "" });
    expect(ran.err).toContain(why);
    expect(ran.err).toMatch(new RegExp(`  next: .*${next}`));
    expect(ran.err).not.toContain("password");
  } finally {
    await postern(["agent", "stop"], { home: third });
    rmSync(third, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("a restore where an account is already names the next step", async () => {
  expect(await postern(restore, { home, secrets: [PASSWORD] })).toMatchObject({
    code: exitCodes.conflict,
    err: expect.stringContaining("another home (POSTERN_HOME)"),
  });
});
