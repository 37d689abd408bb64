// Permission bits, which the service enforces; the keys decide only who can read. The values are those of the official SDKs. A user
// has the bits of its own grants and of its groups' grants.
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

/** The bits that open an item's details. Details hold concealed values beside the others, so they need the right to reveal. */
export const openItems = permissions.readItems | permissions.revealItemPassword;

/** The ids that the caller's grants name: its own and those of its groups. */
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

/** The caller's bits in a vault, under its newest key. Throws vaultNotFound for a vault of others: it does not exist for the caller. */
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

/** Throws vaultNotFound where the caller has no grant of the vault. Throws notPermitted, with the missing bits, where they are missing. */
export async function demand(db: Db, caller: Caller, vault: string, bits: number): Promise<void> {
  const missing = permissionNames(bits & ~(await permissionsIn(db, caller, vault)));
  if (missing.length === 0) return;
  const are = missing.length === 1 ? "is" : "are";
  throw new PosternError("notPermitted", `${missing.join(" and ")} ${are} missing`, { vault });
}

/** The vaults in which the caller has this bit, under the newest key. */
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
