// Change events: which vault or item changed, in order. An agent that missed some asks from its cursor.
import { PosternError } from "../protocol/errors.ts";
import { serviceLimits } from "../protocol/service-catalogue.ts";
import type { Context, Db, Operations } from "./context.ts";

export type Change = {
  readonly kind: "item" | "vault" | "user" | "group";
  readonly vault?: string;
  readonly item?: string;
};

/** Writes events inside the transaction of the change itself, so that no change is ever without one. */
export async function recordChanges(db: Db, account: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map((change) => ({
    account,
    kind: change.kind,
    vault: change.vault ?? null,
    item: change.item ?? null,
  }));
  await db.insertInto("events").values(rows).execute();
}

async function cursorOf(db: Db, account: string): Promise<number> {
  const row = await db
    .selectFrom("events")
    .select((eb) => eb.fn.max("seq").as("seq"))
    .where("account", "=", account)
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

async function after(context: Context, cursor: number) {
  const rows = await context.db
    .selectFrom("events")
    .selectAll()
    .where("account", "=", context.caller.account)
    .where("seq", ">", cursor)
    .orderBy("seq")
    .limit(serviceLimits.events)
    .execute();
  return rows.map((row) => ({
    seq: Number(row.seq),
    kind: row.kind as Change["kind"],
    ...(row.vault === null ? {} : { vault: row.vault }),
    ...(row.item === null ? {} : { item: row.item }),
  }));
}

export const eventOperations: Pick<Operations, "events.wait"> = {
  "events.wait": async ({ cursor, waitMs }, context) => {
    const enough = new AbortController();
    // Waiting begins before the look, else a change between the two would wake nobody.
    const changed = context.changes.wait(
      context.caller.account,
      waitMs,
      AbortSignal.any([context.signal, enough.signal]),
    );
    try {
      const current = await cursorOf(context.db, context.caller.account);
      if (cursor === undefined) return { cursor: current, events: [] };
      // A cursor from the future belongs to a store that was replaced by an older one.
      if (cursor > current) throw new PosternError("conflict", "the cursor is newer than the store");
      if (current === cursor) {
        await changed;
        await demandSession(context);
      }
      const events = await after(context, cursor);
      return { cursor: events.at(-1)?.seq ?? cursor, events };
    } finally {
      enough.abort();
    }
  },
};

/** A session that was ended while it waited must not be told what happened after. */
async function demandSession({ db, caller }: Context): Promise<void> {
  const session = await db
    .selectFrom("sessions")
    .select("device")
    .where("token_hash", "=", caller.tokenHash)
    .executeTakeFirst();
  if (session === undefined) throw new PosternError("wrongCredentials", "the session has ended");
}
