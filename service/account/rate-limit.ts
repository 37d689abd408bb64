// A service account's token may send so many reads and so many writes in an hour. Its hour begins with its first request after the
// hour before. The store keeps the count, so a restart gives nothing back.
import type { Expression, ExpressionBuilder, ExpressionWrapper } from "kysely";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationName, serviceLimits } from "../../protocol/service-catalogue.ts";
import { AHEAD_MS_MAX, type Caller, type Service } from "../context.ts";
import { changesRow } from "../store/changed.ts";
import type { Db, Tables } from "../store/tables.ts";

/** Milliseconds of one window, as in the official service. */
export const RATE_WINDOW_MS = 60 * 60_000;

type Kind = "reads" | "writes";

const limitOf = { reads: serviceLimits.readsPerHour, writes: serviceLimits.writesPerHour } as const;

/** Operations that count as writes. Waiting for changes, signing out and asking for the rest of the limit are free. */
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

/**
 * Spends one request of a service account's token. Throws rateLimitExceeded; a refused request costs nothing. One statement reads
 * the window and counts, so two requests at once never spend the same one.
 */
export async function spend(service: Service, caller: Caller, operation: OperationName): Promise<void> {
  if (caller.kind !== "serviceAccount" || free.has(operation)) return;
  const kind: Kind = writing.has(operation) ? "writes" : "reads";
  const now = service.now();
  const begun = (eb: ExpressionBuilder<Tables, "tokens">) =>
    eb.and([eb("window_start", ">", at(now - RATE_WINDOW_MS)), eb("window_start", "<=", at(now + AHEAD_MS_MAX))]);
  const spent = service.db
    .updateTable("tokens")
    .set((eb) => {
      const kept = <T>(stored: Expression<T>, anew: T) =>
        eb.case().when(begun(eb)).then(stored).else(anew).end() as ExpressionWrapper<Tables, "tokens", T>;
      return {
        window_start: kept(eb.ref("window_start"), at(now)),
        reads: eb(kept(eb.ref("reads"), 0), "+", kind === "reads" ? 1 : 0),
        writes: eb(kept(eb.ref("writes"), 0), "+", kind === "writes" ? 1 : 0),
      };
    })
    .where("id", "=", caller.device)
    .where((eb) => eb.or([eb("window_start", "is", null), eb.not(begun(eb)), eb(kind, "<", limitOf[kind])]));
  if (await changesRow(spent)) return;
  await windowOf(service.db, now, caller);
  throw new PosternError("rateLimitExceeded");
}

const at = (ms: number) => new Date(ms).toISOString();

/** The window of a request made now. Throws wrongCredentials where the token no longer exists. */
async function windowOf(db: Db, now: number, { device }: Caller) {
  const row = await db
    .selectFrom("tokens")
    .select(["window_start", "reads", "writes"])
    .where("id", "=", device)
    .executeTakeFirst();
  if (row === undefined) throw new PosternError("wrongCredentials", "the session has ended");
  const { window_start: start, reads, writes } = row;
  // A window that began while the clock was a day ahead must not block its token for a day.
  if (start !== null && start > at(now - RATE_WINDOW_MS) && start <= at(now + AHEAD_MS_MAX))
    return { start, reads, writes };
  return { start: at(now), reads: 0, writes: 0 };
}

/** The requests that are left, read without spending one. */
export async function budgetOf({ db, now, caller }: Service & { caller: Caller }) {
  const { start, reads, writes } = await windowOf(db, now(), caller);
  const begun = reads + writes > 0;
  const resets = begun ? { resetsAt: new Date(Date.parse(start) + RATE_WINDOW_MS).toISOString() } : {};
  return {
    reads: { limit: limitOf.reads, used: reads, ...resets },
    writes: { limit: limitOf.writes, used: writes, ...resets },
  };
}
