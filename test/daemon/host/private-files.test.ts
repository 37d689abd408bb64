import {
  chownSync,
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
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ensurePrivateFolder,
  removeUnfinishedWrites,
  writeFileDurably,
  writeFileDurablyNow,
} from "../../../daemon/host/private-files.ts";
import { StartRefused } from "../../../daemon/host/start-refused.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe.each([
  ["a durable write", writeFileDurably],
  ["a durable write of a lock", async (path: string, bytes: Uint8Array) => writeFileDurablyNow(path, bytes)],
] as const)("%s", (_kind, write) => {
  test("makes a file that only we can read, and replaces it whole", async () => {
    const path = join(folder, "store");
    await write(path, bytes("a longer first content"));
    await write(path, bytes("second"));
    expect(readFileSync(path, "utf8")).toBe("second");
    expect(modeOf(path)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["store"]);
  });

  test("replaces a link instead of writing through it", async () => {
    const target = join(folder, "target");
    writeFileSync(target, "mine");
    symlinkSync(target, join(folder, "store"));
    await write(join(folder, "store"), bytes("new"));
    expect(readFileSync(target, "utf8")).toBe("mine");
  });

  test("leaves nothing behind when it fails", async () => {
    mkdirSync(join(folder, "store"));
    await expect(write(join(folder, "store"), bytes("x"))).rejects.toThrow("EISDIR");
    expect(readdirSync(folder)).toEqual(["store"]);
  });

  test("fails where the folder is missing", async () => {
    await expect(write(join(folder, "none", "store"), bytes("x"))).rejects.toThrow("ENOENT");
  });
});

describe("a durable write", () => {
  test("cut off by a crash is removed, and nothing else is", () => {
    for (const name of ["store", "store.unfinished", "store.0123456789abcdef.unfinished"])
      writeFileSync(join(folder, name), "x");
    removeUnfinishedWrites(folder);
    expect(readdirSync(folder).sort()).toEqual(["store", "store.unfinished"]);
  });
});

test("crash leftovers in an account's folder are removed too, and nothing behind a link", () => {
  const left = "account.json.0123456789abcdef.unfinished";
  mkdirSync(join(folder, "elsewhere/one"), { recursive: true });
  writeFileSync(join(folder, "elsewhere/one", left), "x");
  mkdirSync(join(folder, "home"));
  symlinkSync("../elsewhere", join(folder, "home/linked"));
  mkdirSync(join(folder, "home/a/b/deeper"), { recursive: true });
  writeFileSync(join(folder, "home/a/b", left), "x");
  writeFileSync(join(folder, "home/a/b/deeper", left), "x");
  removeUnfinishedWrites(join(folder, "home"));
  expect(readdirSync(join(folder, "elsewhere/one"))).toEqual([left]);
  expect(readdirSync(join(folder, "home/a/b"))).toEqual(["deeper"]);
  // The agent writes no file this deep.
  expect(readdirSync(join(folder, "home/a/b/deeper"))).toEqual([left]);
});

describe("a private folder", () => {
  test("is made with its parents, closed to others", () => {
    ensurePrivateFolder(join(folder, "a", "b"));
    expect([modeOf(join(folder, "a")), modeOf(join(folder, "a", "b"))]).toEqual([0o700, 0o700]);
    ensurePrivateFolder(join(folder, "a", "b"));
  });

  test.each([0o710, 0o701, 0o770, 0o755])("is refused with mode %o", (mode) => {
    mkdirSync(join(folder, "open"), { mode });
    expect(() => ensurePrivateFolder(join(folder, "open"))).toThrow(/open to other users/);
  });

  test("is refused where it is a link to one", () => {
    mkdirSync(join(folder, "real"), { mode: 0o700 });
    symlinkSync(join(folder, "real"), join(folder, "link"));
    expect(() => ensurePrivateFolder(join(folder, "link"))).toThrow(StartRefused);
  });

  test("is refused where it is a file", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => ensurePrivateFolder(join(folder, "file"))).toThrow(StartRefused);
    expect(() => ensurePrivateFolder(join(folder, "file", "below"))).toThrow(StartRefused);
  });

  test("is refused where it belongs to another user, for root as well", () => {
    // Root can make a folder of another user. Every other user can use root's folder.
    const theirs = process.getuid?.() === 0 ? join(folder, "theirs") : "/root";
    if (process.getuid?.() === 0) {
      mkdirSync(theirs, { mode: 0o700 });
      chownSync(theirs, 65534, 65534);
    }
    expect(() => ensurePrivateFolder(theirs)).toThrow(/another user/);
  });
});
