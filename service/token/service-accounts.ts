// serviceAccounts.*: principals that sign in with tokens. A row of users holds the keys of one; each of its tokens has a row too.
import { verifyServiceAccount } from "../../protocol/crypto/service-account.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { budgetOf } from "../account/rate-limit.ts";
import { recordChanges } from "../change/events.ts";
import { change } from "../change/write.ts";
import { bytes, bytesOf, type Context, type Operations, text, timestamp } from "../context.ts";
import { holdAccount, holdUser, holdVault } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Db } from "../store/tables.ts";
import { permissions } from "../vault/permission.ts";
import { checkGrant, holds, identityOf, putGrant } from "../vault/vault-grants.ts";

type Create = OperationParams<"serviceAccounts.create">;
type Token = NonNullable<Create["token"]>;
type ServiceAccountOperations = Pick<
  Operations,
  | "serviceAccounts.create"
  | "serviceAccounts.list"
  | "serviceAccounts.keys"
  | "serviceAccounts.rotate"
  | "serviceAccounts.revoke"
  | "serviceAccounts.rateLimit"
>;

export const serviceAccountOperations: ServiceAccountOperations = {
  "serviceAccounts.create": async (params, context) => {
    await checkKeys(context, params);
    await change(context, async (db) => {
      // A retry may name vaults that were deleted meanwhile.
      if (await isRepeated(db, context, params)) return;
      for (const { vault } of params.grants.toSorted((a, b) => (a.vault < b.vault ? -1 : 1)))
        await holdVault(db, context.caller, vault, permissions.manageVault);
      if (!(await insertPrincipal(db, context, params))) {
        if (await isRepeated(db, context, params)) return;
        throw new PosternError("conflict");
      }
      await demandPlace(db, context);
      if (params.token !== undefined) await insertToken(db, context, params.serviceAccount, params.token);
      for (const { vault, grant } of params.grants) {
        const one = { kind: "serviceAccount", principal: params.serviceAccount, grant } as const;
        await checkGrant(db, context, vault, one);
        await putGrant(db, vault, one);
      }
      // No event for the vaults: nothing changed for their members, and nobody has signed in as the new one yet.
      await recordChanges(db, context.caller.account, [{ kind: "user" }]);
    });
    return {};
  },

  "serviceAccounts.list": async (_params, { db, caller }) => {
    const rows = await publicRows(db, caller.account)
      .select(["s.name as custody", "s.revoked_at", "u.created_at"])
      .execute();
    const serviceAccounts = [];
    for (const { custody, revoked_at: revokedAt, created_at: createdAt, ...row } of rows)
      serviceAccounts.push({
        ...keysOf(row),
        custody: text(custody),
        createdAt,
        ...(revokedAt === null ? {} : { revokedAt }),
        tokens: await tokensOf(db, row.id),
        vaults: await vaultsOf(db, row.id),
      });
    return { serviceAccounts };
  },

  "serviceAccounts.keys": async (_params, { db, caller }) => ({
    serviceAccounts: (await publicRows(db, caller.account).execute()).map(keysOf),
  }),

  // Announced as a change, which wakes requests that wait with the ended token.
  "serviceAccounts.rotate": async ({ serviceAccount, token, overlapMs }, context) => {
    await change(context, async (db) => {
      await holdLiving(db, context, serviceAccount);
      // A sign-in with a token holds the user too.
      await holdUser(db, serviceAccount);
      if (await hasToken(db, serviceAccount, token)) return;
      await dropExpired(db, context, serviceAccount);
      const ends = new Date(context.now() + overlapMs).toISOString();
      await db
        .updateTable("tokens")
        .set({ expires_at: ends })
        .where("user", "=", serviceAccount)
        .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", ends)]))
        .execute();
      await insertToken(db, context, serviceAccount, token);
    });
    return {};
  },

  // Announced as a change, which wakes requests that wait in the ended session.
  "serviceAccounts.revoke": async ({ serviceAccount }, context) => {
    await change(context, async (db) => {
      await demandOwn(db, context, serviceAccount);
      // Held before its tokens are removed. A write that makes a token holds the row; a sign-in with one holds the user.
      await holdUser(db, serviceAccount);
      await db
        .updateTable("service_accounts")
        .set({ revoked_at: timestamp(context) })
        .where("user", "=", serviceAccount)
        .where("revoked_at", "is", null)
        .execute();
      await db.deleteFrom("tokens").where("user", "=", serviceAccount).execute();
      await db.deleteFrom("sessions").where("user", "=", serviceAccount).execute();
      await recordChanges(db, context.caller.account, [{ kind: "user" }]);
    });
    return {};
  },

  "serviceAccounts.rateLimit": async (_params, context) => {
    if (context.caller.kind !== "serviceAccount")
      throw new PosternError("notPermitted", "only a service account has a limit");
    return budgetOf(context);
  },
};

