// The times at which an unlocked account locks by itself: after some time without use, after twelve hours, after the machine's sleep, and when the
// wall clock was set back. The person chooses the first. It lies in the sealed device store, so that no file that a program changes can lengthen it.
import { elapsedMs, type Moment, SET_BACK_MS_MAX, setBackMs } from "../host/clock.ts";
import type { DeviceState, DeviceStore, IdleLock } from "./device-store.ts";

/** The times of an unlocked account, and its store. */
type Open = { readonly unlockedAt: Moment; readonly lastActivity: Moment; readonly store: DeviceStore };

/** Milliseconds without activity after which an account locks, unless its person chose another time. */
export const IDLE_MS = 10 * 60_000;

/** Milliseconds after which an unlocked account locks in any case. */
export const UNLOCKED_MS_MAX = 12 * 60 * 60_000;

/** Milliseconds of each choice. Eight hours are a working day. With the screen there is no time of its own. */
export const idleLockMs: Readonly<Record<IdleLock, number>> = {
  tenMinutes: IDLE_MS,
  eightHours: 8 * 60 * 60_000,
  screenLock: UNLOCKED_MS_MAX,
};

/** Boot time running ahead of monotonic time by this many milliseconds means that the machine slept. */
export const SUSPENDED_MS = 5_000;

/** The choice in a store. A store from before the choice means ten minutes, and so does a word that only a newer agent knows. */
export function idleLockOf({ idleLock }: Pick<DeviceState, "idleLock">): IdleLock {
  return idleLock !== undefined && Object.hasOwn(idleLockMs, idleLock) ? idleLock : "tenMinutes";
}

/** Milliseconds without activity after which an account locks. Where nobody says that the screen is locked, its choice would keep it open for ever. */
export function idleMsOf(state: Pick<DeviceState, "idleLock">, hearsScreen: boolean): number {
  const chosen = idleLockOf(state);
  return chosen === "screenLock" && !hearsScreen ? IDLE_MS : idleLockMs[chosen];
}

/** Whether this choice keeps the account open for longer than the present one. */
export function widens(chosen: IdleLock, present: DeviceState): boolean {
  return idleLockMs[chosen] > idleLockMs[idleLockOf(present)];
}

/** Sets the choice. The promise is fulfilled once it is on disk. Returns whether it was another one before. */
export async function setIdleLock(store: DeviceStore, idleLock: IdleLock): Promise<boolean> {
  if (idleLockOf(store.state) === idleLock) return false;
  await store.change((state) => ({ ...state, idleLock }));
  return true;
}

/** Whether an account must be locked by now. */
export function isOver({ unlockedAt, lastActivity, store }: Open, now: Moment, hearsScreen: boolean): boolean {
  const slept = now.bootMs - unlockedAt.bootMs - (now.monotonicMs - unlockedAt.monotonicMs);
  return (
    elapsedMs(now, lastActivity) > idleMsOf(store.state, hearsScreen) ||
    elapsedMs(now, unlockedAt) > UNLOCKED_MS_MAX ||
    setBackMs(now, unlockedAt) > SET_BACK_MS_MAX ||
    slept > SUSPENDED_MS
  );
}
