// Pages of a vault's names, joined of kept and fetched rows. Ids alone decide where a page ends and what follows. So only answered rows are
// opened.
import { wipeable } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { limits } from "../../protocol/limits.ts";
import type { ItemOverview } from "./account.ts";
import {
  END,
  type FreshRows,
  firstAfter,
  idAt,
  joined,
  type KeptRows,
  type Row,
  type Rows,
  type State,
  startOf,
} from "./kept-lists.ts";
import type { Opened } from "./opened.ts";

/** A page of a list: items of these states with ids after `after`. */
export type PageAsked = {
  readonly vault: string;
  readonly states: readonly State[];
  readonly after: string;
  readonly limit: number;
};

export type ItemPages = {
  /** Whether the whole page is kept and unchanged. */
  isKept(unlocked: Opened, asked: PageAsked): boolean;
  /** The kept page, encoded. The bytes belong to the caller, who wipes them. */
  kept(unlocked: Opened, asked: PageAsked): Uint8Array | undefined;
  /** The same. Missing and changed rows are fetched first, and kept. */
  fetched(unlocked: Opened, asked: PageAsked, signal: AbortSignal): Promise<Uint8Array>;
};

export type ItemPagesParts = {
  readonly crypto: Pick<Primitives, "wipe">;
  /** Whether the service could not be reached just now. Then a page has its age. */
  readonly isStale: (unlocked: Opened) => boolean;
};

/** The rows of a list after an id. Undefined where they are missing. */
type RowsAfter = (state: State, at: string) => Rows | undefined;
type Run = { readonly rows: Rows; readonly from: number; readonly to: number };
type Plan = { readonly runs: readonly Run[]; readonly more: boolean };
type Lack = { readonly state: State; readonly at: string };

const encoder = new TextEncoder();

export function createItemPages({ crypto, isStale }: ItemPagesParts): ItemPages {
  /** The kept and unchanged rows. `ages` takes their age where the service could not confirm them. */
  function unchanged(unlocked: Opened, vault: string, ages: number[] = []): RowsAfter {
    const { lists } = unlocked.cache;
    return (state, at) => {
      const rows = lists.find(vault, state, at);
      if (rows === undefined || rows.changed.size > 0) return undefined;
      if (isStale(unlocked)) ages.push(lists.ageOf(rows));
      return rows;
    };
  }

  const planned = (unlocked: Opened, asked: PageAsked, ages?: number[]) =>
    planOf(asked, unchanged(unlocked, asked.vault, ages));

  async function bring(unlocked: Opened, vault: string, { state, at }: Lack, signal: AbortSignal) {
    const { account, cache } = unlocked;
    const stamp = cache.lists.stamp(vault);
    const kept = isStale(unlocked) ? undefined : cache.lists.find(vault, state, at);
    if (kept !== undefined) {
      // The rows of now. A row that changes meanwhile stays in the chunk as it was.
      const ids = new Set(kept.changed);
      const changed = await account.getOverviews(vault, [...ids], signal);
      const fresh = renewed(kept, ids, changed.filter((item) => item.state === state).map(rowOf));
      cache.lists.keep(vault, state, fresh, stamp, kept);
      return fresh;
    }
    const filter = { active: state === "active", archived: state === "archived" };
    const { items, more } = await account.listPage(vault, filter, at === "" ? undefined : at, signal);
    const rows = items.map(rowOf);
    const fresh = joined(at, more ? (rows.at(-1)?.id ?? END) : END, rows);
    crypto.wipe(...rows.map(({ json }) => json));
    cache.lists.keep(vault, state, fresh, stamp);
    return fresh;
  }

  /** The new chunk: the unchanged rows, and the changed rows that still belong to this list. */
  function renewed(kept: KeptRows, ids: ReadonlySet<string>, changed: readonly Row[]): FreshRows[] {
    const opened = kept.open();
    const same = Array.from(kept.ends, (end, row) => ({
      id: idAt(kept, row),
      json: opened.subarray(startOf(kept, row), end),
    })).filter(({ id }) => !ids.has(id));
    const rows = [...same, ...changed].sort((a, b) => (a.id < b.id ? -1 : 1));
    const fresh = joined(kept.after, kept.through, rows);
    crypto.wipe(opened, ...changed.map(({ json }) => json));
    return fresh;
  }

  return {
    isKept: (unlocked, asked) => asked.states.length > 0 && "runs" in planned(unlocked, asked),
    kept: (unlocked, asked) => {
      const ages: number[] = [];
      const plan = planned(unlocked, asked, ages);
      return "runs" in plan ? encoded(crypto, plan, ages) : undefined;
    },
    fetched: async (unlocked, asked, signal) => {
      // An empty list still needs its vault, and the account says whether the vault exists.
      if (asked.states.length === 0)
        await unlocked.account.listPage(asked.vault, { active: false, archived: false }, undefined, signal);
      const brought: { state: State; rows: FreshRows }[] = [];
      const ages: number[] = [];
      const kept = unchanged(unlocked, asked.vault, ages);
      // The fetched rows may not have been kept. They belong to this page all the same.
      const known: RowsAfter = (state, at) =>
        brought.find((one) => one.state === state && one.rows.after <= at && at < one.rows.through)?.rows ??
        kept(state, at);
      try {
        for (;;) {
          const plan = planOf(asked, known);
          if ("runs" in plan) return encoded(crypto, plan, ages);
          signal.throwIfAborted();
          for (const rows of await bring(unlocked, asked.vault, plan, signal))
            brought.push({ state: plan.state, rows });
        }
      } finally {
        crypto.wipe(...brought.map(({ rows }) => rows.bytes));
      }
    },
  };
}

