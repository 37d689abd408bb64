// Signing in: the caller signs a challenge once and gets an opaque token, which is stored hashed. Every refusal reads the same, so
// a stranger does not learn whether a user, a device or a nonce exists. A caller who holds the user's key learns more: that its
// device was removed (its password is right), that the account is being restored, or what ended its token. One restore writes at
// a time: its sign-in ends every session and device before it.
import { signInBytes } from "../../protocol/crypto/sign-in.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { change } from "../change/write.ts";
import {
  AHEAD_MS_MAX,
  bytes,
  type Caller,
  type Context,
  latest,
  type Operations,
  type Service,
  text,
  timestamp,
} from "../context.ts";
import { holdRestoring, holdStore, holdUser } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Db } from "../store/tables.ts";
import { knownToken, livingToken } from "../token/token-rows.ts";
import { recordOf } from "./accounts.ts";

/** Milliseconds in which a challenge may be answered. One signature takes far less, and a stolen challenge should not last. */
export const CHALLENGE_MS = 60_000;

/** Milliseconds without use after which a session ends. An agent that works renews it; a stolen token does not last. */
export const SESSION_IDLE_MS = 60 * 60_000;

/** Milliseconds after which a session ends in any case: the agent's own 12 h, and some more for a slow clock. */
export const SESSION_MS_MAX = 13 * 60 * 60_000;

/**
 * Milliseconds between two writes of the last use of a session, with its device or token. A read should not cost an fsync, and a
 * person needs that time to the minute only.
 */
export const TOUCH_MS = 60_000;

const TOKEN_BYTES = 32;

type SignInOperations = Pick<
  Operations,
  "signIn.start" | "signIn.finish" | "session.end" | "devices.list" | "devices.remove"
>;

export const signInOperations: SignInOperations = {
  "signIn.start": async ({ account, user, device, clientNonce }, context) => {
    const serverNonce = context.primitives.randomBytes(TOKEN_BYTES);
    const expiresAt = new Date(context.now() + CHALLENGE_MS).toISOString();
    await context.store.write(async (db) => {
      await holdStore(db);
      const past = timestamp(context);
      const ahead = new Date(context.now() + CHALLENGE_MS + AHEAD_MS_MAX).toISOString();
      await db
        .deleteFrom("nonces")
        .where((eb) => eb.or([eb("expires_at", "<", past), eb("expires_at", ">", ahead)]))
        .execute();
      const { count } = await db
        .selectFrom("nonces")
        .select((eb) => eb.fn.countAll().as("count"))
        .executeTakeFirstOrThrow();
      if (Number(count) >= serviceLimits.nonces) throw new PosternError("busy");
      await db
        .insertInto("nonces")
        .values({
          server_nonce: serverNonce,
          account,
          user,
          device,
          client_nonce: bytes(clientNonce),
          expires_at: expiresAt,
        })
        .execute();
    });
    return { serverNonce: text(serverNonce), expiresAt };
  },

  "signIn.finish": async (params, context) => {
    const token = context.primitives.randomBytes(TOKEN_BYTES);
    const at = timestamp(context);
    const outcome = await context.store.write(async (db) => {
      const fits = await challengeFits(db, context, params);
      if (fits === undefined) return "wrongCredentials";
      if (typeof fits === "object") return fits;
      if (fits === "person" && (await isRemoved(db, params.device))) return "deviceRemoved";
      const restoring = params.restoring === true && fits === "person";
      if (!(await holdRestoring(db, params.account, restoring))) return restoring ? "conflict" : "restoreUnfinished";
      if (restoring) await endOthers(db, params);
      if (fits === "person") await rememberDevice(db, params.user, params.device, at);
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

/** Spends the nonce and checks the signature over everything that the challenge bound. Returns the kind of user, or what ended the token. */
async function challengeFits(
  db: Db,
  context: Context,
  params: OperationParams<"signIn.finish">,
): Promise<Caller["kind"] | { readonly ended: string } | undefined> {
  const serverNonce = bytes(params.serverNonce);
  const nonce = await db.selectFrom("nonces").selectAll().where("server_nonce", "=", serverNonce).executeTakeFirst();
  // Two answers to one challenge may come at once. The one that removes its row has spent it.
  const spent = await changesRow(db.deleteFrom("nonces").where("server_nonce", "=", serverNonce));
  if (nonce === undefined || !spent || nonce.expires_at < timestamp(context) || nonce.expires_at !== params.expiresAt)
    return undefined;
  const bound =
    nonce.account === params.account &&
    nonce.user === params.user &&
    nonce.device === params.device &&
    text(nonce.client_nonce) === params.clientNonce;
  if (!bound) return undefined;
  // The user's key, devices and sessions stay as they are read here until the session is written.
  await holdUser(db, params.user);
  const user = await db
    .selectFrom("users")
    .select(["kind", "sign_in_key"])
    .where("id", "=", params.user)
    .where("account", "=", params.account)
    .executeTakeFirst();
  if (user === undefined) return undefined;
  const kind = user.kind as Caller["kind"];
  const known = kind === "person" ? undefined : await knownToken(db, timestamp(context), params);
  const key = kind === "person" ? await deviceKey(db, params, user.sign_in_key) : known?.key;
  if (key === undefined) return undefined;
  const message = signInBytes({
    origin: context.origin,
    account: params.account,
    user: params.user,
    device: params.device,
    serverNonce,
    clientNonce: bytes(params.clientNonce),
    expiresAt: params.expiresAt,
  });
  if (!context.primitives.verify(key, message, bytes(params.signature))) return undefined;
  return known?.ended === undefined ? kind : { ended: known.ended };
}

/** Lets a person in, on a device of theirs or on a new one. */
async function deviceKey(
  db: Db,
  { user, device }: { user: string; device: string },
  key: Uint8Array,
): Promise<Uint8Array | undefined> {
  const known = await db.selectFrom("devices").select("user").where("id", "=", device).executeTakeFirst();
  return known !== undefined && known.user !== user ? undefined : key;
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
  const tokenHash = service.primitives.sha256(Uint8Array.from(Buffer.from(token, "base64url")));
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
