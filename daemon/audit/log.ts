// The audit log of one account. The order of every method is: ask, read, record, answer. The record of a change is on disk before the answer.
// The record of a read is in memory before the answer, and on disk at most 100 ms later. Equal reads of one subject within 10 s fold into a
// count. If the log cannot be written, nothing more is answered.

import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import { createAskers } from "./askers.ts";
import { type ChainState, link, type Record } from "./chain.ts";
import type { LogEntry } from "./entry.ts";
import { add, type Fold, folded, foldKey, newFold } from "./folds.ts";
import { openLines } from "./lines.ts";
import { type Anchor, type Checkpoint, resume, tailOf } from "./proof.ts";
import { contentOf } from "./record-content.ts";
import { LOG_BYTES_MAX, RESERVED_BYTES } from "./segments.ts";
import { createStrangers } from "./strangers.ts";
import { wrongTriesSince } from "./wrong-tries.ts";

/** Milliseconds that the record of a read may wait in memory. A kill -9 can lose so much. */
export const FLUSH_MS = 100;

/** Milliseconds within which equal reads of one subject fold into one record with a count. */
export const FOLD_MS = 10_000;

/** Open folds. Past this number all are written, so that memory stays bounded. */
export const FOLDS_MAX = 5_000;

/** A record of a token's own log, without its link there. */
export type LeftRecord = Omit<Record, "happened" | "leftSeq">;

/** The place for a request's records. */
export type Recorder = Pick<AuditLog, "demandWritable" | "read" | "keep">;

export type AuditLog = {
  /**
   * Throws auditUnwritable where no record can be written. Called before every act that must be recorded. `who` is the asker of a call that a grant
   * allows: it is refused where it has spent its share.
   */
  demandWritable(who?: string): void;
  /**
   * Records a read, on disk within 100 ms. Returns the bytes of the record, or zero where it was only counted. Throws auditUnwritable after
   * a failed write, and locked once the log was closed.
   */
  read(entry: LogEntry): number;
  /**
   * Records an act that must not be lost. It is on disk when this returns. Returns the bytes of the record, or zero where strangers have used up their room.
   * Throws auditUnwritable.
   */
  keep(entry: LogEntry): number;
  /** Takes in records of a token's own log, with their names as they are sealed. On disk when it returns. Throws auditUnwritable. */
  takeIn(records: readonly LeftRecord[]): void;
  /** Writes all pending records. */
  flush(): void;
  /**
   * Gives the log its keys at unlock. Returns the checkpoints to keep, and at the first unlock since the log was opened the number of wrong passwords after
   * record `forgivenSeq`, where that is known.
   */
  unlock(keys: {
    sealNames(names: readonly string[]): string;
    start: Uint8Array;
    checkpoints: readonly Checkpoint[];
    anchor: Anchor | undefined;
    forgivenSeq?: number | undefined;
  }): { checkpoints: Checkpoint[]; problems: string[]; wrongTries?: number };
  /** Keeps records for so many days from now on, and removes the segments that are older. Until it is called, none is removed. */
  keepFor(days: number): void;
  /** Forgets the key of the names. The chain's key stays and moves on, since it opens nothing. */
  lock(): void;
  /** The state of the chain, for the device store. */
  anchor(): Anchor | undefined;
  close(): void;
};

