// Unusable homes. Each ends the command at once, with our own message and a next step.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command as main } from "../programs.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-h-"));
  writeFileSync(join(folder, "file"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs with a deadline, since Node's own mkdir never returns for a folder under /proc. */
const postern = (words: string, home: string) =>
  spawnSync(process.execPath, ["--no-warnings", "--", main, ...words.split(" ")], {
    encoding: "utf8",
    env: { HOME: folder, POSTERN_HOME: home, PATH: "/usr/bin:/bin" },
    timeout: 10_000,
  });

test.each([
  ["under /proc", () => "/proc/x", "the agent's home /proc/x/data could not be written (ENOENT)"],
  ["under a file", () => join(folder, "file"), "could not be written (ENOTDIR)"],
  ["relative", () => "here", "POSTERN_HOME must be an absolute path"],
  ["empty", () => "", "POSTERN_HOME is set, and empty"],
  ["blank", () => "  ", "POSTERN_HOME is set, and empty"],
  ["too long for a socket", () => `/${"x".repeat(200)}`, "set POSTERN_SOCKET to a shorter one"],
])("a home that is %s is reported, with a next step", (_what, home, why) => {
  const ran = postern("vault list", home());
  expect(ran).toMatchObject({ status: 2, stdout: "" });
  expect(ran.stderr).toMatch(/^postern: .*\n {2}next: .+\n$/);
  expect(ran.stderr).toContain(why);
});

test.each([
  ["under /proc", "/proc/x", "could not be made (ENOENT)"],
  ["relative", "here", "POSTERN_HOME must be an absolute path"],
])("the agent in the foreground reports a home that is %s, with a next step", (_what, home, why) => {
  const ran = postern("agent run", home);
  expect(ran.status).toBe(1);
  expect(ran.stderr).toContain(why);
  expect(ran.stderr).toMatch(/^ {2}next: .+$/m);
});

test("the service refuses a folder under /proc with a message", () => {
  const ran = postern("service run --data /proc/x --port 0", folder);
  expect(ran.status).toBe(2);
  expect(ran.stderr).toContain(
    "--data /proc/x could not be made (ENOENT)\n  next: name a folder that you may write to",
  );
});

test("agent stop without a running agent says so, and succeeds", () => {
  expect(postern("agent stop", folder)).toMatchObject({ status: 0, stdout: "No agent is running.\n", stderr: "" });
});
