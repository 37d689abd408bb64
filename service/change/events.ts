// Change events say which vault or item changed, in order. An agent that missed some asks from its cursor on.
import { PosternError } from "../../protocol/errors.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { type Context, type Operations, text, timestamp } from "../context.ts";
import { holdAccount } from "../hold.ts";
import type { Db, Tables } from "../store/tables.ts";
import { livingToken } from "../token/token-rows.ts";
import { type Cursor, isInHistory } from "./history.ts";

export type Change = {
  readonly kind: "item" | "vault" | "user" | "group";
  readonly vault?: string;
  readonly item?: string;
};

/**
 * Writes events inside the transaction of the change itself, so that every change has one. It holds the account first. Otherwise
 * an event could be committed after one with a higher number, and an agent that has read the higher one would miss it.
 */
export async function recordChanges(db: Db, account: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await holdAccount(db, account);
  const rows = changes.map((change) => ({
    account,
    kind: change.kind,
    vault: change.vault ?? null,
    item: change.item ?? null,
  }));
  await db.insertInto("events").values(rows).execute();
}

/** The number of the account's last change. */
export async function lastChangeOf(db: Db, account: string): Promise<number> {
  const row = await db
    .selectFrom("events")
    .select((eb) => eb.fn.max("seq").as("seq"))
    .where("account", "=", account)
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

async function cursorOf({ db, writing, caller: { account } }: Context): Promise<Cursor> {
  return { ...writing, seq: await lastChangeOf(db, account) };
}

type Row = Pick<Tables["events"], "kind" | "vault" | "item"> & { readonly tag: Uint8Array | null };

/**
 * The part of a change that the caller may know. A person may know all of it. A service account learns of its own vaults. Of the
 * others it learns only that some vault changed: it may have lost that vault just now, and must then forget the key.
 */
async function visibleTo({ db, caller }: Context): Promise<(row: Row) => Row | undefined> {
  if (caller.kind === "person") return (row) => row;
  const grants = await db.selectFrom("vault_grants").select("vault").where("principal", "=", caller.user).execute();
  const own = new Set(grants.map(({ vault }) => vault));
  return (row) => {
    if (row.vault !== null && own.has(row.vault)) return row;
    return row.kind === "vault" ? { kind: row.kind, vault: null, item: null, tag: null } : undefined;
  };
}

async function after(context: Context, seq: number) {
  // The tag of this moment is enough. A tag that came and went in between has a later event.
  const rows = await context.db
    .selectFrom("events")
    .leftJoin("items", (join) => join.onRef("items.vault", "=", "events.vault").onRef("items.id", "=", "events.item"))
    .select(["events.seq", "events.kind", "events.vault", "events.item", "items.tag"])
    .where("events.account", "=", context.caller.account)
    .where("events.seq", ">", seq)
    .orderBy("events.seq")
    .limit(serviceLimits.events)
    .execute();
  const visible = await visibleTo(context);
  const events = rows.flatMap((row) => {
    const shown = visible(row);
    if (shown === undefined) return [];
    const { kind, vault, item, tag } = shown;
    const ids = {
      ...(vault === null ? {} : { vault }),
      ...(item === null ? {} : { item }),
      ...(tag === null ? {} : { tag: text(tag) }),
    };
    return [{ seq: Number(row.seq), kind: kind as Change["kind"], ...ids }];
  });
  return { events, cursor: { ...context.writing, seq: Number(rows.at(-1)?.seq ?? seq) } };
}

export const eventOperations: Pick<Operations, "events.wait"> = {
  "events.wait": async ({ cursor, waitMs }, context) => {
    const enough = new AbortController();
    // Waiting begins before the look. Otherwise a change between the two would wake nobody.
    const changed = context.changes.wait(
      context.caller.account,
      Math.min(waitMs, await endsInMs(context)),
      AbortSignal.any([context.signal, enough.signal]),
    );
    try {
      const current = await cursorOf(context);
      if (cursor === undefined) return { cursor: current, events: [] };
      if (!(await isInHistory(context.db, context.writing, cursor)))
        return { cursor: current, events: [], replaced: true };
      if (current.seq <= cursor.seq) {
        await changed;
        await demandSession(context);
      }
      return await after(context, cursor.seq);
    } finally {
      enough.abort();
    }
  },
};

/** Milliseconds until the caller's token ends. An agent answers from its cache until it learns of that end. */
async function endsInMs(context: Context): Promise<number> {
  if (context.caller.kind === "person") return Number.POSITIVE_INFINITY;
  const token = await livingToken(context.db, timestamp(context), context.caller);
  if (token === undefined) return 0;
  return token.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(token.expires_at) - context.now();
}

/** A session may end while it waits, or its token may. It must not learn what happened after that. */
async function demandSession(context: Context): Promise<void> {
  const { db, caller } = context;
  const session = await db
    .selectFrom("sessions")
    .select("device")
    .where("token_hash", "=", caller.tokenHash)
    .executeTakeFirst();
  const ended = caller.kind === "serviceAccount" && (await livingToken(db, timestamp(context), caller)) === undefined;
  if (session === undefined || ended) throw new PosternError("wrongCredentials", "the session has ended");
}
