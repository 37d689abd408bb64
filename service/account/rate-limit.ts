// What a service account's token may spend: so many reads and so many writes in an hour that begins with the first request
// after the last hour has ended. Counted in the store, so that a restart gives nothing back.
import { PosternError } from "../../protocol/errors.ts";
import { type OperationName, serviceLimits } from "../../protocol/service-catalogue.ts";
import { AHEAD_MS_MAX, type Caller, type Service } from "../context.ts";
import type { Db } from "../store/tables.ts";

/** Milliseconds of one window, as the official service has it. */
export const RATE_WINDOW_MS = 60 * 60_000;

type Kind = "reads" | "writes";

const limitOf = { reads: serviceLimits.readsPerHour, writes: serviceLimits.writesPerHour } as const;

/** Waiting for changes, leaving, and asking what is left cost nothing; of the rest, these write. */
const free: ReadonlySet<OperationName> = new Set(["events.wait", "session.end", "serviceAccounts.rateLimit"]);
const writing: ReadonlySet<OperationName> = new Set([
  "items.put",
  "items.putAll",
  "files.putChunk",
  "files.abandon",
  "shares.create",
  "shares.putChunk",
  "shares.revoke",
]);

/** Spends one request of a service account's token. Throws rateLimitExceeded; refused requests cost nothing more. */
export async function spend(service: Service, caller: Caller, operation: OperationName): Promise<void> {
  if (caller.kind !== "serviceAccount" || free.has(operation)) return;
  const kind: Kind = writing.has(operation) ? "writes" : "reads";
  const spent = await service.db.transaction().execute(async (db) => {
    const window = await windowOf(db, service.now(), caller);
    if (window[kind] >= limitOf[kind]) return false;
    await db
      .updateTable("tokens")
      .set({ window_start: window.start, reads: window.reads, writes: window.writes, [kind]: window[kind] + 1 })
      .where("id", "=", caller.device)
      .execute();
    return true;
  });
  if (!spent) throw new PosternError("rateLimitExceeded");
}

/** The window that a request made now falls into. */
async function windowOf(db: Db, now: number, { device }: Caller) {
  const row = await db
    .selectFrom("tokens")
    .select(["window_start", "reads", "writes"])
    .where("id", "=", device)
    .executeTakeFirst();
  if (row === undefined) throw new PosternError("wrongCredentials", "the session has ended");
  const { window_start: start, reads, writes } = row;
  const sinceMs = start === null ? Number.POSITIVE_INFINITY : now - Date.parse(start);
  // A window that began while the clock was a day ahead must not hold its token off for a day.
  if (start !== null && sinceMs < RATE_WINDOW_MS && sinceMs >= -AHEAD_MS_MAX) return { start, reads, writes };
  return { start: new Date(now).toISOString(), reads: 0, writes: 0 };
}

/** What is left, read without spending. */
export async function budgetOf({ db, now, caller }: Service & { caller: Caller }) {
  const { start, reads, writes } = await windowOf(db, now(), caller);
  const begun = reads + writes > 0;
  const resets = begun ? { resetsAt: new Date(Date.parse(start) + RATE_WINDOW_MS).toISOString() } : {};
  return {
    reads: { limit: limitOf.reads, used: reads, ...resets },
    writes: { limit: limitOf.writes, used: writes, ...resets },
  };
}
