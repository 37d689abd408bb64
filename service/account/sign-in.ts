// Signing in: the caller signs a challenge once and gets an opaque token, which is stored hashed. Every refusal reads the same, so
// a stranger does not learn whether a user, a device or a nonce exists. A caller who holds the user's key learns more: that its
// device was removed (its password is right), that the account is being restored, or what ended its token. One restore writes at
// a time: its sign-in ends every session and device before it.
import { sql } from "kysely";
import { signInBytes } from "../../protocol/crypto/sign-in.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { change } from "../change/write.ts";
import {
  bytes,
  type Caller,
  type Context,
  latest,
  type Operations,
  type Service,
  text,
  timestamp,
} from "../context.ts";
import { holdRestoring, holdUser } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Db } from "../store/tables.ts";
import { knownToken, livingToken } from "../token/token-rows.ts";
import { recordOf } from "./accounts.ts";
import { isOwnChallenge, newChallenge, spendChallenge } from "./challenge.ts";
import { isOwnSessionToken, newSessionToken } from "./session-token.ts";

/** Milliseconds without use after which a session ends. An agent that works renews it; a stolen token does not last. */
export const SESSION_IDLE_MS = 60 * 60_000;

/** Milliseconds after which a session ends in any case: the agent's own 12 h, and some more for a slow clock. */
export const SESSION_MS_MAX = 13 * 60 * 60_000;

/**
 * Milliseconds between two writes of the last use of a session, with its device or token. A read should not cost an fsync, and a
 * person needs that time to the minute only.
 */
export const TOUCH_MS = 60_000;

type SignInOperations = Pick<
  Operations,
  "signIn.start" | "signIn.finish" | "session.end" | "devices.list" | "devices.remove"
>;

export const signInOperations: SignInOperations = {
  "signIn.start": async (asked, context) => newChallenge(context, asked),

  "signIn.finish": async (params, context) => {
    const takeBack = await context.strangers.admitTry(context.from, params);
    const token = newSessionToken(context);
    const at = timestamp(context);
    const answerer = await answererOf(context, params);
    const outcome = await context.store.write(async (db) => {
      const fits = await answererNow(db, context, params, answerer);
      if (fits === undefined) return "wrongCredentials";
      if (!(await spendChallenge(db, context, params))) return "wrongCredentials";
      if (fits.ended !== undefined) return { ended: fits.ended };
      if (fits.kind === "person" && (await isRemoved(db, params.device))) return "deviceRemoved";
      const restoring = params.restoring === true && fits.kind === "person";
      if (!(await holdRestoring(db, params.account, restoring))) return restoring ? "conflict" : "restoreUnfinished";
      if (restoring) await endOthers(db, params);
      if (fits.kind === "person") await rememberDevice(db, params.user, params.device, at);
      else if (!(await useToken(db, params, at))) return "wrongCredentials";
      await endOldest(db, context, params.user);
      await db
        .insertInto("sessions")
        .values({
          token_hash: context.primitives.sha256(token),
          user: params.user,
          account: params.account,
          device: params.device,
          created_at: at,
          last_used_at: at,
        })
        .execute();
      // The row of the key that signed. A password change in between would bring another root key.
      return { record: await recordOf(db, params.user, params.device) };
    });
    takeBack();
    // Thrown outside the transaction, so that the nonce stays spent.
    if (typeof outcome === "string") throw new PosternError(outcome);
    if ("ended" in outcome) throw new PosternError("tokenRefused", outcome.ended);
    return {
      token: Buffer.from(token).toString("base64url"),
      expiresAt: new Date(context.now() + SESSION_MS_MAX).toISOString(),
      record: outcome.record,
    };
  },

  "session.end": async (_params, { db, caller }) => {
    const ended = db.deleteFrom("sessions").where("token_hash", "=", caller.tokenHash);
    if (!(await changesRow(ended))) throw new PosternError("wrongCredentials", "the session has ended");
    return {};
  },

  "devices.list": async (_params, { db, caller }) => {
    const rows = await db
      .selectFrom("devices")
      .selectAll()
      .where("user", "=", caller.user)
      .where("removed", "=", 0)
      .orderBy("created_at")
      .execute();
    return {
      devices: rows.map((row) => ({ device: row.id, createdAt: row.created_at, lastSeenAt: row.last_seen_at })),
    };
  },

  // Announced as a change, so that the device that waits for changes learns of its removal.
  "devices.remove": async ({ device }, context) => {
    const { user } = context.caller;
    await change(context, async (db) => {
      // A sign-in holds the user too. It either finds the device removed, or writes its session before this removal.
      await holdUser(db, user);
      const removed = db.updateTable("devices").set({ removed: 1 }).where("id", "=", device).where("user", "=", user);
      if (!(await changesRow(removed))) throw new PosternError("deviceNotFound");
      await db.deleteFrom("sessions").where("device", "=", device).where("user", "=", user).execute();
    });
    return {};
  },
};

