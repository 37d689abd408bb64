// vaults.*: ids, key grants and sealed names.
import { verifyVaultGrant, verifyVaultOverview } from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { recordChanges } from "../change/events.ts";
import { change } from "../change/write.ts";
import { bytes, type Context, type Operations, text, timestamp } from "../context.ts";
import { holdAccount, holdUser } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Db } from "../store/tables.ts";
import { holdToManage, makerOf } from "./made-vaults.ts";
import { permissionsIn, principalsOf } from "./permission.ts";
import { checkGrant, grantOf, grantRow, identityOf, putGrant } from "./vault-grants.ts";

type SealedVault = OperationParams<"vaults.create">["overview"];
type VaultGrant = OperationParams<"vaults.create">["grant"];

export const vaultOperations: Pick<Operations, "vaults.create" | "vaults.list" | "vaults.update" | "vaults.delete"> = {
  "vaults.create": async (wanted, context) => {
    const { vault, type, grant, others = [], overview } = wanted;
    const { user, kind } = context.caller;
    await checkOwnGrant(context, vault, grant);
    await checkOverview(context.db, context, vault, overview);
    if (overview.revision !== 1 || overview.keyId !== grant.keyId)
      throw new PosternError("sealBroken", "a new vault starts at revision 1 under its own key");
    const at = timestamp(context);
    return change(context, async (db) => {
      const before = await repeatedByMaker(db, context, wanted);
      if (before !== undefined) return before;
      const made = db
        .insertInto("vaults")
        .values({
          id: vault,
          account: context.caller.account,
          type,
          ...vaultRow(overview),
          content_version: 0,
          active_items: 0,
          ...(await makerOf(db, context, wanted)),
          created_at: at,
          updated_at: at,
        })
        .onConflict((taken) => taken.column("id").doNothing());
      if (!(await changesRow(made))) {
        const existing = await vaultOf(db, vault);
        if (existing.type !== type || !(await holdsGrant(db, context, vault, grant)))
          throw new PosternError("conflict");
        return repeated(context, existing, overview);
      }
      await db
        .insertInto("vault_grants")
        .values({ vault, principal: user, kind: kind === "person" ? "user" : kind, ...grantRow(grant) })
        .execute();
      for (const one of others) {
        await checkGrant(db, context, vault, one);
        if (one.grant.keyId !== grant.keyId || one.grant.epoch !== grant.epoch)
          throw new PosternError("sealBroken", "the grants are of different keys");
        await putGrant(db, vault, one);
      }
      await demandRoom(db, context.caller.account);
      await recordChanges(db, context.caller.account, [{ kind: "vault", vault }]);
      return { createdAt: at, updatedAt: at };
    });
  },

  "vaults.list": async (_params, { db, caller }) => {
    const grants = await db
      .selectFrom("vault_grants")
      .selectAll()
      .where("principal", "in", await principalsOf(db, caller))
      .orderBy("epoch", "desc")
      .execute();
    if (grants.length === 0) return { vaults: [] };
    const rows = await db
      .selectFrom("vaults")
      .selectAll()
      .where("account", "=", caller.account)
      .where("id", "in", [...new Set(grants.map(({ vault }) => vault))])
      .orderBy("id")
      .execute();
    const held = rows.map((row) => ({ row, own: grants.filter(({ vault }) => vault === row.id) }));
    // A caller without a grant of the newest key has lost the vault. Older grants do not count.
    const open = held.filter(({ row, own }) => own.some((grant) => text(grant.key_id) === text(row.key_id)));
    return {
      vaults: open.map(({ row, own }) => ({
        vault: row.id,
        type: row.type,
        grants: own.map((grant) => ({
          ...(grant.kind === "group" ? { group: grant.principal } : {}),
          grant: grantOf(grant),
        })),
        ...(row.made_by === null || row.made_salt === null
          ? {}
          : { maker: { serviceAccount: row.made_by, salt: text(row.made_salt) } }),
        rewrapping: own.some((grant) => text(grant.key_id) !== text(row.key_id)),
        overview: {
          revision: row.revision,
          keyId: text(row.key_id),
          sealed: text(row.overview),
          writer: text(row.writer),
          signature: text(row.signature),
        },
        activeItems: row.active_items,
        contentVersion: row.content_version,
        createdAt: row.created_at,
        updatedAt: row.updated_at,
      })),
    };
  },

  "vaults.update": async ({ vault, overview }, context) => {
    const at = timestamp(context);
    return change(context, async (db) => {
      await holdToManage(db, context.caller, vault);
      await checkOverview(db, context, vault, overview);
      const written = db
        .updateTable("vaults")
        .set({ ...vaultRow(overview), updated_at: at })
        .where("id", "=", vault)
        .where("revision", "=", overview.revision - 1)
        // The members could not open an overview under another key, and would not see the vault's name.
        .where("key_id", "=", bytes(overview.keyId));
      const isWritten = await changesRow(written);
      const stored = await vaultOf(db, vault);
      if (text(stored.key_id) !== overview.keyId)
        throw new PosternError("sealBroken", "the overview is not under the vault's key");
      if (!isWritten) return repeated(context, stored, overview);
      await recordChanges(db, context.caller.account, [{ kind: "vault", vault }]);
      return { createdAt: stored.created_at, updatedAt: at };
    });
  },

  "vaults.delete": async ({ vault, revision }, context) => {
    await change(context, async (db) => {
      await holdToManage(db, context.caller, vault);
      const { type } = await vaultOf(db, vault);
      if (type === "personal")
        throw new PosternError("notPermitted", "the personal vault stays with its account", { vault });
      const deleted = db.deleteFrom("vaults").where("id", "=", vault).where("revision", "=", revision);
      if (!(await changesRow(deleted))) throw new PosternError("versionConflict");
      for (const table of ["file_chunks", "uploads", "item_versions", "items", "vault_grants"] as const)
        await db.deleteFrom(table).where("vault", "=", vault).execute();
      await recordChanges(db, context.caller.account, [{ kind: "vault", vault }]);
    });
    return {};
  },
};

