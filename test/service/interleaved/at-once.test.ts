// Concurrent writes on the store that interleaves their statements: every writing operation of the catalogue against itself and against
// others. The outcome must be that of some order of the whole requests. The soak lane runs every pair.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OperationName, serviceCatalogue } from "../../../protocol/service-catalogue.ts";
import { type Act, actsOf, reading } from "./acts.ts";
import { contested, takenAway } from "./contested.ts";
import { nearly } from "./limits.ts";
import { createRing, type Ring, TIDY } from "./races.ts";
import { type RowImages, rowImages } from "./row-images.ts";
import { makeWorld, openWorld, type World } from "./world.ts";

/** Orders that are tried for two requests on the same rows. */
const SEEDS = [1, 2, 3, 4];

/** Orders that are tried where the window is narrow. */
const MANY_SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

/** Pairs of any operations in the gate, each in one order. */
const PAIRS = 150;

let folder: string;
let world: World;
let database: DatabaseSync;
let rows: RowImages;
let ring: Ring;
let acts: Act[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-at-once-"));
  world = await makeWorld(folder);
  database = openWorld(join(folder, "service.sqlite"));
  rows = rowImages(database);
  ring = createRing(database, rows, world);
  acts = actsOf(world);
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const named = (what: string, among: readonly Act[] = acts): Act => {
  const act = among.find((one) => one.what === what);
  if (act === undefined) throw new Error(`there is no ${what}`);
  return act;
};

test("every operation of the catalogue is asked something here, or only reads", () => {
  const asked = new Set<OperationName>([...acts.map(({ name }) => name), ...reading]);
  expect([...asked].sort()).toEqual(Object.keys(serviceCatalogue).sort());
  expect(acts.filter(({ name }) => (reading as readonly string[]).includes(name))).toEqual([]);
});

test("every request does something by itself, so that it is worth to be sent at once with another", async () => {
  const nothing = (await ring.inTurn([])).join();
  const idle: string[] = [];
  for (const act of acts) {
    const [end = ""] = await ring.inTurn([act]);
    if (end.slice(end.indexOf("\n")) === nothing) idle.push(act.what);
  }
  // These requests have no effect alone: their target exists already, or needs another request first.
  expect(idle).toEqual([
    "devices.remove 3",
    "groups.delete 2",
    "files.putChunk 2",
    "files.putChunk 4",
    "shares.putChunk 2",
    "shares.putChunk 3",
    "shares.revoke 2",
  ]);
});

test("two requests for the same operation end as one after the other", async () => {
  for (const [index, act] of acts.entries())
    for (const other of acts.slice(index)) if (other.name === act.name) await ring.demandSomeOrder([act, other], [1]);
});

test("two requests for any operations end as one after the other", async () => {
  const any = fc.nat({ max: acts.length - 1 }).map((index) => acts[index] as Act);
  await fc.assert(
    fc.asyncProperty(any, any, fc.nat(), (one, other, seed) => ring.demandSomeOrder([one, other], [seed])),
    { numRuns: PAIRS },
  );
});

/** The answers to two requests: "done", or the error's name. */
function toldIn(end: string): string[] {
  const answers = end.split("\n").slice(0, 2);
  return answers
    .map((answer) => answer.slice(answer.indexOf(": ") + 2))
    .map((told) => (told.startsWith("{") ? "done" : told));
}

test.each(contested)(
  "%s and %s: one is told %s, the other %s, in turn and at once",
  async (one, other, first, second) => {
    const both = [named(one), named(other)];
    const ends = await ring.inTurn(both);
    for (const seed of SEEDS) ends.push(await ring.atOnce(both, seed));
    for (const end of ends) expect(toldIn(end).sort()).toEqual([first, second].sort());
  },
);

test.each(takenAway)("after %s, %s is told %s; at once it is that, or both are done", async (taking, wanting, told) => {
  const both = [named(taking), named(wanting)];
  const [after = ""] = await ring.inTurn(both);
  expect(toldIn(after)).toEqual(["done", told]);
  await ring.demandSomeOrder(both, MANY_SEEDS);
});

describe("what goes by itself after a day", () => {
  /** More than a day ago: the next tidying removes unnamed files and copies of that age. */
  const old = (): Ring =>
    createRing(database, rows, world, (prepared) => {
      const before = new Date(world.now - 2 * 24 * 60 * 60_000).toISOString();
      prepared.prepare("UPDATE uploads SET touched_at = ?").run(before);
      prepared.prepare("UPDATE share_chunks SET created_at = ?").run(before);
    });

  test.each([
    "items.put 5",
    "files.putChunk 1",
    "files.abandon 1",
    "shares.create 1",
    "shares.putChunk 1",
    "vaults.delete 1",
  ])("goes whole or stays whole beside %s", async (what) => {
    await old().demandSomeOrder([named(what), TIDY], MANY_SEEDS);
  });
});

test.each(nearly)("of $limit, two requests at once reach the last place once", async (one) => {
  const full = createRing(database, rows, world, (prepared) => one.prepare(prepared, world));
  const among = [...acts, ...(one.more?.(world) ?? [])];
  const both = one.acts.map((what) => named(what, among));
  await full.demandSomeOrder(both, MANY_SEEDS.slice(0, 6));
  // The limit was near. One after another, the second request reaches it.
  const told = (await full.inTurn(both)).map((end) => end.split("\n").slice(0, 2));
  for (const answers of one.refusal === undefined ? [] : told)
    expect(answers.filter((answer) => answer.endsWith(`: ${one.refusal}`))).toHaveLength(1);
});