/** Who answered a challenge rightly: the key that signed, and what ended the token where it has ended. */
type Answerer = { readonly kind: Caller["kind"]; readonly key: Uint8Array; readonly ended?: string | undefined };

/** Stands in for the key of a user who does not exist. Any text signs itself wrongly under it. */
const NO_KEY = new Uint8Array(Buffer.from("WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=", "base64"));

/**
 * Checks an answer to a challenge. Nothing is written before this, so a stranger makes no write. Every refusal takes the same steps:
 * the same reads, and one check of a signature. So its time does not tell whether the user or the device exists.
 */
async function answererOf(context: Context, params: OperationParams<"signIn.finish">): Promise<Answerer> {
  const { db, primitives } = context;
  if (!isOwnChallenge(context, params)) throw new PosternError("wrongCredentials");
  // One row with a key comes in any case: reading it takes some microseconds, which a program of this machine can measure.
  const user = await db
    .selectFrom(db.selectNoFrom(sql<string>`${params.user}`.as("id")).as("asked"))
    .leftJoin("users", (join) => join.onRef("users.id", "=", "asked.id").on("users.account", "=", params.account))
    .select(["users.kind", sql<Uint8Array>`coalesce(users.sign_in_key, ${NO_KEY})`.as("sign_in_key")])
    .executeTakeFirstOrThrow();
  const device = await db.selectFrom("devices").select("user").where("id", "=", params.device).executeTakeFirst();
  const token = await knownToken(db, timestamp(context), params);
  const kind = user.kind === "serviceAccount" ? "serviceAccount" : "person";
  // A person comes on a device of theirs or on a new one.
  const isOthers = kind === "person" && device !== undefined && device.user !== params.user;
  const key = kind === "serviceAccount" ? token?.key : isOthers || user.kind === null ? undefined : user.sign_in_key;
  const message = signInBytes({
    origin: context.origin,
    account: params.account,
    user: params.user,
    device: params.device,
    serverNonce: bytes(params.serverNonce),
    clientNonce: bytes(params.clientNonce),
    expiresAt: params.expiresAt,
  });
  const isSigned = primitives.verify(key ?? NO_KEY, message, bytes(params.signature));
  if (!isSigned || key === undefined) throw new PosternError("wrongCredentials");
  return kind === "person" ? { kind, key } : { kind, key, ended: token?.ended };
}

/**
 * Holds the user, and looks again: a password change or a rotation may have come in between. Devices and sessions stay as they are
 * from here on. Returns the answerer as of now, and undefined where another key signed.
 */
async function answererNow(
  db: Db,
  context: Context,
  params: OperationParams<"signIn.finish">,
  { kind, key }: Answerer,
): Promise<Answerer | undefined> {
  await holdUser(db, params.user);
  const user = () =>
    db.selectFrom("users").select("sign_in_key as key").where("id", "=", params.user).executeTakeFirst();
  const now = kind === "person" ? await user() : await knownToken(db, timestamp(context), params);
  if (now === undefined || text(now.key) !== text(key)) return undefined;
  return { ended: undefined, ...now, kind };
}

async function isRemoved(db: Db, device: string): Promise<boolean> {
  const known = await db.selectFrom("devices").select("removed").where("id", "=", device).executeTakeFirst();
  return known?.removed === 1;
}

