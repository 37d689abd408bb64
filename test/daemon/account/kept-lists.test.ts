// Rows of lists: which rows are kept, and what makes the agent forget or mark them. The rows kept for a range of ids are always all rows of that
// range.
import { inspect } from "node:util";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { createCache } from "../../../daemon/account/cache.ts";
import {
  CHANGED_MAX,
  CHUNK_BYTES,
  createKeptLists,
  END,
  firstAfter,
  idAt,
  joined,
  type KeptLists,
  LIST_AGE_MS_MAX,
  type Rows,
  type Sealing,
  startOf,
} from "../../../daemon/account/kept-lists.ts";
import { native as crypto } from "../../protocol/crypto/implementations.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";

const idOf = (number: number) =>
  `${"a".repeat(23)}${[...String(number).padStart(3, "0")].map((one) => "234567abcd"[Number(one)]).join("")}`;
const IDS = Array.from({ length: 1000 }, (_, index) => idOf(index)).sort();
const at = (index: number) => IDS[index] ?? "";
const rowOf = (id: string, more = "") => ({ id, json: new TextEncoder().encode(JSON.stringify({ id, more })) });
const rowsFrom = (from: number, to: number) => IDS.slice(from, to).map((id) => rowOf(id));
const idsIn = (rows: Rows | undefined) =>
  rows === undefined ? undefined : Array.from(rows.ends, (_, row) => idAt(rows, row));
const read = (rows: Rows | undefined) =>
  JSON.parse(`[${Buffer.from(rows?.open() ?? []).toString()}]`) as { id: string }[];

const key = crypto.randomBytes(32);
const sealing: Sealing = {
  randomBytes: crypto.randomBytes,
  seal: (nonce, place, plaintext) => crypto.aeadSeal(key, nonce, place, plaintext),
  open: (nonce, place, sealed) => {
    const opened = crypto.aeadOpen(key, nonce, place, sealed);
    if (opened === undefined) throw new Error("it did not open");
    return opened;
  },
};

let clock: FakeClock;
let lists: KeptLists;
beforeEach(() => {
  clock = fakeClock();
  lists = createKeptLists(sealing, clock.monotonicMs);
});

/** Keeps the items between two places of IDS, as the service would list them. */
const keep = (from: number, to: number, vault = "v", through = at(to - 1)) =>
  lists.keep(vault, "active", joined(from === 0 ? "" : at(from - 1), through, rowsFrom(from, to)), lists.stamp(vault));
const find = (id: string, vault = "v") => lists.find(vault, "active", id);

describe("rows that were kept", () => {
  test("are found by any id that they follow, and not by one that others may follow", () => {
    keep(0, 10);
    for (const id of ["", at(0), at(8)])
      expect(read(find(id))).toEqual(rowsFrom(0, 10).map(({ id: own }) => ({ id: own, more: "" })));
    expect(find(at(9))).toBeUndefined();
    expect(find(at(500))).toBeUndefined();
  });

  test("belong to their vault and state alone", () => {
    keep(0, 10);
    expect(find("", "w")).toBeUndefined();
    expect(lists.find("v", "archived", "")).toBeUndefined();
  });

  test("may be an empty list, which is remembered as empty", () => {
    lists.keep("v", "active", joined("", END, []), lists.stamp("v"));
    expect(idsIn(find(at(3)))).toEqual([]);
  });

  test("lie nowhere in clear but for their ids", () => {
    lists.keep("v", "active", joined("", END, [rowOf(at(0), "a title")]), lists.stamp("v"));
    const shown = inspect(find(""), { depth: 9, showHidden: true });
    expect(shown).toContain(at(0));
    expect(shown).not.toContain("title");
  });

  test("stay as they were, whatever happens to the bytes of an answer", () => {
    keep(0, 3);
    find("")?.open().fill(0);
    expect(read(find(""))).toHaveLength(3);
  });

  test("stay until the end of their age, whether a row changed or not", () => {
    keep(0, 10);
    clock.advance(LIST_AGE_MS_MAX);
    const kept = find("");
    lists.mark("v", at(2));
    lists.keep("v", "active", joined("", at(9), rowsFrom(0, 9)), lists.stamp("v"), kept);
    expect(idsIn(find(""))).toHaveLength(9);
    clock.advance(1);
    expect(find("")).toBeUndefined();
    expect(lists.bytes).toBe(0);
  });

  test("fill a gap up to the rows that are kept already", () => {
    keep(10, 20);
    keep(5, 15);
    expect(idsIn(find(at(4)))).toEqual(IDS.slice(5, 10));
    expect(idsIn(find(at(9)))).toEqual(IDS.slice(10, 20));
  });

  test("do not take the place of those that are there", () => {
    keep(0, 10);
    const before = find("");
    keep(3, 12);
    expect(find(at(3))).toBe(before);
    expect(find(at(9))).toBeUndefined();
  });

  test("are not kept where something changed since they were fetched", () => {
    for (const change of [() => lists.mark("v", at(700)), () => lists.dropVault("v"), lists.clear]) {
      const stamp = lists.stamp("v");
      change();
      lists.keep("v", "active", joined("", at(9), rowsFrom(0, 10)), stamp);
      expect(find("")).toBeUndefined();
    }
    const stamp = lists.stamp("v");
    lists.mark("w", at(0));
    lists.keep("v", "active", joined("", at(9), rowsFrom(0, 10)), stamp);
    expect(find("")).toBeDefined();
  });

  test("replace the rows that they were made from, as long as these are kept", () => {
    keep(0, 10);
    const kept = find("");
    lists.dropVault("v");
    keep(0, 5);
    lists.keep("v", "active", joined("", at(9), rowsFrom(0, 10)), lists.stamp("v"), kept);
    expect(idsIn(find(""))).toHaveLength(5);
  });
});

