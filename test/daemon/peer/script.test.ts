import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readScript, SCRIPT_BYTES_MAX, scriptArgument } from "../../../daemon/peer/script.ts";

describe("the script behind an interpreter", () => {
  test.each<[string, string, string | undefined]>([
    ["/usr/bin/node", "node app.js --flag", "app.js"],
    ["/usr/bin/node", "node --no-warnings --require hook.js app.js x", "app.js"],
    ["/usr/bin/node", "node -- -odd.js", "-odd.js"],
    ["/usr/bin/node", "node -e code app.js", undefined],
    ["/usr/bin/node", "node", undefined],
    ["/usr/bin/node", "node -", undefined],
    ["/usr/bin/python3.11", "python3 -I -S tool.py", "tool.py"],
    ["/usr/bin/python3.11", "python3 -W ignore tool.py", "tool.py"],
    ["/usr/bin/python3.11", "python3 -m http.server", undefined],
    ["/usr/bin/python3.11", "python3 -c code", undefined],
    ["/usr/bin/ruby3.1", "ruby -I lib run.rb", "run.rb"],
    ["/usr/bin/perl5.36.0", "perl -w run.pl", "run.pl"],
    ["/usr/bin/bash", "bash -eu -o pipefail deploy.sh", "deploy.sh"],
    ["/usr/bin/dash", "sh -c code name", undefined],
    ["/usr/bin/deno", "deno run --allow-net main.ts", "main.ts"],
    ["/usr/bin/deno", "deno eval code", undefined],
    ["/usr/bin/bun", "bun run main.ts", "main.ts"],
    ["/usr/bin/cat", "cat file", undefined],
    ["/usr/bin/constructor", "constructor file", undefined],
  ])("%s with `%s` is %s", (executable, argv, script) => {
    expect(scriptArgument(executable, argv.split(" "))).toBe(script);
  });
});

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
    expect(readScript("b.py", folder)).toEqual({
      path: join(realpathSync(folder), "a.py"),
      sha256,
      ownerUid: process.getuid?.(),
    });
  });

  test("is taken of a script at the size limit and not of one byte more", () => {
    const path = join(folder, "large.js");
    writeFileSync(path, "");
    truncateSync(path, SCRIPT_BYTES_MAX);
    expect(readScript(path, undefined)?.sha256).toMatch(/^[0-9a-f]{64}$/);
    truncateSync(path, SCRIPT_BYTES_MAX + 1);
    expect(readScript(path, undefined)).toEqual({ path, sha256: undefined, ownerUid: undefined });
  });

  test("is not taken of a named pipe, and nobody waits for one", () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    expect(readScript(path, undefined)?.sha256).toBeUndefined();
  });

  test.each(["/dev/zero", "/dev/fd/0", "/proc/self/environ", "/"])("is not taken of %s", (path) => {
    expect(readScript(path, undefined)?.sha256).toBeUndefined();
  });

  test("is not taken of a file that is missing, nor of a relative one without a folder", () => {
    expect(readScript(join(folder, "none"), undefined)?.sha256).toBeUndefined();
    expect(readScript("a.py", undefined)).toBeUndefined();
  });

  test("is not taken of a file we have open, so that no lock of ours is dropped", () => {
    const path = join(folder, "store.db");
    const store = new DatabaseSync(path);
    store.exec("BEGIN EXCLUSIVE");
    symlinkSync(path, join(folder, "innocent.py"));
    expect(readScript(join(folder, "innocent.py"), undefined)?.sha256).toBeUndefined();
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
