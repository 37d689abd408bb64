// What a person's account and a token's session have in common: how they are anchored while they are open, and how they close. Closing
// is at once for everyone who asks, then orderly: it is recorded, the log is anchored, keys are wiped.

import type { AuditLog } from "../audit/log.ts";
import type { Checkpoint } from "../audit/proof.ts";
import type { Log } from "../host/log.ts";
import { isUnwritten } from "../host/private-files.ts";
import type { DeviceStore } from "./device-store.ts";
import type { Unlocked } from "./unlocked.ts";

/** Milliseconds between two anchors of an audit log. */
export const ANCHOR_MS = 60_000;

/** Keeps the checkpoints of a log in the device store. Locked, the state before a segment is found again by following the one before. */
export function keepCheckpoints(storeOf: () => DeviceStore | undefined, log: Log): (checkpoint: Checkpoint) => void {
  return (checkpoint) => {
    storeOf()
      ?.change((state) => ({ ...state, checkpoints: [...state.checkpoints, checkpoint] }))
      .catch((error: unknown) => log.incident("checkpoint", error));
  };
}

/** Anchors the log in the device store; answers whether anything was new. */
export async function anchor(audit: AuditLog, unlocked: Unlocked | undefined): Promise<boolean> {
  const now = audit.anchor();
  if (unlocked === undefined || now === undefined || now.seq === unlocked.store.state.anchor?.seq) return false;
  audit.flush();
  await unlocked.store.change((state) => ({ ...state, anchor: now }));
  return true;
}

/** What is being closed, by name. Log and store have one writer, so whoever opens the same again waits for it. */
export type Endings = {
  /** Begins a closing; a second one of the same name is the first. Answers whether it was recorded. */
  begin(name: string, close: () => Promise<boolean>): Promise<boolean>;
  /** The closing that is under way; answers true where there is none. */
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

/** What closes, and what is done on the way. */
export type Closing = {
  readonly audit: AuditLog;
  readonly unlocked: Unlocked;
  /** Tells everyone and records it. */
  readonly record: () => void;
  /** What follows once the log is anchored; its failures are its own. */
  readonly after?: () => Promise<unknown>;
  /** Told where the disk took nothing. */
  readonly unrecorded: () => void;
  /** Runs at the end, whatever fails. */
  readonly finish?: () => void;
};

/** Closes in order. Answers whether it was recorded; whatever fails on the way, the keys are wiped. */
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
    await unlocked.store.change((state) => ({ ...state, anchor: audit.anchor() }));
    await after?.();
  } finally {
    audit.lock();
    unlocked.close();
    finish?.();
  }
}

/** Closes a log for good. A disk that takes nothing must not keep the agent from its end. */
export function closeLog(audit: AuditLog, log: Log, account: string): void {
  try {
    audit.close();
  } catch (error) {
    if (!isUnwritten(error)) throw error;
    log.note("the end of the audit log could not be written", { account });
  }
}
