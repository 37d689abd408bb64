// Sends every pair of requests for writing operations at once, and many triples. The store interleaves their
// statements.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Act, actsOf } from "../service/interleaved/acts.ts";
import { createRing, type Ring, TIDY } from "../service/interleaved/races.ts";
import { rowImages } from "../service/interleaved/row-images.ts";
import { makeWorld, openWorld } from "../service/interleaved/world.ts";

/** Each pair runs in these orders. */
const SEEDS = [13, 14, 15];

/** Number of triples of any operations. Each runs in one order. */
const TRIPLES = 200;

let folder: string;
let database: DatabaseSync;
let ring: Ring;
let acts: Act[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-at-once-"));
  const world = await makeWorld(folder);
  database = openWorld(join(folder, "service.sqlite"));
  ring = createRing(database, rowImages(database), world);
  acts = [...actsOf(world), TIDY];
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

test("every pair of requests ends as one after the other", async () => {
  const wrong: string[] = [];
  for (const [index, act] of acts.entries())
    for (const other of acts.slice(index))
      await ring.demandSomeOrder([act, other], SEEDS).catch((error: Error) => {
        wrong.push(`${act.what} and ${other.what}: ${error.message}`);
      });
  expect(wrong).toEqual([]);
}, 600_000);

test("three requests end as one after the other", async () => {
  const any = fc.nat({ max: acts.length - 1 }).map((index) => acts[index] as Act);
  await fc.assert(
    fc.asyncProperty(any, any, any, fc.nat(), (one, two, three, seed) =>
      ring.demandSomeOrder([one, two, three], [seed]),
    ),
    { numRuns: TRIPLES },
  );
}, 600_000);
