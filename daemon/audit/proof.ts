// Finds the proven stretches of the log. The sealed device store holds checkpoints (the state before a segment) and an anchor (the state at
// the last lock, stop or minute). Every record is followed from a checkpoint. The end is compared with the anchor. So a log that was cut is
// found as well as one that was changed.
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { type ChainState, FIRST_LINK, follow, type Linked } from "./chain.ts";
import { type Line, listSegments, readSegment, type Segment } from "./segments.ts";

/** The state before the first record of a segment. */
export type Checkpoint = { readonly segment: number; readonly last: string; readonly key: string };

/** The state after record `seq`. */
export type Anchor = { readonly seq: number; readonly last: string; readonly key: string; readonly at: string };

/** Records `from` to `to` follow from a sealed key. The last one was written at `until`. */
export type Stretch = { from: number; to: number; until: string };

export type Verdict = { readonly records: number; readonly proven: Stretch[]; readonly problems: string[] };

/** The newest record's number and link, and the records of its segment. Zero, the first link and none for an empty log. */
export function tailOf(folder: string): { seq: number; last: string; newest: readonly Linked[] } {
  for (const segment of listSegments(folder).reverse()) {
    const found = records(readSegment(segment));
    const newest = found.at(-1);
    if (newest !== undefined) return { seq: newest.seq, last: linkOf(newest), newest: found };
  }
  return { seq: 0, last: FIRST_LINK, newest: [] };
}

function records(lines: readonly Line[]): Linked[] {
  return lines.flatMap((line) => (line.kind === "record" ? [line.record] : []));
}

export function linkOf(record: Linked): string {
  return "mac" in record ? record.mac : record.hash;
}

/** The records from the segment with record `seq` on. Earlier ones were followed already. */
function since(segments: readonly Segment[], seq: number): Linked[] {
  const found: Linked[] = [];
  for (const segment of [...segments].reverse()) {
    const here = records(readSegment(segment));
    found.unshift(...here);
    const oldest = here[0];
    if (oldest !== undefined && oldest.seq <= seq) break;
  }
  return found;
}

/** The records after record `seq`. */
export function recordsSince(folder: string, seq: number): Linked[] {
  return since(listSegments(folder), seq).filter((record) => record.seq > seq);
}

/** Finds the chain's key after a restart, by following the log from the anchor to its end. */
export function resume(
  folder: string,
  crypto: Primitives,
  keys: { start: Uint8Array; checkpoints: readonly Checkpoint[]; anchor: Anchor | undefined },
): { state: ChainState; checkpoints: Checkpoint[]; problems: string[] } {
  const segments = listSegments(folder);
  const tail = tailOf(folder);
  const fresh = (problems: string[]) => ({
    state: { last: tail.last, key: keys.start },
    // The stretch from here on is proven from this state, at any place in a segment.
    checkpoints: [
      ...keys.checkpoints,
      { segment: segments.at(-1)?.number ?? 1, last: tail.last, key: base64(keys.start) },
    ],
    problems,
  });
  if (keys.anchor === undefined) return fresh([]);
  const all = since(segments, keys.anchor.seq);
  const at = all.findIndex((record) => record.seq === keys.anchor?.seq);
  const anchored = all[at];
  if (keys.anchor.seq > 0 && (anchored === undefined || linkOf(anchored) !== keys.anchor.last)) {
    return fresh([`the log does not hold record ${keys.anchor.seq} as it was at ${keys.anchor.at}`]);
  }
  let state: ChainState = { last: keys.anchor.last, key: bytes(keys.anchor.key) };
  for (const record of all.slice(at + 1)) {
    const next = follow(crypto, state, record);
    if (!next.fits) return fresh([`record ${record.seq} does not follow from the one before it`]);
    state = next.state;
  }
  return { state, checkpoints: [...keys.checkpoints], problems: [] };
}

/** Follows the whole log. Returns the proven stretches, and the faults in the rest. */
export function verify(
  folder: string,
  crypto: Primitives,
  checkpoints: readonly Checkpoint[],
  anchor: Anchor | undefined,
): Verdict {
  const walk = createWalk(crypto);
  let count = 0;
  let anchorSeen = anchor === undefined || anchor.seq === 0;
  for (const segment of listSegments(folder)) {
    for (const line of readSegment(segment)) {
      if (line.kind === "torn") {
        walk.torn(line.bytes);
        continue;
      }
      count++;
      walk.record(line.record, checkpoints);
      if (anchor !== undefined && line.record.seq === anchor.seq && linkOf(line.record) === anchor.last)
        anchorSeen = true;
    }
  }
  const problems = walk.problems();
  if (!anchorSeen && anchor !== undefined)
    problems.push(
      `record ${anchor.seq}, anchored at ${anchor.at}, is missing or changed: the log was cut or rewritten`,
    );
  return { records: count, proven: walk.proven(), problems };
}

export type Walk = {
  /** Returns whether it follows from a sealed key. */
  record(record: Linked, checkpoints: readonly Checkpoint[]): boolean;
  torn(bytes: number): void;
  problems(): string[];
  proven(): Stretch[];
  /** The present state. */
  state(): ChainState;
};

export function createWalk(crypto: Primitives, from: ChainState = { last: FIRST_LINK, key: undefined }): Walk {
  let state = from;
  let tornBytes = 0;
  let lastSeq = 0;
  const problems: string[] = [];
  const stretches: Stretch[] = [];

  function extend(record: Linked): void {
    const current = stretches.at(-1);
    if (current !== undefined && current.to === record.seq - 1) {
      current.to = record.seq;
      current.until = record.at;
    } else stretches.push({ from: record.seq, to: record.seq, until: record.at });
  }

  /** Where the chain is broken, continues at a fitting checkpoint, or else by the record's own link. */
  function restart(record: Linked, checkpoints: readonly Checkpoint[]): boolean {
    for (const checkpoint of checkpoints) {
      const next = follow(crypto, { last: checkpoint.last, key: bytes(checkpoint.key) }, record);
      if (!next.fits || !next.keyed) continue;
      state = next.state;
      return true;
    }
    return false;
  }

  return {
    record: (record, checkpoints) => {
      if (tornBytes > 0) {
        if (record.event !== "audit.torn")
          problems.push(`${tornBytes} bytes before record ${record.seq} are no record`);
        tornBytes = 0;
      }
      // A checkpoint continues the chain at any fitting place. So gaps and repeats are found by the numbers.
      if (lastSeq !== 0 && record.seq !== lastSeq + 1) problems.push(`record ${record.seq} follows record ${lastSeq}`);
      lastSeq = record.seq;
      const next = follow(crypto, state, record);
      if (next.fits) {
        state = next.state;
        if (next.keyed) extend(record);
        return next.keyed;
      }
      if (restart(record, checkpoints)) {
        extend(record);
        return true;
      }
      problems.push(`record ${record.seq} does not follow from the one before it`);
      state = { last: linkOf(record), key: undefined };
      return false;
    },
    torn: (bytesTorn) => {
      tornBytes += bytesTorn;
    },
    problems: () =>
      tornBytes > 0 ? [...problems, `${tornBytes} bytes at the end are no record (a write was cut)`] : problems,
    proven: () => stretches,
    state: () => state,
  };
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

function base64(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("base64");
}
