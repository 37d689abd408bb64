// Permission bits, enforced here below read / write / manage (the keys say only who can read). The values are those of
// the official SDKs. A user has what was granted to it and to the groups it is in.
import { sql } from "kysely";
import { permissionNames } from "../../protocol/access/permission-names.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Caller } from "../context.ts";
import type { Db } from "../store/tables.ts";

export const permissions = {
  manageVault: 2,
  revealItemPassword: 16,
  readItems: 32,
  updateItems: 64,
  createItems: 128,
  archiveItems: 256,
  deleteItems: 512,
  updateItemHistory: 1024,
  sendItems: 1_048_576,
} as const;

/** What opens an item's details. Concealed values lie in them beside the others, so reading them needs the right to reveal. */
export const openItems = permissions.readItems | permissions.revealItemPassword;

/** Ids under which the caller holds grants: its own, and those of its groups. */
export async function principalsOf(db: Db, caller: Caller): Promise<string[]> {
  const rows = await db
    .selectFrom("group_members as m")
    .innerJoin("groups as g", "g.id", "m.group")
    .select("m.group")
    .where("m.user", "=", caller.user)
    .where("g.account", "=", caller.account)
    .where("g.state", "=", "active")
    .execute();
  return [caller.user, ...rows.map(({ group }) => group)];
}

/** What the caller may do in a vault under its newest key, or vaultNotFound: a vault of others does not exist for the caller. */
export async function permissionsIn(db: Db, caller: Caller, vault: string): Promise<number> {
  const rows = await db
    .selectFrom("vault_grants as g")
    .innerJoin("vaults as v", "v.id", "g.vault")
    .select("g.permissions")
    .where("g.vault", "=", vault)
    .where("g.principal", "in", await principalsOf(db, caller))
    .where("v.account", "=", caller.account)
    .where(sql<boolean>`g.key_id = v.key_id`)
    .execute();
  if (rows.length === 0) throw new PosternError("vaultNotFound");
  return rows.reduce((all, row) => (all | row.permissions) >>> 0, 0);
}

/** Throws vaultNotFound without any grant of the vault, notPermitted, which names what is missing, without the bits. */
export async function demand(db: Db, caller: Caller, vault: string, bits: number): Promise<void> {
  const missing = permissionNames(bits & ~(await permissionsIn(db, caller, vault)));
  if (missing.length === 0) return;
  const are = missing.length === 1 ? "is" : "are";
  throw new PosternError("notPermitted", `${missing.join(" and ")} ${are} missing`, { vault });
}

/** The vaults in which the caller has a bit under the newest key. */
export async function vaultsWith(db: Db, caller: Caller, bit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("vault_grants as g")
    .innerJoin("vaults as v", "v.id", "g.vault")
    .select("g.vault")
    .distinct()
    .where("g.principal", "in", await principalsOf(db, caller))
    .where("v.account", "=", caller.account)
    .where(sql<boolean>`g.key_id = v.key_id and (g.permissions & ${bit}) <> 0`)
    .execute();
  return rows.map(({ vault }) => vault);
}