describe("a change", () => {
  beforeEach(() => {
    keep(0, 10);
    keep(10, 20);
  });
  const changed = () => [find(""), find(at(9))].map((rows) => [...(rows?.changed ?? [])]);

  test("marks the rows that its item is among, or would be", () => {
    lists.mark("v", at(9));
    expect(changed()).toEqual([[at(9)], []]);
    lists.mark("v", at(10));
    expect(changed()).toEqual([[at(9)], [at(10)]]);
  });

  test("of an unknown item marks nothing", () => {
    lists.mark("v", at(20));
    lists.mark("w", at(0));
    expect(changed()).toEqual([[], []]);
  });

  test("past the last that one request asks for forgets the chunk and no other", () => {
    keep(20, 20 + CHANGED_MAX + 1);
    for (let index = 0; index < CHANGED_MAX; index++) lists.mark("v", at(20 + index));
    expect(find(at(19))?.changed.size).toBe(CHANGED_MAX);
    lists.mark("v", at(20 + CHANGED_MAX));
    expect(find(at(19))).toBeUndefined();
    expect(find("")).toBeDefined();
  });

  test("of a vault forgets its rows and no others", () => {
    keep(0, 10, "w");
    lists.dropVault("v");
    expect([find(""), find(at(9))]).toEqual([undefined, undefined]);
    expect(find("", "w")).toBeDefined();
    lists.clear();
    expect(find("", "w")).toBeUndefined();
    expect(lists.bytes).toBe(0);
  });
});

