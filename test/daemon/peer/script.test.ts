import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readScript, SCRIPT_BYTES_MAX } from "../../../daemon/peer/script.ts";

/** A script as a process without a root of its own names it. */
const read = (argument: string, folder?: string) =>
  readScript(argument, { folder, pid: process.pid, keepsOpen: false });

describe("a script's hash", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "postern-script-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("is that of its content, under its real path, from the process's folder", () => {
    writeFileSync(join(folder, "a.py"), "print(1)\n");
    symlinkSync("a.py", join(folder, "b.py"));
    const sha256 = createHash("sha256").update("print(1)\n").digest("hex");
    expect(read("b.py", folder)).toEqual({
      path: join(realpathSync(folder), "a.py"),
      sha256,
      ownerUid: process.getuid?.(),
      changedMs: Number(statSync(join(folder, "a.py"), { bigint: true }).ctimeMs),
      isOpen: false,
      isElsewhere: false,
    });
  });

  test("is that of the file that the process means, where a folder on the way is a link", () => {
    mkdirSync(join(folder, "far", "inner"), { recursive: true });
    symlinkSync("far/inner", join(folder, "near"));
    writeFileSync(join(folder, "far", "x.py"), "1");
    writeFileSync(join(folder, "x.py"), "2");
    expect(read("near/../x.py", folder)?.path).toBe(join(realpathSync(folder), "far", "x.py"));
  });

  test("is taken of a script at the size limit and not of one byte more", () => {
    const path = join(folder, "large.js");
    writeFileSync(path, "");
    truncateSync(path, SCRIPT_BYTES_MAX);
    expect(read(path)?.sha256).toMatch(/^[0-9a-f]{64}$/);
    truncateSync(path, SCRIPT_BYTES_MAX + 1);
    expect(read(path)).toMatchObject({ path, sha256: undefined, ownerUid: undefined });
  });

  test("is not taken of a named pipe, and nobody waits for one", () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    expect(read(path)?.sha256).toBeUndefined();
  });

  test.each(["/dev/zero", "/dev/fd/0", "/proc/self/environ", "/"])("is not taken of %s", (path) => {
    expect(read(path)?.sha256).toBeUndefined();
  });

  test("is not taken of a file that is missing, nor of a relative one without a folder", () => {
    expect(read(join(folder, "none"))?.sha256).toBeUndefined();
    expect(read("a.py")).toBeUndefined();
  });

  test("is not taken of a file we have open, so that no lock of ours is dropped", () => {
    const path = join(folder, "store.db");
    const store = new DatabaseSync(path);
    store.exec("BEGIN EXCLUSIVE");
    symlinkSync(path, join(folder, "innocent.py"));
    expect(read(join(folder, "innocent.py"))?.sha256).toBeUndefined();
    expect(isLockedForOthers(path)).toBe(true);
    // The control: opening and closing the file drops the lock.
    closeSync(openSync(path, "r"));
    expect(isLockedForOthers(path)).toBe(false);
    store.close();
  });
});

function isLockedForOthers(path: string): boolean {
  const code = `
    const { DatabaseSync } = require("node:sqlite");
    try { new DatabaseSync(process.argv[1]).exec("BEGIN EXCLUSIVE"); console.log("free"); } catch { console.log("locked"); }`;
  return execFileSync(process.execPath, ["-e", code, path], { encoding: "utf8" }).trim() === "locked";
}
