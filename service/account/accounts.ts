// accounts.* and users.*: the users that exist, with public keys and sealed private ones.
import { isDeepStrictEqual } from "node:util";
import type { Selectable } from "kysely";
import { boxKeyBytes } from "../../protocol/crypto/keyset.ts";
import { passwordChangeBytes } from "../../protocol/crypto/sign-in.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import { recordChanges } from "../change/events.ts";
import { change, write } from "../change/write.ts";
import { bytes, bytesOf, type Context, type Operations, text, timestamp } from "../context.ts";
import { changesRow } from "../store/changed.ts";
import type { Db, Tables } from "../store/tables.ts";

type UserRecord = OperationResult<"users.get">;

export const accountOperations: Pick<
  Operations,
  "accounts.create" | "accounts.endRestore" | "users.get" | "users.putData" | "users.changePassword"
> = {
  "accounts.create": async (params, context) => {
    demandRegistration(context, params.registrationToken);
    const { record } = params;
    if (
      !context.primitives.verify(
        bytes(record.keyset.identity),
        boxKeyBytes(bytes(record.keyset.box)),
        bytes(record.keyset.boxSignature),
      )
    ) {
      throw new PosternError("serviceRefused", "the keyset does not sign itself");
    }
    bytesOf(32, "signInKey", params.signInKey);
    bytesOf(32, "box", record.keyset.box);
    if (record.data.revision !== 1) throw new PosternError("serviceRefused", "a new user's data starts at revision 1");
    await context.store.write(async (db) => {
      if (!(await insertAccount(db, params, timestamp(context)))) await demandSame(db, params);
    });
    return {};
  },

  // The write holds its session. A newer restore ends this session, and then it must finish the account itself.
  "accounts.endRestore": async (_params, context) => {
    await write(context, (db) =>
      db.updateTable("accounts").set({ restoring: 0 }).where("id", "=", context.caller.account).execute(),
    );
    return {};
  },

  "users.get": async (_params, { db, caller }) => recordOf(db, caller.user, caller.device),

  "users.putData": async ({ data }, context) => {
    await change(context, async (db) => {
      const written = db
        .updateTable("users")
        .set({ data_revision: data.revision, data: bytes(data.sealed) })
        .where("id", "=", context.caller.user)
        .where("data_revision", "=", data.revision - 1);
      if (!(await changesRow(written))) return demandSameData(db, context.caller.user, data);
      await recordChanges(db, context.caller.account, [{ kind: "user" }]);
    });
    return {};
  },

  "users.changePassword": async ({ rootKey, signInKey, signature }, context) => {
    const { caller, primitives } = context;
    bytesOf(32, "signInKey", signInKey);
    await change(context, async (db) => {
      const user = await db
        .selectFrom("users")
        .select(["sign_in_key", "root_key"])
        .where("id", "=", caller.user)
        .executeTakeFirstOrThrow();
      const stored = text(user.root_key) === rootKey && text(user.sign_in_key) === signInKey;
      if (stored) return;
      const message = passwordChangeBytes({
        account: caller.account,
        user: caller.user,
        rootKey: bytes(rootKey),
        signInKey: bytes(signInKey),
      });
      if (!primitives.verify(user.sign_in_key, message, bytes(signature))) throw new PosternError("wrongCredentials");
      const written = db
        .updateTable("users")
        .set({ root_key: bytes(rootKey), sign_in_key: bytes(signInKey) })
        .where("id", "=", caller.user)
        // The key that signed this request.
        .where("sign_in_key", "=", user.sign_in_key);
      if (!(await changesRow(written))) throw new PosternError("wrongCredentials");
      await db
        .deleteFrom("sessions")
        .where("user", "=", caller.user)
        .where("token_hash", "!=", caller.tokenHash)
        .execute();
      await recordChanges(db, caller.account, [{ kind: "user" }]);
    });
    return {};
  },
};