async function checkKeys(context: Context, params: Create): Promise<void> {
  const { identity, box, boxSignature } = params.keyset;
  const { maker, makerSignature, makesVaults, serviceAccount } = params;
  const place = { account: context.caller.account, serviceAccount };
  if (maker !== (await identityOf(context.db, context)))
    throw new PosternError("sealBroken", "the service account's maker is not the caller");
  const rights = makesVaults === undefined ? {} : { makesVaults };
  const keys = { identity, box, boxSignature, maker, makerSignature, ...rights };
  if (!verifyServiceAccount(context.primitives, place, keys))
    throw new PosternError("sealBroken", "the signature of the service account's keys");
  if (params.data.revision !== 1) throw new PosternError("sealBroken", "a new service account starts at revision 1");
}

/** Whether this same account was made before. Throws conflict where another one has its id. */
async function isRepeated(db: Db, context: Context, params: Create): Promise<boolean> {
  const user = await db.selectFrom("users").selectAll().where("id", "=", params.serviceAccount).executeTakeFirst();
  if (user === undefined) return false;
  const same =
    user.account === context.caller.account &&
    text(user.identity) === params.keyset.identity &&
    text(user.sealed_private) === params.keyset.sealedPrivate &&
    (params.token === undefined || (await hasToken(db, params.serviceAccount, params.token)));
  if (!same) throw new PosternError("conflict");
  return true;
}

/** The count includes the new one, and every one that was made before this write held the account. */
async function demandPlace(db: Db, { caller }: Context): Promise<void> {
  await holdAccount(db, caller.account);
  const { count } = await db
    .selectFrom("service_accounts")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("account", "=", caller.account)
    .executeTakeFirstOrThrow();
  if (Number(count) > serviceLimits.serviceAccounts)
    throw new PosternError("tooLarge", `an account has at most ${serviceLimits.serviceAccounts} service accounts`);
}

/** Returns false where its id is taken. */
async function insertPrincipal(db: Db, context: Context, params: Create): Promise<boolean> {
  const { serviceAccount, keyset, data } = params;
  const user = db
    .insertInto("users")
    .values({
      id: serviceAccount,
      account: context.caller.account,
      kind: "serviceAccount",
      // Both belong to the tokens: a service account signs in by a token only.
      sign_in_key: new Uint8Array(),
      root_key: new Uint8Array(),
      identity: bytes(keyset.identity),
      box: bytes(keyset.box),
      box_signature: bytes(keyset.boxSignature),
      sealed_private: bytes(keyset.sealedPrivate),
      data_revision: data.revision,
      data: bytes(data.sealed),
      created_at: timestamp(context),
    })
    .onConflict((taken) => taken.column("id").doNothing());
  if (!(await changesRow(user))) return false;
  await db
    .insertInto("service_accounts")
    .values({
      user: serviceAccount,
      account: context.caller.account,
      name: bytes(params.custody),
      maker: bytes(params.maker),
      maker_signature: bytes(params.makerSignature),
      makes_vaults: params.makesVaults === true ? 1 : 0,
      revoked_at: null,
    })
    .execute();
  return true;
}

