// The log in pages. No record is missing or comes twice, whatever the limits. One page costs no more than its limit
// allows.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { add, FOLDED_ABOUT_MAX, folded, NAMES_LENGTH_MAX, namesWithin, newFold } from "../../../daemon/audit/folds.ts";
import { PAGE_BYTES_MAX, PAGE_SEGMENTS_MAX, type Page, type Range, readPage } from "../../../daemon/audit/pages.ts";

const HOUR_MS = 60 * 60_000;
const start = Date.parse("2026-11-01T00:00:00.000Z");
const everything: Range = { after: 0, sinceMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-pages-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes segments with these numbers of records, an hour apart. */
function write(counts: readonly number[], more: object = {}): void {
  let seq = 0;
  for (const [index, count] of counts.entries()) {
    const lines = Array.from({ length: count }, () => {
      seq++;
      const at = new Date(start + seq * HOUR_MS).toISOString();
      return `${JSON.stringify({ seq, at, event: "test", outcome: "ok", count: 1, ...more, hash: "x" })}\n`;
    });
    writeFileSync(join(folder, `audit-${String(index + 1).padStart(6, "0")}.log`), lines.join(""));
  }
}

async function pages(range: Range, limit: number, wanted: (seq: number) => boolean): Promise<Page[]> {
  const all: Page[] = [];
  for (let after: number | undefined = range.after; after !== undefined; ) {
    const page: Page = await readPage(folder, { ...range, after }, limit, ({ seq }) => wanted(seq));
    all.push(page);
    expect(page.next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(after);
    after = page.next;
  }
  return all;
}

const seqs = (all: readonly Page[]) => all.flatMap(({ records }) => records.map(({ seq }) => seq));

test("all pages together are the requested records", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 7 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 40 }),
      fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 })),
      fc.integer({ min: 1, max: 4 }),
      async (counts, limit, after, [since, until], nth) => {
        rmSync(folder, { recursive: true, force: true });
        folder = mkdtempSync(join(tmpdir(), "postern-pages-"));
        write(counts);
        const range = { after, sinceMs: start + since * HOUR_MS, untilMs: start + until * HOUR_MS };
        const total = counts.reduce((sum, count) => sum + count, 0);
        const expected = Array.from({ length: total }, (_, index) => index + 1).filter(
          (seq) => seq > after && seq >= since && seq <= until && seq % nth === 0,
        );
        const all = await pages(range, limit, (seq) => seq % nth === 0);
        expect(seqs(all)).toEqual(expected);
        for (const { records } of all) expect(records.length).toBeLessThanOrEqual(limit);
      },
    ),
    { numRuns: 60 },
  );
});

test("a page that is full says so only where another record fits", async () => {
  write([6]);
  expect(await readPage(folder, everything, 6, () => true)).not.toHaveProperty("next");
  expect(await readPage(folder, everything, 5, () => true)).toHaveProperty("next", 5);
});

test("a page reads as many segments as allowed and not one more", async () => {
  write(Array.from({ length: PAGE_SEGMENTS_MAX }, () => 3));
  expect(await readPage(folder, everything, 10, () => false)).toEqual({ records: [] });
  write(Array.from({ length: PAGE_SEGMENTS_MAX + 1 }, () => 3));
  expect(await readPage(folder, everything, 10, () => false)).toEqual({ records: [], next: PAGE_SEGMENTS_MAX * 3 });
});

test("segments without a record end no page, since the next one could not begin after them", async () => {
  const without = Array.from({ length: PAGE_SEGMENTS_MAX + 1 }, () => 0);
  write(without);
  expect(await readPage(folder, everything, 10, () => true)).toEqual({ records: [] });
  write([...without, 2]);
  expect(seqs(await pages(everything, 10, () => true))).toEqual([1, 2]);
});

test("segments of other days are not read", async () => {
  const days = PAGE_SEGMENTS_MAX + 6;
  write(Array.from({ length: days }, () => 48));
  const range = { ...everything, sinceMs: start + (days - 2) * 48 * HOUR_MS };
  expect(await readPage(folder, range, 1_000, () => false)).toEqual({ records: [] });
});

test("a page keeps its byte limit, and a larger record stands alone", async () => {
  write([3], { program: "x".repeat(PAGE_BYTES_MAX / 2) });
  const all = await pages(everything, 10, () => true);
  expect(all.map(({ records }) => records.length)).toEqual([1, 1, 1]);
  write([2], { program: "x".repeat(PAGE_BYTES_MAX * 2) });
  expect(seqs(await pages(everything, 10, () => true))).toEqual([1, 2]);
});

test("a line that is no record is passed over", async () => {
  write([2, 2]);
  writeFileSync(join(folder, "audit-000001.log"), "null\n{}\n[1]\nno JSON\n");
  expect(seqs(await pages(everything, 10, () => true))).toEqual([3, 4]);
});

describe("refusals that fold", () => {
  const refused = (name: string) => ({ event: "secrets.resolve", outcome: "locked", asked: [], names: [name] });

  test("are named up to a bound, each once, and the rest is counted", () => {
    const fold = newFold(refused("first"), 0);
    for (let index = 0; index < FOLDED_ABOUT_MAX; index++) add(fold, refused(`${index}`));
    add(fold, refused("0"));
    expect(folded(fold)).not.toHaveProperty("unnamed");
    add(fold, refused("one more"));
    const { names, unnamed } = folded(fold);
    expect([names?.length, unnamed, fold.count]).toEqual([FOLDED_ABOUT_MAX, 1, FOLDED_ABOUT_MAX + 2]);
  });

  test("names have limited room in a record, and the rest is counted", () => {
    const name = "n".repeat(NAMES_LENGTH_MAX / 4);
    expect(namesWithin([name, name, name, name])).toEqual({ names: [name, name, name, name], left: 0 });
    expect(namesWithin([name, name, name, name, "x", "y"])).toEqual({ names: [name, name, name, name], left: 2 });
  });
});
