// The holders of a vault's key: further grants, and the next key after a removal. A principal without a grant of the new key loses
// all its grants in the same transaction. Items are wrapped anew in steps. The older keys are removed with the last step.
import { type SqlBool, sql } from "kysely";
import { verifyItemOverview } from "../../protocol/crypto/item.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { recordChanges } from "../change/events.ts";
import { change } from "../change/write.ts";
import { bytes, type Context, type Operations, text, timestamp } from "../context.ts";
import { holdVault } from "../hold.ts";
import { overviewOf, revisionColumns } from "../item/items.ts";
import { changesRow } from "../store/changed.ts";
import type { Db } from "../store/tables.ts";
import { demand, permissions, permissionsIn } from "./permission.ts";
import { checkGrant, grantOf, identityOf, keysOf, type PrincipalGrant, putGrant } from "./vault-grants.ts";
import { checkOverview, vaultOf, vaultRow } from "./vaults.ts";

type Rewrap = OperationParams<"items.rewrap">["rewraps"][number];
type KeyOperations = Pick<
  Operations,
  "vaults.members" | "vaults.grant" | "vaults.rekey" | "items.stale" | "items.rewrap"
>;

export const vaultKeyOperations: KeyOperations = {
  "vaults.members": async ({ vault }, { db, caller }) => {
    await permissionsIn(db, caller, vault);
    const grants = await newestGrants(db, vault);
    const members = [];
    for (const row of grants) {
      const { principal } = row;
      const kind = row.kind as PrincipalGrant["kind"];
      const keys = await keysOf(db, caller.account, kind, principal);
      if (keys === undefined) continue;
      members.push({
        kind,
        principal,
        grant: grantOf(row),
        identity: text(keys.identity),
        box: text(keys.box),
        boxSignature: text(keys.box_signature),
      });
    }
    return { members };
  },

  "vaults.grant": async ({ vault, grants }, context) => {
    await change(context, async (db) => {
      await holdVault(db, context.caller, vault, permissions.manageVault);
      for (const one of grants) {
        await checkGrant(db, context, vault, one);
        await putGrant(db, vault, one);
      }
      const all = await newestGrants(db, vault);
      if (all.length > serviceLimits.members)
        throw new PosternError("tooLarge", `a vault has at most ${serviceLimits.members} members`);
      await recordChanges(db, context.caller.account, [{ kind: "vault", vault }]);
    });
    return {};
  },

  "vaults.rekey": async ({ vault, grants, overview }, context) => {
    const at = timestamp(context);
    return change(context, async (db) => {
      await holdVault(db, context.caller, vault, permissions.manageVault);
      await checkOverview(db, context, vault, overview);
      const existing = await vaultOf(db, vault);
      if (text(existing.signature) === overview.signature)
        return { createdAt: existing.created_at, updatedAt: existing.updated_at };
      const before = await newestGrants(db, vault);
      const written = db
        .updateTable("vaults")
        .set({ ...vaultRow(overview), updated_at: at })
        .where("id", "=", vault)
        .where("revision", "=", overview.revision - 1);
      if (!(await changesRow(written))) throw new PosternError("versionConflict");
      await checkNextKey(db, context, vault, grants, overview.keyId, before);
      await dropOthers(db, vault, grants);
      for (const one of grants) await putGrant(db, vault, one);
      await dropOlderKeysWhenDone(db, vault);
      await recordChanges(db, context.caller.account, [{ kind: "vault", vault }]);
      return { createdAt: existing.created_at, updatedAt: at };
    });
  },

  "items.stale": async ({ vault, limit }, { db, caller }) => {
    await demand(db, caller, vault, permissions.manageVault);
    return { items: await staleOf(db, vault, limit) };
  },

  "items.rewrap": async ({ vault, rewraps }, context) => {
    const left = await change(context, async (db) => {
      await holdVault(db, context.caller, vault, permissions.manageVault);
      for (const one of rewraps) await rewrapOne(db, context, vault, one);
      return dropOlderKeysWhenDone(db, vault);
    });
    return { left };
  },
};

const isNewest = sql<SqlBool>`key_id = (select v.key_id from vaults as v where v.id = vault_grants.vault)`;

/** Grants of a vault's newest key. */
function newestGrants(db: Db, vault: string) {
  return db
    .selectFrom("vault_grants")
    .selectAll()
    .where("vault", "=", vault)
    .where(isNewest)
    .orderBy("principal")
    .execute();
}

