// A write holds the rows that it rests on. An update that changes nothing locks a row until the write ends. Another write that
// would change the row waits, so a read after the hold stays true. All writes hold rows in one order: session, vaults by their
// ids, users and groups, the account. Two writes then seldom wait for each other.
import { PosternError } from "../protocol/errors.ts";
import type { Caller } from "./context.ts";
import { changesRow } from "./store/changed.ts";
import type { Db } from "./store/tables.ts";
import { demand, permissionsIn } from "./vault/permission.ts";

/** Holds a vault with its key and all its grants. Throws as `demand` does. With no bits, any grant is enough. */
export async function holdVault(db: Db, caller: Caller, vault: string, bits = 0): Promise<void> {
  if (!(await changesRow(rowOf(db, vault).where("account", "=", caller.account))))
    throw new PosternError("vaultNotFound");
  if (bits === 0) await permissionsIn(db, caller, vault);
  else await demand(db, caller, vault, bits);
}

/** Holds a vault for the service itself. Returns whether it exists. */
export function holdVaultRow(db: Db, vault: string): Promise<boolean> {
  return changesRow(rowOf(db, vault));
}

function rowOf(db: Db, vault: string) {
  return db
    .updateTable("vaults")
    .set((eb) => ({ type: eb.ref("type") }))
    .where("id", "=", vault);
}

/** Holds a user. Counts per user are made after this. */
export async function holdUser(db: Db, user: string): Promise<void> {
  await db
    .updateTable("users")
    .set((eb) => ({ kind: eb.ref("kind") }))
    .where("id", "=", user)
    .execute();
}

/** Holds an account. Counts per account are made after this. */
export async function holdAccount(db: Db, account: string): Promise<void> {
  await db
    .updateTable("accounts")
    .set((eb) => ({ created_at: eb.ref("created_at") }))
    .where("id", "=", account)
    .execute();
}

/** Holds an account. Returns whether it is being restored, or is not, as the caller says. */
export function holdRestoring(db: Db, account: string, restoring: boolean): Promise<boolean> {
  return changesRow(
    db
      .updateTable("accounts")
      .set((eb) => ({ restoring: eb.ref("restoring") }))
      .where("id", "=", account)
      .where("restoring", "=", restoring ? 1 : 0),
  );
}
