// A caller writes in one transaction that holds its session. A session, device or token that is removed meanwhile then writes
// nothing more.
import { PosternError } from "../../protocol/errors.ts";
import { type Context, timestamp } from "../context.ts";
import { changesRow } from "../store/changed.ts";
import type { Db } from "../store/tables.ts";

/** Runs `act` as one transaction of the caller. Throws wrongCredentials where the session has ended. */
export function write<T>(context: Context, act: (db: Db) => Promise<T>): Promise<T> {
  return context.store.write(async (db) => {
    await holdSession(db, context);
    return act(db);
  });
}

/** A write that wakes the requests which wait for changes of the caller's account, here and in other processes. */
export async function change<T>(context: Context, act: (db: Db) => Promise<T>): Promise<T> {
  const { account } = context.caller;
  const done = await write(context, async (db) => {
    const result = await act(db);
    await context.store.notify(db, account);
    return result;
  });
  context.changes.announce(account);
  return done;
}

/** Locks the rows by updates that change nothing. A removal waits for this transaction, or this one finds the row gone. */
async function holdSession(db: Db, context: Context): Promise<void> {
  const { tokenHash, kind, device, user } = context.caller;
  const session = db
    .updateTable("sessions")
    .set((eb) => ({ device: eb.ref("device") }))
    .where("token_hash", "=", tokenHash);
  const token = db
    .updateTable("tokens")
    .set((eb) => ({ user: eb.ref("user") }))
    .where("id", "=", device)
    .where("user", "=", user)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", timestamp(context))]));
  const lives = (await changesRow(session)) && (kind === "person" || (await changesRow(token)));
  if (!lives) throw new PosternError("wrongCredentials", "the session has ended");
}
