// From where the agent loads packages with a binary. The home and NODE_PATH of the process offer a planted package that
// reports when it is loaded.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requireOwn } from "../../../daemon/host/own-package.ts";

const ownPackage = fileURLToPath(new URL("../../../daemon/host/own-package.ts", import.meta.url));
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "postern-own-"));
  for (const folder of [".node_modules", ".node_libraries", "path"]) {
    mkdirSync(join(home, folder, "planted"), { recursive: true });
    writeFileSync(join(home, folder, "planted", "index.js"), 'process.stdout.write("loaded"); module.exports = {};');
  }
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function run(program: string): string {
  const ran = spawnSync(process.execPath, ["--no-warnings", "-e", program], {
    env: { HOME: home, NODE_PATH: join(home, "path") },
    cwd: home,
    encoding: "utf8",
  });
  return ran.stdout + (ran.status === 0 ? "" : ran.stderr);
}

test("a package of the installation is loaded", () => {
  expect(requireOwn("koffi")).toHaveProperty("load");
});

test("koffi's binary lies where the agent takes it from, and is the package's own", () => {
  const binary = requireOwn(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`) as {
    version: string;
  };
  expect(binary.version).toBe((requireOwn("koffi/package.json") as { version: string }).version);
});

test("a package that the installation lacks is not taken from the home, nor from NODE_PATH", () => {
  // Node itself loads the planted package. Otherwise the test would prove nothing.
  expect(run('require("planted")')).toBe("loaded");
  const own = run(`import(${JSON.stringify(ownPackage)}).then(({ requireOwn }) => requireOwn("planted"))`);
  expect(own).toContain("planted is not installed");
  expect(own).not.toMatch(/^loaded/);
});
