// Kept lists of names. Each row needed a signature check. So it is kept as the JSON of its answer, in chunks that are sealed one by one. A
// chunk holds every item of one state between two ids. Outside the chunks nothing is known. A change marks one row, and all other rows stay.
// Bytes and age are bounded.
import { wipeable, wipeableCopy } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";

export type State = "active" | "archived";

/** Comes after the id of every item. */
export const END = "~";

/** Bytes of all kept lists: some hundred thousand ordinary items. Values have a limit of their own, since a long list would leave them no room. */
export const LISTS_BYTES_MAX = 32 * 1024 * 1024;

/** Milliseconds after which a chunk is read again even though no change was announced. */
export const LIST_AGE_MS_MAX = 60 * 60_000;

/** Changed rows of one chunk. One request reads them. A chunk with more of them is read whole. */
export const CHANGED_MAX = serviceLimits.batch;

/** Bytes of a chunk beside its rows: objects, a nonce, its own buffers. */
const CHUNK_OVERHEAD_BYTES = 1024;

const NONCE_BYTES = 24;
const ID_LENGTH = 26;

/** All items of one state with ids after `after`, up to `through`. */
export type Rows = {
  readonly after: string;
  readonly through: string;
  /** Their ids, in order. */
  readonly ids: string;
  /** The end of each row in the bytes. A comma stands between two rows. */
  readonly ends: Uint32Array;
  /** The rows as JSON. The bytes belong to the caller, who wipes them. Throws locked once the cache was closed. */
  open(): Uint8Array;
};

/** Rows that are not sealed yet. Their reader wipes `bytes`. */
export type FreshRows = Rows & { readonly bytes: Uint8Array };

/** Kept rows, and the items among them that changed since. */
export type KeptRows = Rows & { readonly changed: ReadonlySet<string>; readonly storedMs: number };

type Chunk = KeptRows & { readonly changed: Set<string>; readonly bytes: number };
type Series = { readonly chunks: Chunk[]; used: number };

export type KeptLists = {
  /** A number that every change raises. It must be the same before rows are fetched and when they are kept. Otherwise they may be outdated. */
  stamp(vault: string): string;
  /** The rows after this id. */
  find(vault: string, state: State, at: string): KeptRows | undefined;
  /**
   * Keeps adjoining rows where nothing is known of these ids yet, or in place of `instead` while that is kept. Where they overlap kept rows,
   * the kept rows stay.
   */
  keep(vault: string, state: State, fresh: readonly FreshRows[], stamp: string, instead?: KeptRows): void;
  /** An item was changed, made or deleted. */
  mark(vault: string, item: string): void;
  dropVault(vault: string): void;
  clear(): void;
  /** Milliseconds since all of these rows were read from the service. Single rows may be newer. */
  ageOf(rows: KeptRows): number;
  readonly bytes: number;
};

/** Seals and opens chunks. `place` must be the same for both. */
export type Sealing = Pick<Primitives, "randomBytes"> & {
  seal(nonce: Uint8Array, place: Uint8Array, plaintext: Uint8Array): Uint8Array;
  open(nonce: Uint8Array, place: Uint8Array, sealed: Uint8Array): Uint8Array;
};

const encoder = new TextEncoder();
const nameOf = (vault: string, state: State): string => `${vault} ${state}`;
const states: readonly State[] = ["active", "archived"];

