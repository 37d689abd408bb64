// Refusals in the log. Any website and any user of the machine can send requests, and the log has no bound. So the first of a rule is told, and then their
// number, once a minute at most.
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";

/** Milliseconds between two lines about one rule. */
export const FOLD_MS = 60_000;

/** Calls `tell` for the first refusal by a rule, and then with their number since the last line. The rules are few, and our own words. */
export function createFoldedRefusals(
  clock: Clock,
  tell: (rule: string, count: number) => void,
): (rule: string) => void {
  const told = new Map<string, { at: Moment; count: number }>();
  return (rule) => {
    const now = momentOf(clock);
    const before = told.get(rule);
    if (before !== undefined && passedMs(now, before.at) < FOLD_MS) {
      before.count++;
      return;
    }
    told.set(rule, { at: now, count: 0 });
    tell(rule, (before?.count ?? 0) + 1);
  };
}
