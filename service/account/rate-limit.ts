// What a service account's token may spend: so many reads and so many writes in an hour that begins with the first request
// after the last hour has ended. Counted in the store, so that a restart gives nothing back.
import type { Expression, ExpressionBuilder, ExpressionWrapper } from "kysely";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationName, serviceLimits } from "../../protocol/service-catalogue.ts";
import { AHEAD_MS_MAX, type Caller, type Service } from "../context.ts";
import { changesRow } from "../store/changed.ts";
import type { Db, Tables } from "../store/tables.ts";

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

/**
 * Spends one request of a service account's token. Throws rateLimitExceeded; refused requests cost nothing more. One statement
 * looks at the window and counts, so that of requests at once none spends what another has.
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

/** The window that a request made now falls into. Throws wrongCredentials where the token has gone. */
async function windowOf(db: Db, now: number, { device }: Caller) {
  const row = await db
    .selectFrom("tokens")
    .select(["window_start", "reads", "writes"])
    .where("id", "=", device)
    .executeTakeFirst();
  if (row === undefined) throw new PosternError("wrongCredentials", "the session has ended");
  const { window_start: start, reads, writes } = row;
  // A window that began while the clock was a day ahead must not hold its token off for a day.
  if (start !== null && start > at(now - RATE_WINDOW_MS) && start <= at(now + AHEAD_MS_MAX))
    return { start, reads, writes };
  return { start: at(now), reads: 0, writes: 0 };
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
