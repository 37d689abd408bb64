// How long the log of an account keeps its records. The person chooses it. It lies in the sealed device store, so that no file that a program changes
// shortens it.
import { LOG_DAYS_DEFAULT, LOG_DAYS_MAX, LOG_DAYS_MIN } from "../../protocol/catalogue/common.ts";
import type { DeviceState, DeviceStore } from "./device-store.ts";

/** The days in a store. A number that only a newer agent takes means the default. */
export function logDaysOf({ logDays }: Pick<DeviceState, "logDays">): number {
  const isKnown = logDays !== undefined && logDays >= LOG_DAYS_MIN && logDays <= LOG_DAYS_MAX;
  return isKnown ? logDays : LOG_DAYS_DEFAULT;
}

/** Sets the days. The promise is fulfilled once they are on disk. Returns whether they were others before. */
export async function setLogDays(store: DeviceStore, logDays: number): Promise<boolean> {
  if (logDaysOf(store.state) === logDays) return false;
  await store.change((state) => ({ ...state, logDays }));
  return true;
}
