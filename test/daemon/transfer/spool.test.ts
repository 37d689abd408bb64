// Incoming backups lie in a file without a name. The tests show how many bytes the agent takes for one backup, for one asker and in all, and how it
// refuses one.
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newBackupBounds } from "../../../daemon/session/own-backup.ts";
import { createSpools, type Spool, type SpoolLimits } from "../../../daemon/transfer/spool.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";

const much: SpoolLimits = { one: 1000, strangers: 1000, all: 1000, left: 0, idleMs: 1000 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-sp-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (size: number) => new Uint8Array(size).fill(0x61);
let clock: FakeClock;
let free: number;
beforeEach(() => {
  clock = fakeClock();
  free = Number.MAX_SAFE_INTEGER;
});
const spools = (limits: Partial<SpoolLimits> = {}) =>
  createSpools({ folder, clock, newBounds: newBackupBounds, limits: { ...much, ...limits }, free: () => free });

async function content(spool: Spool): Promise<string> {
  let text = "";
  for await (const chunk of spool.source()) text += new TextDecoder().decode(chunk);
  return text;
}

/** Descriptors of files in the folder that no longer have a name. */
function unnamed(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd)).startsWith(folder);
    } catch {
      return false; // This descriptor read the folder.
    }
  }).length;
}

test("a backup is read as often as needed, from a file that has no name", async () => {
  const spool = spools().create(true);
  spool.push(new TextEncoder().encode("one\ntw"));
  spool.push(new TextEncoder().encode("o\n"));
  expect([await content(spool), await content(spool)]).toEqual(["one\ntwo\n", "one\ntwo\n"]);
  expect([readdirSync(folder), unnamed()]).toEqual([[], 1]);
  spool.drop();
  spool.drop();
  expect(unnamed()).toBe(0);
});

test.each([
  ["one backup", { one: 10 }, "tooLarge", [true, true]],
  ["all strangers", { strangers: 15 }, "busy", [true, true]],
  ["all askers", { all: 15 }, "busy", [true, false]],
] as const)("of %s bytes are taken up to the limit, and not one more", (_whose, limits, name, [first, second]) => {
  const ours = spools(limits);
  const other = ours.create(first);
  other.push(bytes(5));
  const spool = ours.create(second);
  spool.push(bytes(10));
  expect(() => spool.push(bytes(1))).toThrow(expect.objectContaining({ name }));
  // The file is gone, and the next backup may use its room. The refusal stays.
  expect(unnamed()).toBe(1);
  expect(() => spool.push(bytes(1))).toThrow(expect.objectContaining({ name }));
  expect(() => spool.source()).toThrow(expect.objectContaining({ name }));
  const next = ours.create(second);
  next.push(bytes(10));
  next.drop();
  other.drop();
  expect(unnamed()).toBe(0);
});

test("room that strangers fill keeps a person from nothing", () => {
  const ours = spools({ strangers: 10, all: 20 });
  const both = [true, false].map((stranger) => ours.create(stranger));
  for (const spool of both) expect(() => spool.push(bytes(10))).not.toThrow();
  for (const spool of both) spool.drop();
});

test("the disk keeps its free reserve, and not a byte less", () => {
  const ours = spools({ left: 5 });
  free = 15;
  const fits = ours.create(false);
  fits.push(bytes(10));
  fits.drop();
  expect(() => ours.create(false).push(bytes(11))).toThrow(expect.objectContaining({ name: "diskFull" }));
  expect(unnamed()).toBe(0);
});

test("one that nobody adds to or reads is let go, and one that is read is not", async () => {
  const spool = spools({ idleMs: 1000 }).create(true);
  spool.push(bytes(10));
  clock.advance(999);
  expect(await content(spool)).toBe("a".repeat(10));
  clock.advance(999);
  expect(unnamed()).toBe(1);
  clock.advance(1);
  expect(unnamed()).toBe(0);
  expect(() => spool.push(bytes(1))).toThrow(gone);
});

const gone = expect.objectContaining({ name: "handleNotFound" });

test("a dropped one gives nothing, though another file has its descriptor's number by then", async () => {
  const mine = spools().create(true);
  mine.push(new TextEncoder().encode("mine"));
  const begun = mine.source();
  mine.drop();
  const theirs = spools().create(true);
  theirs.push(new TextEncoder().encode("them"));
  expect(() => mine.source()).toThrow(gone);
  await expect(begun[Symbol.asyncIterator]().next()).rejects.toThrow(gone);
  theirs.drop();
});

test("one that is dropped in the middle of a read is closed behind it, and its room is there for the next", async () => {
  const ours = spools({ all: 10 });
  const spool = ours.create(true);
  spool.push(bytes(10));
  const piece = spool.source()[Symbol.asyncIterator]().next();
  spool.drop();
  await expect(piece).rejects.toThrow(gone);
  expect(unnamed()).toBe(0);
  const next = ours.create(true);
  next.push(bytes(10));
  next.drop();
});

test("a piece that is no backup is refused before it is written", () => {
  const spool = spools().create(true);
  expect(() => spool.push(new TextEncoder().encode("[".repeat(100)))).toThrow(
    expect.objectContaining({ name: "notRestorable" }),
  );
  expect(unnamed()).toBe(0);
});