async function checkNextKey(
  db: Db,
  context: Context,
  vault: string,
  grants: readonly PrincipalGrant[],
  keyId: string,
  before: Awaited<ReturnType<typeof newestGrants>>,
): Promise<void> {
  const epoch = Math.max(...before.map((grant) => grant.epoch));
  for (const one of grants) {
    await checkGrant(db, context, vault, one);
    const held = before.find(({ principal }) => principal === one.principal);
    if (held === undefined || held.permissions !== one.grant.permissions)
      throw new PosternError("sealBroken", "a new key is granted to members, and changes nothing of what they may do");
    if (one.grant.epoch !== epoch + 1 || one.grant.keyId !== keyId)
      throw new PosternError("sealBroken", "the grants are not of the next key");
  }
  if (before.some((grant) => text(grant.key_id) === keyId)) throw new PosternError("sealBroken", "the key is not new");
  if (!grants.some(({ principal }) => principal === context.caller.user))
    throw new PosternError("sealBroken", "the caller must keep the vault");
}

async function dropOthers(db: Db, vault: string, kept: readonly PrincipalGrant[]): Promise<void> {
  await db
    .deleteFrom("vault_grants")
    .where("vault", "=", vault)
    .where(
      "principal",
      "not in",
      kept.map(({ principal }) => principal),
    )
    .execute();
}

const newestKey = (vault: string) => sql<Uint8Array>`(select v.key_id from vaults as v where v.id = ${vault})`;

/** Revisions under older keys: first those of items, then those of their history. */
async function staleOf(db: Db, vault: string, limit: number) {
  const found = [];
  for (const table of ["items", "item_versions"] as const) {
    const rows = await db
      .selectFrom(table)
      .select(revisionColumns)
      .where("vault", "=", vault)
      .where("key_id", "!=", newestKey(vault))
      .orderBy("id")
      .limit(limit - found.length)
      .execute();
    found.push(...rows.map((row) => ({ item: row.id, sealed: overviewOf(row) })));
    if (found.length >= limit) break;
  }
  return found;
}

async function rewrapOne(db: Db, context: Context, vault: string, one: Rewrap): Promise<void> {
  const { key_id: newest } = await vaultOf(db, vault);
  if (one.keyId !== text(newest)) throw new PosternError("sealBroken", "not wrapped under the vault's key");
  if (one.writer !== (await identityOf(db, context)))
    throw new PosternError("sealBroken", "the writer is not the caller");
  const found = await revisionOf(db, vault, one);
  if (found === undefined) throw new PosternError("itemNotFound");
  const place = { account: context.caller.account, vault, item: one.item };
  const { item: _item, revision: _revision, ...changed } = one;
  if (!verifyItemOverview(context.primitives, place, { ...overviewOf(found.row), ...changed }))
    throw new PosternError("sealBroken", "the signature of the revision");
  const written = db
    .updateTable(found.table)
    .set({
      key_id: bytes(one.keyId),
      item_key: bytes(one.itemKey),
      tag: bytes(one.tag),
      writer: bytes(one.writer),
      signature: bytes(one.signature),
    })
    .where("vault", "=", vault)
    .where("id", "=", one.item)
    .where("revision", "=", one.revision)
    .where("key_id", "=", found.row.key_id);
  if (!(await changesRow(written))) throw new PosternError("versionConflict");
}

async function revisionOf(db: Db, vault: string, { item, revision }: Rewrap) {
  for (const table of ["items", "item_versions"] as const) {
    const row = await db
      .selectFrom(table)
      .selectAll()
      .where("vault", "=", vault)
      .where("id", "=", item)
      .where("revision", "=", revision)
      .executeTakeFirst();
    if (row !== undefined) return { table, row };
  }
  return undefined;
}

/** The number of revisions that are still under an older key. At zero, nobody needs those keys. */
async function dropOlderKeysWhenDone(db: Db, vault: string): Promise<number> {
  let left = 0;
  for (const table of ["items", "item_versions"] as const) {
    const { count } = await db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll().as("count"))
      .where("vault", "=", vault)
      .where("key_id", "!=", newestKey(vault))
      .executeTakeFirstOrThrow();
    left += Number(count);
  }
  if (left === 0)
    await db.deleteFrom("vault_grants").where("vault", "=", vault).where("key_id", "!=", newestKey(vault)).execute();
  return left;
}