/** The caller's write holds the service account, so that writes count its tokens one after another. */
async function insertToken(db: Db, context: Context, serviceAccount: string, token: Token): Promise<void> {
  bytesOf(32, "signInKey", token.signInKey);
  const device = await db.selectFrom("devices").select("id").where("id", "=", token.token).executeTakeFirst();
  if (device !== undefined) throw new PosternError("conflict");
  const tokens = await db.selectFrom("tokens").select("id").where("user", "=", serviceAccount).execute();
  if (tokens.length >= serviceLimits.tokens)
    throw new PosternError("tooLarge", `a service account has at most ${serviceLimits.tokens} tokens at once`);
  const made = db
    .insertInto("tokens")
    .values({
      id: token.token,
      user: serviceAccount,
      sign_in_key: bytes(token.signInKey),
      root_key: bytes(token.rootKey),
      created_at: timestamp(context),
      expires_at: token.expiresAt ?? null,
      window_start: null,
      reads: 0,
      writes: 0,
    })
    .onConflict((taken) => taken.column("id").doNothing());
  if (!(await changesRow(made))) throw new PosternError("conflict");
}

function publicRows(db: Db, account: string) {
  return db
    .selectFrom("service_accounts as s")
    .innerJoin("users as u", "u.id", "s.user")
    .select(["u.id", "u.identity", "u.box", "u.box_signature", "s.maker", "s.maker_signature", "s.makes_vaults"])
    .where("s.account", "=", account)
    .orderBy("u.created_at")
    .orderBy("u.id");
}

type PublicRow = Awaited<ReturnType<ReturnType<typeof publicRows>["execute"]>>[number];

function keysOf(row: PublicRow) {
  return {
    serviceAccount: row.id,
    identity: text(row.identity),
    box: text(row.box),
    boxSignature: text(row.box_signature),
    maker: text(row.maker),
    makerSignature: text(row.maker_signature),
    ...(row.makes_vaults === 1 ? { makesVaults: true as const } : {}),
  };
}

async function tokensOf(db: Db, user: string) {
  const rows = await db
    .selectFrom("tokens")
    .select(["id", "created_at", "expires_at", "last_used_at"])
    .where("user", "=", user)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(({ id, created_at: createdAt, expires_at: expiresAt, last_used_at: lastUsedAt }) => ({
    token: id,
    createdAt,
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(lastUsedAt === null ? {} : { lastUsedAt }),
  }));
}

function vaultsOf(db: Db, principal: string) {
  return db
    .selectFrom("vault_grants as g")
    .innerJoin("vaults as v", (join) => join.onRef("v.id", "=", "g.vault").onRef("v.key_id", "=", "g.key_id"))
    .select(["g.vault", "g.permissions"])
    .where("g.principal", "=", principal)
    .orderBy("g.vault")
    .execute();
}

async function demandOwn(db: Db, { caller }: Context, serviceAccount: string) {
  const row = await db
    .selectFrom("service_accounts")
    .selectAll()
    .where("user", "=", serviceAccount)
    .where("account", "=", caller.account)
    .executeTakeFirst();
  if (row === undefined) throw new PosternError("serviceAccountNotFound");
  return row;
}

/** Holds a living service account. A revocation waits, and then removes the tokens that this write makes too. */
async function holdLiving(db: Db, context: Context, serviceAccount: string): Promise<void> {
  await demandOwn(db, context, serviceAccount);
  if (!(await holds.serviceAccount(db, serviceAccount)))
    throw new PosternError("serviceAccountNotFound", "it was revoked");
}

async function hasToken(db: Db, serviceAccount: string, token: Token): Promise<boolean> {
  const row = await db.selectFrom("tokens").selectAll().where("id", "=", token.token).executeTakeFirst();
  if (row === undefined) return false;
  const same =
    row.user === serviceAccount && text(row.sign_in_key) === token.signInKey && text(row.root_key) === token.rootKey;
  if (!same) throw new PosternError("conflict");
  return true;
}

/** Removes tokens that have ended, which makes room for the next. */
async function dropExpired(db: Db, context: Context, serviceAccount: string): Promise<void> {
  await db
    .deleteFrom("tokens")
    .where("user", "=", serviceAccount)
    .where("expires_at", "<=", timestamp(context))
    .execute();
}
