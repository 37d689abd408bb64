// Releases the real tree in its own clone. The dry run works on any branch. A tag needs a clean main.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
let clone: string;

const git = (...words: string[]) => execFileSync("git", words, { cwd: clone, encoding: "utf8" }).trim();
const release = (...words: string[]) =>
  spawnSync("npm", ["run", "--silent", "release", "--", ...words], { cwd: clone, encoding: "utf8" });

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "postern-clone-"));
  execFileSync("git", ["clone", "--quiet", "--no-tags", root, clone]);
  git("checkout", "--quiet", "-B", "next");
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
  // Git does not treat a link as a folder, so the ignore rule for the folder does not cover it.
  writeFileSync(join(clone, ".git", "info", "exclude"), "node_modules\n");
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

test("the dry run of the real tree goes through, and tags nothing", { timeout: 300_000 }, () => {
  const ran = release("--dry-run");
  expect(ran.stdout).toMatch(/would tag [0-9a-f]+ as v\d+\.\d+\.\d+; nothing was tagged/);
  expect([ran.status, git("tag", "--list"), git("status", "--porcelain")]).toEqual([0, "", ""]);
});

test("the real tree is tagged on main, once its changelog has a day", { timeout: 300_000 }, () => {
  git("checkout", "--quiet", "-B", "main");
  const changelog = readFileSync(join(clone, "CHANGELOG.md"), "utf8");
  writeFileSync(join(clone, "CHANGELOG.md"), changelog.replace(", unreleased", ", 2026-11-29"));
  const as = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  git(...as, "commit", "--quiet", "--all", "--allow-empty", "--message", "CHANGELOG: date the release");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.com");
  const ran = release();
  expect([ran.status, ran.stderr]).toEqual([0, expect.any(String)]);
  expect(git("tag", "--list")).toMatch(/^v\d+\.\d+\.\d+$/);
});