/** Throws notPermitted where the service asks for a registration token and this is another one. */
export function demandRegistration(context: Context, token: string | undefined): void {
  if (context.registrationHash === undefined) return;
  const given = context.primitives.sha256(new TextEncoder().encode(token ?? ""));
  if (!context.primitives.equal(given, context.registrationHash))
    throw new PosternError("notPermitted", "the registration token is missing or wrong");
}

/** Returns false where the account exists already. Clients make the ids: an id that another account has is a conflict. */
async function insertAccount(db: Db, params: OperationParams<"accounts.create">, at: string): Promise<boolean> {
  const { record } = params;
  const account = db
    .insertInto("accounts")
    .values({ id: params.account, created_at: at, restoring: restoringOf(params) })
    .onConflict((taken) => taken.column("id").doNothing());
  if (!(await changesRow(account))) return false;
  const user = db
    .insertInto("users")
    .values({
      id: params.user,
      account: params.account,
      sign_in_key: bytes(params.signInKey),
      root_key: bytes(record.rootKey),
      identity: bytes(record.keyset.identity),
      box: bytes(record.keyset.box),
      box_signature: bytes(record.keyset.boxSignature),
      sealed_private: bytes(record.keyset.sealedPrivate),
      data_revision: record.data.revision,
      data: bytes(record.data.sealed),
      created_at: at,
    })
    .onConflict((taken) => taken.column("id").doNothing());
  const device = db
    .insertInto("devices")
    .values({ id: params.device, user: params.user, created_at: at, last_seen_at: at, removed: 0 })
    .onConflict((taken) => taken.column("id").doNothing());
  if (!(await changesRow(user)) || !(await changesRow(device))) throw new PosternError("conflict");
  return true;
}

/** A retry of a stored write changes nothing. */
async function demandSameData(db: Db, user: string, data: UserRecord["data"]): Promise<void> {
  const stored = await db
    .selectFrom("users")
    .select(["data_revision", "data"])
    .where("id", "=", user)
    .executeTakeFirstOrThrow();
  if (stored.data_revision !== data.revision || text(stored.data) !== data.sealed)
    throw new PosternError("versionConflict");
}

function restoringOf({ restoring }: OperationParams<"accounts.create">): number {
  return restoring === true ? 1 : 0;
}

async function demandSame(db: Db, params: OperationParams<"accounts.create">): Promise<void> {
  const account = await db
    .selectFrom("accounts")
    .select("restoring")
    .where("id", "=", params.account)
    .executeTakeFirst();
  const user = await db
    .selectFrom("users")
    .selectAll()
    .where("id", "=", params.user)
    .where("account", "=", params.account)
    .executeTakeFirst();
  const device = await db
    .selectFrom("devices")
    .select("id")
    .where("id", "=", params.device)
    .where("user", "=", params.user)
    .executeTakeFirst();
  const same =
    user !== undefined &&
    device !== undefined &&
    account?.restoring === restoringOf(params) &&
    text(user.sign_in_key) === params.signInKey &&
    isDeepStrictEqual(asRecord(user), params.record);
  if (!same) throw new PosternError("conflict");
}

/** The user's sealed keys and data. Every sign-in returns them. A service account's root key is sealed for its token. */
export async function recordOf(db: Db, user: string, device: string): Promise<UserRecord> {
  const row = await db.selectFrom("users").selectAll().where("id", "=", user).executeTakeFirstOrThrow();
  if (row.kind === "person") return asRecord(row);
  const token = await db.selectFrom("tokens").select("root_key").where("id", "=", device).executeTakeFirstOrThrow();
  return asRecord({ ...row, root_key: token.root_key });
}

function asRecord(row: Selectable<Tables["users"]>): UserRecord {
  return {
    rootKey: text(row.root_key),
    keyset: {
      identity: text(row.identity),
      box: text(row.box),
      boxSignature: text(row.box_signature),
      sealedPrivate: text(row.sealed_private),
    },
    data: { revision: row.data_revision, sealed: text(row.data) },
  };
}
