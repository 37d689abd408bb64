// Grants of a vault's key as rows: their recipients, and whether they are signed as they say.

import { permissionBits } from "../../protocol/access/permission-names.ts";
import { verifyVaultGrant } from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { bytes, type Context, text } from "../context.ts";
import { holdUser } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Db, Tables } from "../store/tables.ts";

export type PrincipalGrant = OperationParams<"vaults.grant">["grants"][number];
type VaultGrant = PrincipalGrant["grant"];

/** The caller's identity, in base64. */
export async function identityOf(db: Db, context: Context): Promise<string> {
  const user = await db
    .selectFrom("users")
    .select("identity")
    .where("id", "=", context.caller.user)
    .executeTakeFirstOrThrow();
  return text(user.identity);
}

/** Whether a living principal of this kind exists. It is held until the write ends. */
export const holds = {
  group: (db: Db, group: string) =>
    changesRow(
      db
        .updateTable("groups")
        .set((eb) => ({ state: eb.ref("state") }))
        .where("id", "=", group)
        .where("state", "=", "active"),
    ),
  user: (db: Db, user: string) => holdUser(db, user),
  serviceAccount: (db: Db, user: string) =>
    changesRow(
      db
        .updateTable("service_accounts")
        .set((eb) => ({ account: eb.ref("account") }))
        .where("user", "=", user)
        .where("revoked_at", "is", null),
    ),
} as const;

const living = {
  group: (db: Db) => db.selectFrom("groups").where("state", "=", "active"),
  // A service account has rules of its own. Named as a user it would escape them.
  user: (db: Db) => db.selectFrom("users").where("kind", "=", "person"),
  serviceAccount: (db: Db) =>
    db
      .selectFrom("users")
      .where("id", "in", (eb) => eb.selectFrom("service_accounts").select("user").where("revoked_at", "is", null)),
} as const;

/** The public keys of a principal of the account. Undefined where there is no such principal, or it has ended. */
export async function keysOf(db: Db, account: string, kind: PrincipalGrant["kind"], principal: string) {
  return (living[kind](db) as ReturnType<typeof db.selectFrom<"users">>)
    .select(["identity", "box", "box_signature"])
    .where("id", "=", principal)
    .where("account", "=", account)
    .executeTakeFirst();
}

/** Throws groupNotFound or serviceAccountNotFound for an unknown principal, and sealBroken unless the caller signed this grant to it. */
export async function checkGrant(db: Db, context: Context, vault: string, one: PrincipalGrant): Promise<void> {
  const { account } = context.caller;
  await holds[one.kind](db, one.principal);
  const keys = await keysOf(db, account, one.kind, one.principal);
  if (keys === undefined)
    throw new PosternError(one.kind === "serviceAccount" ? "serviceAccountNotFound" : "groupNotFound");
  const granter = await identityOf(db, context);
  if (one.kind === "serviceAccount") await demandForServiceAccount(db, vault, one.grant.permissions);
  if (one.grant.granter !== granter) throw new PosternError("sealBroken", "the granter is not the caller");
  if (one.grant.recipient !== text(keys.identity))
    throw new PosternError("sealBroken", "the grant is to another identity");
  if (!verifyVaultGrant(context.primitives, account, vault, one.grant))
    throw new PosternError("sealBroken", "the signature of the grant");
}

/** A personal vault is its owner's alone: a manager of it could let others in. */
async function demandForServiceAccount(db: Db, vault: string, bits: number): Promise<void> {
  const { type } = await db.selectFrom("vaults").select("type").where("id", "=", vault).executeTakeFirstOrThrow();
  if (type === "personal")
    throw new PosternError("notPermitted", "a service account comes to no personal vault", { vault });
  if ((bits & (permissionBits.MANAGE_VAULT | permissionBits.RECOVER_VAULT)) !== 0)
    throw new PosternError("notPermitted", "a service account may not have MANAGE_VAULT or RECOVER_VAULT", { vault });
}

/** Stores a grant in place of the one for the same key. Throws sealBroken unless it grants the vault's key. */
export async function putGrant(db: Db, vault: string, one: PrincipalGrant): Promise<void> {
  const row = { vault, principal: one.principal, kind: one.kind, ...grantRow(one.grant) };
  const { vault: _vault, principal: _principal, epoch: _epoch, ...changed } = row;
  const ofNewestKey = db
    .updateTable("vaults")
    .set((eb) => ({ type: eb.ref("type") }))
    .where("id", "=", vault)
    .where("key_id", "=", row.key_id)
    // Each key has one epoch, and each epoch has one key.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("vault_grants as g")
            .select("g.principal")
            .where("g.vault", "=", vault)
            .where((g) =>
              g.or([
                g.and([g("g.key_id", "=", row.key_id), g("g.epoch", "<>", row.epoch)]),
                g.and([g("g.key_id", "<>", row.key_id), g("g.epoch", "=", row.epoch)]),
              ]),
            ),
        ),
      ),
    );
  if (!(await changesRow(ofNewestKey))) throw new PosternError("sealBroken", "the grant is not of the vault's key");
  await db
    .insertInto("vault_grants")
    .values(row)
    .onConflict((held) => held.columns(["vault", "principal", "epoch"]).doUpdateSet(changed))
    .execute();
}

/** A grant's columns. */
export function grantRow(grant: VaultGrant) {
  return {
    key_id: bytes(grant.keyId),
    epoch: grant.epoch,
    recipient: bytes(grant.recipient),
    granter: bytes(grant.granter),
    permissions: grant.permissions,
    sealed: bytes(grant.sealed),
    signature: bytes(grant.signature),
  };
}

/** A stored grant in the form of an answer. */
export function grantOf(row: Tables["vault_grants"]): VaultGrant {
  return {
    keyId: text(row.key_id),
    epoch: row.epoch,
    recipient: text(row.recipient),
    granter: text(row.granter),
    permissions: row.permissions,
    sealed: text(row.sealed),
    signature: text(row.signature),
  };
}