export function openAuditLog(
  folder: string,
  crypto: Primitives,
  clock: Clock,
  log: Log,
  onRotate: (checkpoint: Checkpoint) => void,
): AuditLog {
  let keptDays: number | undefined;
  const lines = openLines({
    ...{ folder, clock, log, keptDays: () => keptDays },
    rotated: (segment) => {
      if (state.key !== undefined) onRotate({ segment, last: state.last, key: base64(state.key) });
    },
    dropped: (gone) => {
      chain({ event: "audit.dropped", outcome: `segment ${gone.join(", ")}` }, 1);
      later();
    },
  });
  const askers = createAskers(clock);
  const { newest, ...tail } = tailOf(folder);
  let seq = tail.seq;
  let state: ChainState = { last: tail.last, key: undefined };
  // A program that runs on over a restart of the agent has spent what it has spent, as far as the newest segment says.
  askers.remember(newest, clock.wallMs());
  let sealNames: ((names: readonly string[]) => string) | undefined;
  let folds = new Map<string, Fold>();
  let closed = false;
  let cancelFlush: (() => void) | undefined;
  let cancelFolds: (() => void) | undefined;

  const strangers = createStrangers(clock, (unnamed) => {
    // A full disk is told to the next caller.
    if (!closed && !lines.isBroken) chain({ event: "strangers.leftOut", outcome: "counted", unnamed }, 1);
    if (!closed) later();
  });

  if (lines.torn) chain({ event: "audit.torn", outcome: "closed" }, 1);

  function chain(entry: LogEntry, count: number): number {
    return linkUp(contentOf(entry, count, sealNames));
  }

  function linkUp(content: Omit<Record, "seq" | "at">): number {
    const record: Record = { seq: seq + 1, at: new Date(clock.wallMs()).toISOString(), ...content };
    const made = link(crypto, state, record);
    state = made.state;
    seq = record.seq;
    const line = `${JSON.stringify(made.linked)}\n`;
    lines.add(line);
    return Buffer.byteLength(line);
  }

  function write(durable: boolean): void {
    cancelFlush?.();
    cancelFlush = undefined;
    lines.write(durable);
  }

  function wrote(entry: LogEntry, bytes: number): void {
    strangers.wrote(entry, bytes);
    askers.wrote(entry.who, bytes);
  }

  /** Writes the records of counted repeats. */
  function unfold(): void {
    cancelFolds?.();
    cancelFolds = undefined;
    const counted = folds;
    folds = new Map();
    for (const fold of counted.values()) if (fold.count > 0) chain(folded(fold), fold.count);
  }

  function later(): void {
    cancelFlush ??= clock.after(FLUSH_MS, () => {
      cancelFlush = undefined;
      // There is no caller to throw to. A failure is kept in `broken`, and the next caller gets it.
      try {
        write(false);
      } catch (error) {
        if (!(error instanceof PosternError)) throw error;
      }
    });
    cancelFolds ??= clock.after(FOLD_MS, () => {
      unfold();
      later();
    });
  }

  return {
    demandWritable: (who) => {
      lines.demandWritable();
      const isAlmostFull = () => lines.bytes >= LOG_BYTES_MAX - RESERVED_BYTES;
      // A full log begins no segment, which is when old ones are looked for otherwise.
      if (who !== undefined && isAlmostFull()) lines.dropOld();
      if (who !== undefined && lines.bytes >= LOG_BYTES_MAX)
        throw new PosternError("auditUnwritable", "the log is full");
      askers.demandRoom(who, isAlmostFull());
    },
    read: (entry) => {
      // A session may end during a write. Nothing is written then: the descriptor may belong to another file by now.
      if (closed) throw new PosternError("locked");
      lines.demandWritable();
      if (!strangers.admits(entry, false)) return 0;
      const key = foldKey(entry);
      const fold = folds.get(key);
      if (fold !== undefined && clock.monotonicMs() - fold.since < FOLD_MS) {
        add(fold, entry);
        strangers.wrote(entry, 0);
        return 0;
      }
      if (folds.size >= FOLDS_MAX) unfold();
      if (fold !== undefined && fold.count > 0) chain(folded(fold), fold.count);
      // What tells a stranger leads to its connection, which may be gone sooner than the fold.
      folds.set(key, newFold({ ...entry, isStranger: undefined }, clock.monotonicMs()));
      const bytes = chain(entry, 1);
      wrote(entry, bytes);
      later();
      return bytes;
    },
    keep: (entry) => {
      // The act is done and cannot be recorded. The error "locked" would say that it was not done.
      if (closed) throw new PosternError("auditUnwritable", "the session ended meanwhile");
      lines.demandWritable();
      if (!strangers.admits(entry, true)) return 0;
      const bytes = chain(entry, 1);
      wrote(entry, bytes);
      write(true);
      return bytes;
    },
    takeIn: (records) => {
      if (closed) throw new PosternError("auditUnwritable", "the session ended meanwhile");
      lines.demandWritable();
      for (const { seq: leftSeq, at: happened, ...content } of records) linkUp({ ...content, happened, leftSeq });
      write(true);
    },
    flush: () => {
      unfold();
      if (!lines.isBroken) write(true);
    },
    unlock: (keys) => {
      sealNames = keys.sealNames;
      // The account was locked and unlocked again in this process. The chain's key never left.
      if (state.key !== undefined) {
        crypto.wipe(keys.start);
        return { checkpoints: [...keys.checkpoints], problems: [] };
      }
      write(false);
      const resumed = resume(folder, crypto, keys);
      state = resumed.state;
      if (state.key !== keys.start) crypto.wipe(keys.start);
      if (resumed.problems.length > 0) chain({ event: "audit.broken", outcome: "told" }, 1);
      const wrongTries =
        keys.forgivenSeq === undefined ? {} : { wrongTries: wrongTriesSince(folder, keys.forgivenSeq) };
      return { checkpoints: resumed.checkpoints, problems: resumed.problems, ...wrongTries };
    },
    keepFor: (days) => {
      keptDays = days;
      lines.dropOld();
    },
    lock: () => {
      // The counted acts have names to seal too.
      unfold();
      sealNames = undefined;
    },
    anchor: () =>
      state.key === undefined
        ? undefined
        : { seq, last: state.last, key: base64(state.key), at: new Date(clock.wallMs()).toISOString() },
    close: () => {
      strangers.close();
      closed = true;
      cancelFlush?.();
      cancelFolds?.();
      try {
        if (lines.isBroken) return;
        unfold();
        write(true);
      } finally {
        if (state.key !== undefined) crypto.wipe(state.key);
        state = { last: state.last, key: undefined };
        lines.close();
      }
    },
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
