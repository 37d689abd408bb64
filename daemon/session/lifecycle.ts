// The common life of a person's account and a token's session: anchoring while it is open, and closing. It is closed for every caller at once.
// Then it is closed in order: it is recorded, the log is anchored, keys are wiped.

import type { AuditLog } from "../audit/log.ts";
import type { Checkpoint } from "../audit/proof.ts";
import type { Log } from "../host/log.ts";
import { isUnwritten } from "../host/private-files.ts";
import type { DeviceStore } from "./device-store.ts";
import { type Unlocked, withSeenUserData } from "./unlocked.ts";

/** Milliseconds between two anchors of an audit log. */
export const ANCHOR_MS = 60_000;

/** Keeps the checkpoints of a log in the device store. While locked, the state before a segment is found by following the segment before. */
export function keepCheckpoints(storeOf: () => DeviceStore | undefined, log: Log): (checkpoint: Checkpoint) => void {
  return (checkpoint) => {
    storeOf()
      ?.change((state) => ({ ...state, checkpoints: [...state.checkpoints, checkpoint] }))
      .catch((error: unknown) => log.incident("checkpoint", error));
  };
}

/** Anchors the log in the device store. Returns whether there was anything new. */
export async function anchor(audit: AuditLog, unlocked: Unlocked | undefined): Promise<boolean> {
  const now = audit.anchor();
  if (unlocked === undefined || now === undefined || now.seq === unlocked.store.state.anchor?.seq) return false;
  audit.flush();
  await unlocked.store.change((state) => ({ ...withSeenUserData(state, unlocked), anchor: now }));
  return true;
}

/** The closings that are under way, by name. Log and store have one writer, so opening the same again waits for its closing. */
export type Endings = {
  /** Begins a closing. A second one of the same name joins the first. Returns whether it was recorded. */
  begin(name: string, close: () => Promise<boolean>): Promise<boolean>;
  /** The running closing. True where there is none. */
  of(name: string): Promise<boolean>;
};

export function createEndings(): Endings {
  const ending = new Map<string, Promise<boolean>>();
  return {
    begin: (name, close) => {
      const done = close().finally(() => ending.delete(name));
      ending.set(name, done);
      return done;
    },
    of: (name) => ending.get(name) ?? Promise.resolve(true),
  };
}

/** The parts that close, and the steps on the way. */
export type Closing = {
  readonly audit: AuditLog;
  readonly unlocked: Unlocked;
  /** Announces and records the closing. */
  readonly record: () => void;
  /** A step after the anchoring of the log. It handles its own failures. */
  readonly after?: () => Promise<unknown>;
  /** Called where the disk took nothing. */
  readonly unrecorded: () => void;
  /** Runs at the end, whatever fails. */
  readonly finish?: () => void;
};

/** Closes in order. Returns whether it was recorded. The keys are wiped whatever fails. */
export async function closeInOrder(closing: Closing): Promise<boolean> {
  try {
    await recordAndWipe(closing);
    return true;
  } catch (error) {
    if (!isUnwritten(error)) throw error;
    closing.unrecorded();
    return false;
  }
}

async function recordAndWipe({ audit, unlocked, record, after, finish }: Closing): Promise<void> {
  try {
    record();
    await unlocked.store.changeNow((state) => ({ ...withSeenUserData(state, unlocked), anchor: audit.anchor() }));
    await after?.();
  } finally {
    audit.lock();
    unlocked.close();
    finish?.();
  }
}

/** Closes a log for good. A full disk must not stop the agent from ending. */
export function closeLog(audit: AuditLog, log: Log, account: string): void {
  try {
    audit.close();
  } catch (error) {
    if (!isUnwritten(error)) throw error;
    log.note("the end of the audit log could not be written", { account });
  }
}
