// The audit log of one account. Order for every method: ask, read, record, answer. What changes something is on disk
// before it is answered; reads are in memory before they are answered and on disk at most 100 ms later; equal reads of
// one subject within 10 s fold into a count. If the log cannot be written, nothing more is answered.
import { isId } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import { isFull } from "../host/private-files.ts";
import { type ChainState, link, type Record } from "./chain.ts";
import type { Happening } from "./entry.ts";
import { add, type Fold, folded, foldKey, namesWithin, newFold } from "./folds.ts";
import { type Anchor, type Checkpoint, resume, tailOf } from "./proof.ts";
import { dropOldest, listSegments, openWriter, SEGMENT_BYTES_MAX, type Writer } from "./segments.ts";

/** Milliseconds a read may wait in memory for its write: what a kill -9 can lose. */
export const FLUSH_MS = 100;

/** Milliseconds within which equal reads of one subject fold into one record with a count. */
export const FOLD_MS = 10_000;

/** Folds open at once; past it all are written, so that memory stays bounded. */
export const FOLDS_MAX = 5_000;

/** What a request writes to. */
export type Recorder = Pick<AuditLog, "demandWritable" | "read" | "keep">;

export type AuditLog = {
  /** Throws auditUnwritable where a record could not be written: asked before anything is done that must be recorded. */
  demandWritable(): void;
  /**
   * Records a read; written within 100 ms. Answers the bytes that it took, none where it was only counted. Throws
   * auditUnwritable once a write has failed, locked once the log was closed.
   */
  read(happening: Happening): number;
  /** Records what must not be lost; on disk when it returns. Answers the bytes that it took. Throws auditUnwritable. */
  keep(happening: Happening): number;
  /** Writes what is pending. */
  flush(): void;
  /** Gives the log its keys at unlock; answers the checkpoints to keep. */
  unlock(keys: {
    sealNames(names: readonly string[]): string;
    start: Uint8Array;
    checkpoints: readonly Checkpoint[];
    anchor: Anchor | undefined;
  }): { checkpoints: Checkpoint[]; problems: string[] };
  /** Forgets the names' key; the chain's key stays and ratchets on, since it opens nothing. */
  lock(): void;
  /** Where the chain stands, for the device store. */
  anchor(): Anchor | undefined;
  close(): void;
};

