// Reads a token's own log from the place up to which it was taken in. Says which records follow from a sealed key, and what is wrong.
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import type { Linked } from "./chain.ts";
import { firstOf } from "./pages.ts";
import { type Anchor, type Checkpoint, createWalk, linkOf } from "./proof.ts";
import { listSegments, readSegment, type Segment } from "./segments.ts";

/** A token's log is taken in up to record `seq` with this link. `key` is the chain's key, where that stretch is proven. */
export type TakenIn = { readonly seq: number; readonly last: string; readonly key?: string };

export type LeftReading = {
  /** The records after the mark, oldest first. */
  records(): Generator<{ readonly record: Linked; readonly proven: boolean }>;
  /** The state of the reading. Undefined before the first record. */
  mark(): TakenIn | undefined;
  /** The fault in the log, known once all of it was read. */
  problem(): string | undefined;
};

/** Undefined where the log lacks the marked record: it was cut, written anew, or replaced by an older copy. */
export function readLeft(
  crypto: Primitives,
  folder: string,
  { checkpoints, anchor }: { readonly checkpoints: readonly Checkpoint[]; readonly anchor: Anchor | undefined },
  mark: TakenIn | undefined,
): LeftReading | undefined {
  const segments = segmentsFrom(folder, mark);
  if (mark !== undefined && !holds(segments[0], mark)) return undefined;
  const key = mark?.key === undefined ? undefined : Uint8Array.fromBase64(mark.key);
  const walk = createWalk(crypto, mark === undefined ? undefined : { last: mark.last, key });
  let seq = mark?.seq ?? 0;
  let unproven = 0;
  let told: string | undefined;

  function* records(): ReturnType<LeftReading["records"]> {
    for (const segment of segments)
      for (const line of readSegment(segment)) {
        if (line.kind === "torn" || line.record.seq <= seq) continue;
        const { record } = line;
        const proven = walk.record(record, checkpoints);
        seq = record.seq;
        // A torn end is reported before there is a key.
        if (!proven && record.event !== "audit.torn") unproven++;
        if (record.event === "audit.broken") told ??= "it was cut or rewritten before";
        if (record.event === "audit.dropped") told ??= "its oldest records are gone: it was full";
        yield { record, proven };
      }
  }

  return {
    records,
    mark: () => {
      if (seq === 0) return undefined;
      const state = walk.state();
      return { seq, last: state.last, ...(state.key === undefined ? {} : { key: state.key.toBase64() }) };
    },
    problem: () => {
      if (anchor !== undefined && anchor.seq > seq) return "it was cut: its end is missing";
      return unproven > 0 ? `${unproven} records do not follow from the ones before` : told;
    },
  };
}

/** The segment with the marked record, and all after it. */
function segmentsFrom(folder: string, mark: TakenIn | undefined): Segment[] {
  const segments = listSegments(folder);
  if (mark === undefined) return segments;
  const at = segments.findLastIndex((segment) => (firstOf(segment)?.seq ?? Number.POSITIVE_INFINITY) <= mark.seq);
  return segments.slice(Math.max(0, at));
}

function holds(segment: Segment | undefined, { seq, last }: TakenIn): boolean {
  if (segment === undefined) return false;
  return readSegment(segment).some(
    (line) => line.kind === "record" && line.record.seq === seq && linkOf(line.record) === last,
  );
}