/** Ends the user's sessions and every device but the one that signs in. */
async function endOthers(db: Db, { user, device }: { user: string; device: string }): Promise<void> {
  await db.updateTable("devices").set({ removed: 1 }).where("user", "=", user).where("id", "!=", device).execute();
  await db.deleteFrom("sessions").where("user", "=", user).execute();
}

async function rememberDevice(db: Db, user: string, device: string, at: string): Promise<void> {
  const known = db
    .updateTable("devices")
    .set({ last_seen_at: at })
    .where("id", "=", device)
    .where("user", "=", user)
    .where("removed", "=", 0);
  if (await changesRow(known)) return;
  const made = db
    .insertInto("devices")
    .values({ id: device, user, created_at: at, last_seen_at: at, removed: 0 })
    .onConflict((taken) => taken.column("id").doNothing());
  // Meanwhile it was removed, or another user got it.
  if (!(await changesRow(made))) throw new PosternError("wrongCredentials");
  const { count } = await db
    .selectFrom("devices")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("user", "=", user)
    .where("removed", "=", 0)
    .executeTakeFirstOrThrow();
  if (Number(count) > serviceLimits.devices)
    throw new PosternError("tooLarge", `a user has at most ${serviceLimits.devices} devices; remove one first`);
}

/** Ends the oldest sessions over the limit. Sessions that a wrong clock dated ahead go first, or they would outlive all later ones. */
async function endOldest(db: Db, context: Context, user: string): Promise<void> {
  await db.deleteFrom("sessions").where("user", "=", user).where("created_at", ">", latest(context)).execute();
  const rows = await db
    .selectFrom("sessions")
    .select("token_hash")
    .where("user", "=", user)
    .orderBy("created_at", "desc")
    .execute();
  for (const row of rows.slice(serviceLimits.sessions - 1))
    await db.deleteFrom("sessions").where("token_hash", "=", row.token_hash).execute();
}

/** The caller of a bearer token. Undefined when the token is unknown, idle for too long, or too old. */
export async function callerOf(service: Service, token: string): Promise<Caller | undefined> {
  const given = Uint8Array.from(Buffer.from(token, "base64url"));
  if (!isOwnSessionToken(service, given)) return undefined;
  const tokenHash = service.primitives.sha256(given);
  const row = await service.db
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user")
    .selectAll("s")
    .select("u.kind")
    .where("s.token_hash", "=", tokenHash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const now = service.now();
  const idle = now - Date.parse(row.last_used_at);
  const ended = row.kind === "serviceAccount" && !(await livingToken(service.db, timestamp(service), row));
  const ahead = row.created_at > latest(service) || row.last_used_at > latest(service);
  if (ended || ahead || idle > SESSION_IDLE_MS || now - Date.parse(row.created_at) > SESSION_MS_MAX) {
    await service.db
      .deleteFrom("sessions")
      .where("token_hash", "=", tokenHash)
      // A session that was used meanwhile is not idle.
      .where("last_used_at", "=", row.last_used_at)
      .execute();
    return undefined;
  }
  if (idle > TOUCH_MS) await touch(service, row);
  return { account: row.account, user: row.user, device: row.device, kind: row.kind as Caller["kind"], tokenHash };
}

/** Writes the last use of a session and of its device or token. */
async function touch(
  service: Service,
  session: { token_hash: Uint8Array; user: string; device: string; kind: string },
): Promise<void> {
  const at = timestamp(service);
  await service.store.write(async (db) => {
    const used = db.updateTable("sessions").set({ last_used_at: at }).where("token_hash", "=", session.token_hash);
    // A session that ended meanwhile was not used.
    if (!(await changesRow(used))) return;
    if (session.kind === "serviceAccount") await useToken(db, session, at);
    else await db.updateTable("devices").set({ last_seen_at: at }).where("id", "=", session.device).execute();
  });
}

/** Writes a token's last use. Returns false where the token no longer lets anybody in. */
function useToken(db: Db, { user, device }: { user: string; device: string }, at: string): Promise<boolean> {
  return changesRow(
    db
      .updateTable("tokens")
      .set({ last_used_at: at })
      .where("id", "=", device)
      .where("user", "=", user)
      .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", at)])),
  );
}
