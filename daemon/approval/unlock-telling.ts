// Tells the approvers of a locked account that a program waits for its unlock. Telling is rare, so that no program can use it to press a person
// for a password.
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Approvers } from "./approvers.ts";

/** Milliseconds in which the approvers of an account are told once. A person who left the account locked has been told. */
export const TOLD_MS = 600_000;

/** Tells of one wait, with the id of the account alone. */
export function createUnlockTelling(
  clock: Clock,
  approvers: Pick<Approvers, "ofLocked">,
): (account: string, expiresAtMs: number) => void {
  const toldAt = new Map<string, Moment>();
  return (account, expiresAtMs) => {
    const now = momentOf(clock);
    const before = toldAt.get(account);
    if (before !== undefined && passedMs(now, before) < TOLD_MS) return;
    const told = approvers.ofLocked(account);
    // Nobody was told, so the next one may be.
    if (told.length === 0) return;
    toldAt.set(account, now);
    for (const approver of told)
      approver.notify("unlock.awaited", { account, expiresAt: new Date(expiresAtMs).toISOString() });
  };
}
