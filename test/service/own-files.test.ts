// What the service finds in place of its files: it says which, and why it does not use them, and leaves them as they are.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../../service/store/sqlite.ts";
import { NOBODY } from "../daemon/peer/children.ts";

const program = fileURLToPath(new URL("../../service/main.ts", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-of-"));
  mkdirSync(join(folder, "data"), { mode: 0o700 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, "data", name);

/** Starts a service that does not come up. A pipe would let it wait, so an end is set. */
function refused() {
  return spawnSync(
    process.execPath,
    ["--disable-sigusr1", "--no-warnings", program, "--data", join(folder, "data"), "--port", "0"],
    {
      encoding: "utf8",
      env: { HOME: folder },
      timeout: 10_000,
    },
  );
}

const STORE = ["service.sqlite", "service.sqlite-wal", "service.sqlite-shm", "service.sqlite-journal"];

test.each(STORE)("%s as a link is refused by its name, and what it leads to is untouched", async (name) => {
  writeFileSync(join(folder, "elsewhere"), "kept");
  symlinkSync(join(folder, "elsewhere"), at(name));
  await expect(openSqlite(at("service.sqlite"))).rejects.toMatchObject({
    name: "fileUnusable",
    message: expect.stringContaining(`${at(name)} is a link`),
  });
  expect(readFileSync(join(folder, "elsewhere"), "utf8")).toBe("kept");
  expect(readlinkSync(at(name))).toBe(join(folder, "elsewhere"));
});

test.each(STORE)("%s as a link to nothing makes no file there", async (name) => {
  symlinkSync(join(folder, "elsewhere"), at(name));
  await expect(openSqlite(at("service.sqlite"))).rejects.toMatchObject({ name: "fileUnusable" });
  expect(lstatSync(join(folder, "elsewhere"), { throwIfNoEntry: false })).toBeUndefined();
});

const spoilt: readonly [string, () => unknown, string][] = [
  ["a store that is a link", () => symlinkSync("elsewhere", at("service.sqlite")), "service.sqlite is a link"],
  ["a store that is a folder", () => mkdirSync(at("service.sqlite")), "service.sqlite is no file"],
  ["a store that is a pipe", () => execFileSync("mkfifo", [at("service.sqlite")]), "service.sqlite is no file"],
  [
    "a store that is no database",
    () => writeFileSync(at("service.sqlite"), "x".repeat(4096)),
    "service.sqlite is damaged",
  ],
  [
    "a log of writes that is a link",
    () => symlinkSync("elsewhere", at("service.sqlite-wal")),
    "service.sqlite-wal is a link",
  ],
  [
    "a registration that is a link",
    () => symlinkSync("elsewhere", at("registration.sha256")),
    "registration.sha256 is a link",
  ],
  [
    "a registration that is a pipe",
    () => execFileSync("mkfifo", [at("registration.sha256")]),
    "registration.sha256 is a link, no file",
  ],
];
test.each(spoilt)("the service does not start on %s, and says so", (_what, make, why) => {
  make();
  const ran = refused();
  expect([ran.status, ran.stdout]).toEqual([2, ""]);
  expect(ran.stderr).toContain(why);
  expect(ran.stderr).not.toContain("    at ");
});

test.skipIf(process.getuid?.() !== 0)("a store of another user is refused (needs root to make one)", async () => {
  writeFileSync(at("service.sqlite"), "");
  chownSync(at("service.sqlite"), NOBODY, NOBODY);
  await expect(openSqlite(at("service.sqlite"))).rejects.toMatchObject({
    message: expect.stringContaining("belongs to another user"),
  });
  lchownSync(at("service.sqlite"), 0, 0);
  await (await openSqlite(at("service.sqlite"))).close();
});
