// Backups on their way in: a file without a name, how many bytes of one, of one asker and of all are taken, and what becomes
// of one that is refused.
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSpools, type Spool, type SpoolLimits } from "../../../daemon/transfer/spool.ts";

const much: SpoolLimits = { one: 1000, perAsker: 1000, all: 1000 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-sp-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (size: number) => new Uint8Array(size).fill(0x61);
const spools = (limits: Partial<SpoolLimits> = {}) => createSpools(folder, { ...much, ...limits });

async function content(spool: Spool): Promise<string> {
  let text = "";
  for await (const chunk of spool.source()) text += new TextDecoder().decode(chunk);
  return text;
}

/** Descriptors of files in the folder that have no name any more. */
function unnamed(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd)).startsWith(folder);
    } catch {
      return false; // The descriptor that read the folder.
    }
  }).length;
}

test("what is handed over is read as often as needed, from a file that has no name", async () => {
  const spool = spools().create("asker");
  spool.push(new TextEncoder().encode("one\ntw"));
  spool.push(new TextEncoder().encode("o\n"));
  expect([await content(spool), await content(spool)]).toEqual(["one\ntwo\n", "one\ntwo\n"]);
  expect([readdirSync(folder), unnamed()]).toEqual([[], 1]);
  spool.drop();
  spool.drop();
  expect(unnamed()).toBe(0);
});

test.each([
  ["one backup", { one: 10 }, "tooLarge", ["a", "a"]],
  ["one asker", { perAsker: 15 }, "busy", ["a", "a"]],
  ["all askers", { all: 15 }, "busy", ["a", "b"]],
] as const)(
  "of %s as many bytes are taken as the limit says, and not one more",
  (_whose, limits, name, [first, second]) => {
    const ours = spools(limits);
    const other = ours.create(first);
    other.push(bytes(5));
    const spool = ours.create(second);
    spool.push(bytes(10));
    expect(() => spool.push(bytes(1))).toThrow(expect.objectContaining({ name }));
    // It is gone, and what it held is there for the next; it stays refused.
    expect(unnamed()).toBe(1);
    expect(() => spool.push(bytes(1))).toThrow(expect.objectContaining({ name }));
    expect(() => spool.source()).toThrow(expect.objectContaining({ name }));
    const next = ours.create(second);
    next.push(bytes(10));
    next.drop();
    other.drop();
    expect(unnamed()).toBe(0);
  },
);

test("what one asker fills keeps another from nothing", () => {
  const ours = spools({ perAsker: 10, all: 20 });
  const both = ["a", "b"].map((asker) => ours.create(asker));
  for (const spool of both) expect(() => spool.push(bytes(10))).not.toThrow();
  for (const spool of both) spool.drop();
});

test("a piece that is no backup is refused before it is written", () => {
  const spool = spools().create("asker");
  expect(() => spool.push(new TextEncoder().encode("[".repeat(100)))).toThrow(
    expect.objectContaining({ name: "notRestorable" }),
  );
  expect(unnamed()).toBe(0);
});