export function openAuditLog(
  folder: string,
  p: Primitives,
  clock: Clock,
  log: Log,
  onRotate: (checkpoint: Checkpoint) => void,
): AuditLog {
  let number = listSegments(folder).at(-1)?.number ?? 1;
  const opened = openWriter(folder, number);
  let writer: Writer = opened;
  const tail = tailOf(folder);
  let seq = tail.seq;
  let state: ChainState = { last: tail.last, key: undefined };
  let sealNames: ((names: readonly string[]) => string) | undefined;
  let pending: string[] = [];
  let folds = new Map<string, Fold>();
  let broken = false;
  let closed = false;
  // Lines that a full disk did not take wait in `pending`; after any other error nobody knows what the disk holds.
  let canRetry = false;
  let cancelFlush: (() => void) | undefined;
  let cancelFolds: (() => void) | undefined;

  if (opened.torn) chain({ event: "audit.torn", outcome: "closed" }, 1);

  function chain(happening: Happening, count: number): number {
    const { names: given = [], ids: told = [], asked: about = [], token, ...plain } = happening;
    // A peer may send anything as an id, and a field's id may be its name: only what has an id's form is written as one.
    const ids = told.filter(isId);
    const asked = about.filter(isId);
    const { names, left } = namesWithin([...given, ...[...told, ...about].filter((id) => !isId(id))]);
    const seal = token?.sealNames ?? sealNames;
    // Locked, nothing can be sealed: that a refusal was about something is told all the same.
    const unnamed = (plain.unnamed ?? 0) + left + (seal === undefined && plain.outcome !== "ok" ? names.length : 0);
    const record: Record = {
      seq: seq + 1,
      at: new Date(clock.wallMs()).toISOString(),
      event: plain.event,
      outcome: plain.outcome,
      count,
      ...(plain.program === undefined ? {} : { program: plain.program }),
      ...(plain.pid === undefined ? {} : { pid: plain.pid }),
      ...(plain.who === undefined ? {} : { who: plain.who }),
      ...(ids.length === 0 ? {} : { ids }),
      ...(asked.length === 0 ? {} : { asked }),
      ...(token === undefined ? {} : { token: { serviceAccount: token.serviceAccount, token: token.token } }),
      ...(unnamed === 0 ? {} : { unnamed }),
      ...(names.length === 0 || seal === undefined ? {} : { sealed: seal(names) }),
    };
    const made = link(p, state, record);
    state = made.state;
    seq = record.seq;
    const line = `${JSON.stringify(made.linked)}\n`;
    pending.push(line);
    return Buffer.byteLength(line);
  }

  function write(durable: boolean): void {
    cancelFlush?.();
    cancelFlush = undefined;
    if (pending.length === 0) return;
    try {
      append();
      if (durable) writer.sync();
      if (writer.size > SEGMENT_BYTES_MAX) rotate();
    } catch (error) {
      if (!broken)
        log.note("the audit log cannot be written; answers stop", {
          code: (error as NodeJS.ErrnoException).code ?? "unknown",
        });
      broken = true;
      throw new PosternError("auditUnwritable");
    }
  }

  function append(): void {
    const lines = pending.join("");
    canRetry = false;
    try {
      writer.append(lines);
    } catch (error) {
      canRetry = isFull(error);
      throw error;
    }
    pending = [];
  }

  function rotate(): void {
    writer.sync();
    writer.close();
    number++;
    writer = openWriter(folder, number);
    if (state.key !== undefined) onRotate({ segment: number, last: state.last, key: base64(state.key) });
    const gone = dropOldest(folder);
    if (gone.length > 0) chain({ event: "audit.dropped", outcome: `segment ${gone.join(", ")}` }, 1);
  }

  function demandWritable(): void {
    if (!broken) return;
    if (!canRetry) throw new PosternError("auditUnwritable");
    write(true);
    broken = false;
    log.note("the audit log can be written again");
  }

  /** Writes the repeats that were only counted. */
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
      // A failure here is remembered in `broken` and told to the next caller; there is nobody to throw to.
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
    demandWritable,
    read: (happening) => {
      // What was on its way when a session ended is not answered: its descriptor may be another file's by now.
      if (closed) throw new PosternError("locked");
      demandWritable();
      const key = foldKey(happening);
      const fold = folds.get(key);
      if (fold !== undefined && clock.monotonicMs() - fold.since < FOLD_MS) {
        add(fold, happening);
        return 0;
      }
      if (folds.size >= FOLDS_MAX) unfold();
      if (fold !== undefined && fold.count > 0) chain(folded(fold), fold.count);
      folds.set(key, newFold(happening, clock.monotonicMs()));
      const bytes = chain(happening, 1);
      later();
      return bytes;
    },
    keep: (happening) => {
      // It is done and cannot be recorded; "locked" would say that it was not done.
      if (closed) throw new PosternError("auditUnwritable", "the session ended meanwhile");
      demandWritable();
      const bytes = chain(happening, 1);
      write(true);
      return bytes;
    },
    flush: () => {
      unfold();
      if (!broken) write(true);
    },
    unlock: (keys) => {
      sealNames = keys.sealNames;
      // Locked and unlocked again in one process: the key never left.
      if (state.key !== undefined) {
        p.wipe(keys.start);
        return { checkpoints: [...keys.checkpoints], problems: [] };
      }
      write(false);
      const resumed = resume(folder, p, keys);
      state = resumed.state;
      if (state.key !== keys.start) p.wipe(keys.start);
      if (resumed.problems.length > 0) chain({ event: "audit.broken", outcome: "told" }, 1);
      return { checkpoints: resumed.checkpoints, problems: resumed.problems };
    },
    lock: () => {
      // What was counted so far has names to seal too.
      unfold();
      sealNames = undefined;
    },
    anchor: () =>
      state.key === undefined
        ? undefined
        : { seq, last: state.last, key: base64(state.key), at: new Date(clock.wallMs()).toISOString() },
    close: () => {
      closed = true;
      cancelFlush?.();
      cancelFolds?.();
      try {
        if (broken) return;
        unfold();
        write(true);
      } finally {
        if (state.key !== undefined) p.wipe(state.key);
        state = { last: state.last, key: undefined };
        writer.close();
      }
    },
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