type Cursor = { readonly state: State; at: string; rows: Rows | undefined; row: number };

/** The rows of the page, or the first missing ones. */
function planOf({ states, after, limit }: PageAsked, rowsAfter: RowsAfter): Plan | Lack {
  const cursors = states.map((state): Cursor => ({ state, at: after, rows: undefined, row: 0 }));
  const runs: Run[] = [];
  let count = 0;
  let room: number = limits.pageBytes;
  for (;;) {
    const isFull = count === limit;
    for (const cursor of cursors) {
      if (isAtRow(cursor, rowsAfter)) continue;
      // The rows after a full page may be missing. The service has said that there are more.
      return isFull ? { runs, more: true } : { state: cursor.state, at: cursor.at };
    }
    const [first, second] = cursors
      .flatMap(({ rows, row }, index) => (rows === undefined ? [] : [{ rows, row, index, id: idAt(rows, row) }]))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const cursor = cursors[first?.index ?? -1];
    if (first === undefined || cursor === undefined) return { runs, more: false };
    const { rows, row: from } = first;
    const others = second === undefined ? rows.ends.length : firstAfter(rows, second.id);
    const to = fitting(rows, from, Math.min(others, from + limit - count), room);
    if (to === from) return { runs, more: true };
    runs.push({ rows, from, to });
    count += to - from;
    room -= sizeOf(rows, from, to) + 1;
    cursor.row = to;
  }
}

/** Moves on to the next row, or to the end. False where the following rows are missing. */
function isAtRow(cursor: Cursor, rowsAfter: RowsAfter): boolean {
  while (cursor.at !== END && (cursor.rows === undefined || cursor.row === cursor.rows.ends.length)) {
    cursor.at = cursor.rows?.through ?? cursor.at;
    cursor.rows = undefined;
    if (cursor.at === END) break;
    cursor.rows = rowsAfter(cursor.state, cursor.at);
    if (cursor.rows === undefined) return false;
    cursor.row = firstAfter(cursor.rows, cursor.at);
  }
  return true;
}

/** The number of rows that fit. The longest row is a small part of a page, so a page holds at least one. */
function fitting(rows: Rows, from: number, to: number, room: number): number {
  let fit = to;
  while (fit > from && sizeOf(rows, from, fit) > room) fit--;
  return fit;
}

function sizeOf(rows: Rows, from: number, to: number): number {
  return (rows.ends[to - 1] ?? 0) - startOf(rows, from);
}

/** The page's JSON. An opened chunk is wiped as soon as no later row is in it. */
function encoded(crypto: Pick<Primitives, "wipe">, { runs, more }: Plan, ages: readonly number[]): Uint8Array {
  const head = encoder.encode('{"items":[');
  const stale = ages.length === 0 ? "" : `,"staleMs":${Math.max(...ages)}`;
  const tail = encoder.encode(`],"more":${more}${stale}}`);
  const commas = Math.max(0, runs.length - 1);
  const size = runs.reduce((total, { rows, from, to }) => total + sizeOf(rows, from, to), commas);
  const page = wipeable(head.length + size + tail.length);
  page.set(head);
  const lastOf = new Map(runs.map(({ rows }, index) => [rows, index]));
  const opened = new Map<Rows, Uint8Array>();
  let at = head.length;
  try {
    for (const [index, { rows, from, to }] of runs.entries()) {
      const bytes = opened.get(rows) ?? rows.open();
      opened.set(rows, bytes);
      if (index > 0) page[at++] = COMMA;
      page.set(bytes.subarray(startOf(rows, from), rows.ends[to - 1]), at);
      at += sizeOf(rows, from, to);
      if (lastOf.get(rows) === index) crypto.wipe(bytes);
    }
  } catch (error) {
    crypto.wipe(page, ...opened.values());
    throw error;
  }
  page.set(tail, at);
  return page;
}

const COMMA = 0x2c;

function rowOf(item: ItemOverview): Row {
  return { id: item.id, json: encoder.encode(JSON.stringify(item)) };
}