/** `nowMs` is a monotonic clock. */
export function createKeptLists(sealing: Sealing, nowMs: () => number, bytesMax: number = LISTS_BYTES_MAX): KeptLists {
  const lists = new Map<string, Series>();
  const marks = new Map<string, number>();
  let clears = 0;
  let uses = 0;
  let bytes = 0;

  function take(name: string, index: number): void {
    const series = lists.get(name);
    const [gone] = series?.chunks.splice(index, 1) ?? [];
    bytes -= gone?.bytes ?? 0;
    if (series?.chunks.length === 0) lists.delete(name);
  }

  function drop(name: string): void {
    for (const chunk of lists.get(name)?.chunks ?? []) bytes -= chunk.bytes;
    lists.delete(name);
  }

  /** Makes room by removing the least recently used list, and never its own. A list longer than all the room keeps its beginning. */
  function hasRoom(name: string, wanted: number): boolean {
    while (bytes + wanted > bytesMax) {
      const others = [...lists].filter(([other]) => other !== name);
      const [oldest] = others.sort(([, a], [, b]) => a.used - b.used);
      if (oldest === undefined) return false;
      take(oldest[0], oldest[1].chunks.length - 1);
    }
    return true;
  }

  function sealed(name: string, rows: FreshRows, storedMs: number): Chunk {
    const { after, through, ids, ends } = rows;
    const nonce = sealing.randomBytes(NONCE_BYTES);
    const place = encoder.encode(`list|${name}|${after}|${through}`);
    const box = sealing.seal(nonce, place, rows.bytes);
    const cost = box.length + ids.length + ends.byteLength + CHUNK_OVERHEAD_BYTES;
    const open = () => sealing.open(nonce, place, box);
    return { after, through, ids, ends, open, changed: new Set(), storedMs, bytes: cost };
  }

  function insert(name: string, chunk: Chunk): boolean {
    if (!hasRoom(name, chunk.bytes)) return false;
    const series = lists.get(name) ?? { chunks: [], used: uses };
    lists.set(name, series);
    series.chunks.splice(startingAt(series.chunks, chunk.after), 0, chunk);
    bytes += chunk.bytes;
    return true;
  }

  return {
    stamp: (vault) => `${clears} ${marks.get(vault) ?? 0}`,
    find: (vault, state, at) => {
      const name = nameOf(vault, state);
      const series = lists.get(name);
      if (series === undefined) return undefined;
      series.used = ++uses;
      const index = startingAt(series.chunks, at, true) - 1;
      const chunk = series.chunks[index];
      if (chunk === undefined || at >= chunk.through) return undefined;
      if (nowMs() - chunk.storedMs <= LIST_AGE_MS_MAX) return chunk;
      take(name, index);
      return undefined;
    },
    keep: (vault, state, fresh, stamp, instead) => {
      if (stamp !== `${clears} ${marks.get(vault) ?? 0}`) return;
      const name = nameOf(vault, state);
      const chunks = lists.get(name)?.chunks ?? [];
      const index = chunks.indexOf(instead as Chunk);
      if (instead !== undefined && index === -1) return;
      const storedMs = chunks[index]?.storedMs ?? nowMs();
      if (index !== -1) take(name, index);
      const from = fresh[0]?.after ?? END;
      const before = chunks[startingAt(chunks, from, true) - 1];
      if (before !== undefined && before.through > from) return;
      const next = chunks[startingAt(chunks, from)]?.after ?? END;
      for (const rows of fresh)
        if (rows.after < next && !insert(name, sealed(name, upTo(rows, next), storedMs))) return;
    },
    mark: (vault, item) => {
      marks.set(vault, (marks.get(vault) ?? 0) + 1);
      for (const state of states) {
        const name = nameOf(vault, state);
        const chunks = lists.get(name)?.chunks ?? [];
        const index = startingAt(chunks, item) - 1;
        const chunk = chunks[index];
        if (chunk === undefined || item > chunk.through) continue;
        chunk.changed.add(item);
        if (chunk.changed.size > CHANGED_MAX) take(name, index);
      }
    },
    dropVault: (vault) => {
      marks.set(vault, (marks.get(vault) ?? 0) + 1);
      for (const state of states) drop(nameOf(vault, state));
    },
    clear: () => {
      clears++;
      marks.clear();
      lists.clear();
      bytes = 0;
    },
    ageOf: ({ storedMs }) => Math.round(nowMs() - storedMs),
    get bytes() {
      return bytes;
    },
  };
}

/** The number of chunks that start before this id, or at it where `orAt`. */
function startingAt(chunks: readonly Chunk[], id: string, orAt = false): number {
  return countWhile(chunks.length, (index) => {
    const after = chunks[index]?.after ?? END;
    return after < id || (orAt && after === id);
  });
}

/** The number of things, from the first on, for which `is` holds. The things are in order. */
function countWhile(length: number, isSuch: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSuch(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The id of the item in this row. */
export function idAt(rows: Rows, row: number): string {
  return rows.ids.slice(row * ID_LENGTH, (row + 1) * ID_LENGTH);
}

/** The first row whose item comes after this id. The number of rows where there is none. */
export function firstAfter(rows: Rows, id: string): number {
  return countWhile(rows.ends.length, (row) => idAt(rows, row) <= id);
}

/** The beginning of a row in the bytes. */
export function startOf(rows: Rows, row: number): number {
  return row === 0 ? 0 : (rows.ends[row - 1] ?? 0) + 1;
}

function upTo(rows: FreshRows, through: string): FreshRows {
  if (rows.through <= through) return rows;
  const count = firstAfter(rows, through);
  const ends = rows.ends.slice(0, count);
  const bytes = rows.bytes.subarray(0, ends.at(-1) ?? 0);
  return { ...rows, through, ids: rows.ids.slice(0, count * ID_LENGTH), ends, bytes };
}

/** One row to keep. */
export type Row = { readonly id: string; readonly json: Uint8Array };

/** Bytes of rows in one chunk. A change opens and seals one chunk, and a page has some twenty. A single longer row is a chunk too. */
export const CHUNK_BYTES = 128 * 1024;

/** Joins ordered rows to chunks that reach from `after` to `through`. */
export function joined(after: string, through: string, rows: readonly Row[]): FreshRows[] {
  const chunks: FreshRows[] = [];
  for (let from = 0, start = after; ; ) {
    let to = from;
    let size = 0;
    for (; to < rows.length; to++) {
      const more = (rows[to]?.json.length ?? 0) + 1;
      if (to > from && size + more > CHUNK_BYTES) break;
      size += more;
    }
    const isLast = to === rows.length;
    const end = isLast ? through : (rows[to - 1]?.id ?? through);
    chunks.push(chunkOf(start, end, rows.slice(from, to)));
    if (isLast) return chunks;
    from = to;
    start = end;
  }
}

const COMMA = 0x2c;

function chunkOf(after: string, through: string, rows: readonly Row[]): FreshRows {
  const ends = new Uint32Array(rows.length);
  let at = -1;
  for (const [index, { json }] of rows.entries()) {
    at += 1 + json.length;
    ends[index] = at;
  }
  const bytes = wipeable(Math.max(0, at)).fill(COMMA);
  for (const [index, { json }] of rows.entries()) bytes.set(json, (ends[index] ?? 0) - json.length);
  const ids = rows.map(({ id }) => id).join("");
  return { after, through, ids, ends, bytes, open: () => wipeableCopy(bytes) };
}