/** The count includes the new vault, and every vault that was made before this write held the account. */
async function demandRoom(db: Db, account: string): Promise<void> {
  await holdAccount(db, account);
  const { count } = await db
    .selectFrom("vaults")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("account", "=", account)
    .executeTakeFirstOrThrow();
  if (Number(count) > serviceLimits.vaults)
    throw new PosternError("tooLarge", `an account has at most ${serviceLimits.vaults} vaults`);
}

/** The first grant must go from the caller to the caller. Any other would be a key that nobody asked for. */
async function checkOwnGrant(context: Context, vault: string, grant: VaultGrant): Promise<void> {
  const own = await identityOf(context.db, context);
  if (grant.recipient !== own || grant.granter !== own)
    throw new PosternError("sealBroken", "a new vault's grant must be from and to its maker");
  if (!verifyVaultGrant(context.primitives, context.caller.account, vault, grant))
    throw new PosternError("sealBroken", "the signature of the grant");
}

/** Whether the caller's stored grant of this vault is the one that was sent. A retry sends the same one. */
async function holdsGrant(db: Db, context: Context, vault: string, grant: VaultGrant): Promise<boolean> {
  const row = await db
    .selectFrom("vault_grants")
    .select("signature")
    .where("vault", "=", vault)
    .where("principal", "=", context.caller.user)
    .executeTakeFirst();
  return row !== undefined && text(row.signature) === grant.signature;
}

/** A vault's row. */
export function vaultOf(db: Db, vault: string) {
  return db.selectFrom("vaults").selectAll().where("id", "=", vault).executeTakeFirstOrThrow();
}

/** Throws sealBroken unless the caller signed the overview. */
export async function checkOverview(db: Db, context: Context, vault: string, overview: SealedVault): Promise<void> {
  if (overview.writer !== (await identityOf(db, context)))
    throw new PosternError("sealBroken", "the writer is not the caller");
  if (!verifyVaultOverview(context.primitives, context.caller.account, vault, overview))
    throw new PosternError("sealBroken", "the signature of the vault's overview");
}

/** A service account's retry, which may come after the person's agent has signed the vault anew. The id itself names its maker. */
async function repeatedByMaker(db: Db, context: Context, { vault, overview }: OperationParams<"vaults.create">) {
  const { caller } = context;
  if (caller.kind === "person") return undefined;
  // Equal requests at once come one after another, so that the second finds the vault of the first.
  await holdUser(db, caller.user);
  const made = db.selectFrom("vaults").selectAll().where("id", "=", vault).where("made_by", "=", caller.user);
  const existing = await made.executeTakeFirst();
  if (existing === undefined) return undefined;
  await permissionsIn(db, caller, vault);
  return existing.revision === 1 ? repeated(context, existing, overview) : timesOf(existing);
}

type VaultRow = {
  revision: number;
  overview: Uint8Array;
  signature: Uint8Array;
  account: string;
  created_at: string;
  updated_at: string;
};

/** A retry of a stored write changes nothing. Other content under the same revision is a conflict. */
function repeated(
  context: Context,
  existing: VaultRow,
  overview: SealedVault,
): { createdAt: string; updatedAt: string } {
  const same =
    existing.account === context.caller.account &&
    existing.revision === overview.revision &&
    text(existing.signature) === overview.signature;
  if (!same) throw new PosternError(overview.revision === 1 ? "conflict" : "versionConflict");
  return timesOf(existing);
}

function timesOf(row: Pick<VaultRow, "created_at" | "updated_at">): { createdAt: string; updatedAt: string } {
  return { createdAt: row.created_at, updatedAt: row.updated_at };
}

/** An overview's columns. */
export function vaultRow(overview: SealedVault) {
  return {
    revision: overview.revision,
    key_id: bytes(overview.keyId),
    overview: bytes(overview.sealed),
    writer: bytes(overview.writer),
    signature: bytes(overview.signature),
  };
}
