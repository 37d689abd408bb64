// The command under a Node that claims to be too old.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command as main } from "../programs.ts";

const OLD = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"25.9.1"}})`;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "postern-n-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test.each(["agent start", "vault list", "read op://a/b/c", "status --json"])(
  "%s names the Node it needs and the one it found, and starts nothing",
  (words) => {
    const ran = spawnSync(process.execPath, ["--no-warnings", "--import", OLD, "--", main, ...words.split(" ")], {
      encoding: "utf8",
      env: { HOME: home, POSTERN_HOME: home, PATH: "/usr/bin:/bin" },
    });
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toContain("Node 26 or later is needed, and this is Node 25.9.1");
    expect(ran.stderr).toContain("install Node 26 or later");
    expect(readdirSync(home)).toEqual([]);
  },
);