describe("the room for rows", () => {
  const cost = () => {
    const one = createKeptLists(sealing, clock.monotonicMs);
    one.keep("v", "active", joined("", at(9), rowsFrom(0, 10)), one.stamp("v"));
    return one.bytes;
  };

  test("is kept to the byte, and a list that is longer keeps its beginning", () => {
    lists = createKeptLists(sealing, clock.monotonicMs, 3 * cost());
    for (let index = 0; index < 40; index += 10) keep(index, index + 10);
    expect([0, 10, 20, 30].map((index) => find(index === 0 ? "" : at(index - 1)) !== undefined)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(lists.bytes).toBe(3 * cost());
    lists = createKeptLists(sealing, clock.monotonicMs, cost() - 1);
    keep(0, 10);
    expect(find("")).toBeUndefined();
    expect(lists.bytes).toBe(0);
  });

  test("is taken from the end of the list that was unused for the longest time", () => {
    lists = createKeptLists(sealing, clock.monotonicMs, 4 * cost());
    for (const vault of ["v", "w"]) for (const index of [0, 10]) keep(index, index + 10, vault);
    find("", "v");
    keep(0, 10, "x");
    expect(
      [find("", "w"), find(at(9), "w"), find(at(9), "v"), find("", "x")].map((rows) => rows !== undefined),
    ).toEqual([true, false, true, true]);
  });
});

test("the chunks that rows are put into reach from end to end, each within its length", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: CHUNK_BYTES / 4 }), { maxLength: 30 }),
      fc.boolean(),
      (sizes, ends) => {
        const rows = sizes.map((size, index) => rowOf(at(index), "x".repeat(size)));
        const through = ends ? END : at(sizes.length);
        const chunks = joined("", through, rows);
        expect(chunks.map(({ after }) => after)).toEqual(["", ...chunks.slice(0, -1).map((one) => one.through)]);
        expect(chunks.at(-1)?.through).toBe(through);
        expect(chunks.flatMap((chunk) => read(chunk))).toEqual(
          rows.map(({ json }) => JSON.parse(Buffer.from(json).toString())),
        );
        for (const chunk of chunks) {
          expect(chunk.bytes.length).toBeLessThanOrEqual(CHUNK_BYTES);
          expect(
            idsIn(chunk)?.every(
              (id, row) => id > chunk.after && id <= chunk.through && firstAfter(chunk, id) === row + 1,
            ),
          ).toBe(true);
          for (const [row, end] of chunk.ends.entries())
            expect(JSON.parse(Buffer.from(chunk.bytes.subarray(startOf(chunk, row), end)).toString())).toHaveProperty(
              "id",
              idAt(chunk, row),
            );
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a row longer than a chunk is one of its own", () => {
  const rows = [rowOf(at(0)), rowOf(at(1), "x".repeat(CHUNK_BYTES)), rowOf(at(2))];
  expect(joined("", END, rows).map((chunk) => chunk.ends.length)).toEqual([1, 1, 1]);
});

test("whatever is kept and changed, an unchanged chunk holds exactly the rows that exist between its ends", () => {
  const place = fc.nat({ max: 59 });
  const step = fc.oneof(
    fc.record({
      does: fc.constant("read" as const),
      from: place,
      count: fc.integer({ min: 1, max: 20 }),
      late: fc.option(place),
    }),
    fc.record({ does: fc.constant("change" as const), item: place }),
    fc.record({ does: fc.constant("renew" as const), from: place }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (steps, chunks) => {
      lists = createKeptLists(sealing, clock.monotonicMs, chunks * 1500);
      const there = new Set(IDS.slice(0, 60).filter((_id, index) => index % 2 === 0));
      const change = (id: string) => {
        if (!there.delete(id)) there.add(id);
        lists.mark("v", id);
      };
      const between = (after: string, through: string) => [...there].sort().filter((id) => id > after && id <= through);
      for (const one of steps) {
        if (one.does === "change") change(at(one.item));
        if (one.does === "read") {
          const stamp = lists.stamp("v");
          const listed = between(at(one.from), END);
          const page = listed.slice(0, one.count);
          const through = listed.length > page.length ? (page.at(-1) ?? END) : END;
          if (one.late !== null) change(at(one.late));
          lists.keep(
            "v",
            "active",
            joined(
              at(one.from),
              through,
              page.map((id) => rowOf(id)),
            ),
            stamp,
          );
        }
        const kept = one.does === "renew" ? find(at(one.from)) : undefined;
        if (kept !== undefined)
          lists.keep(
            "v",
            "active",
            joined(
              kept.after,
              kept.through,
              between(kept.after, kept.through).map((id) => rowOf(id)),
            ),
            lists.stamp("v"),
            kept,
          );
        expect(lists.bytes).toBeLessThanOrEqual(chunks * 1500);
        for (const id of ["", ...IDS.slice(0, 60)]) {
          const rows = find(id);
          if (rows === undefined) continue;
          expect(rows.after <= id && id < rows.through).toBe(true);
          const expected = between(rows.after, rows.through);
          const unchanged = (ids: readonly string[] | undefined) => ids?.filter((own) => !rows.changed.has(own));
          expect(unchanged(idsIn(rows))).toEqual(unchanged(expected));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("rows of a closed cache are not opened, and those that were opened stay readable", () => {
  const cache = createCache(crypto, clock.monotonicMs);
  cache.lists.keep("v", "active", joined("", END, rowsFrom(0, 3)), cache.lists.stamp("v"));
  const rows = cache.lists.find("v", "active", "");
  const opened = rows?.open();
  cache.close();
  expect(() => rows?.open()).toThrow("locked");
  expect(cache.lists.find("v", "active", "")).toBeUndefined();
  expect(Buffer.from(opened ?? []).toString()).toContain(at(2));
});
