// Rows that a write rests on, held until it ends by an update that changes nothing. Whoever would change such a row waits, and
// whoever held it before has committed: what is read after the hold stays true. Rows are held in one order, so that two writes
// seldom wait for each other: session, vaults by their ids, users and groups, the account.
import { PosternError } from "../protocol/errors.ts";
import type { Caller } from "./context.ts";
import { changesRow } from "./store/changed.ts";
import type { Db } from "./store/tables.ts";
import { demand, permissionsIn } from "./vault/permission.ts";

/** Holds a vault with its key and every grant of it. Throws as `demand` does; with no bits, any grant will do. */
export async function holdVault(db: Db, caller: Caller, vault: string, bits = 0): Promise<void> {
  if (!(await changesRow(rowOf(db, vault).where("account", "=", caller.account))))
    throw new PosternError("vaultNotFound");
  if (bits === 0) await permissionsIn(db, caller, vault);
  else await demand(db, caller, vault, bits);
}

/** Holds a vault where no caller asks; answers whether there is one. */
export function holdVaultRow(db: Db, vault: string): Promise<boolean> {
  return changesRow(rowOf(db, vault));
}

function rowOf(db: Db, vault: string) {
  return db
    .updateTable("vaults")
    .set((eb) => ({ type: eb.ref("type") }))
    .where("id", "=", vault);
}

/** Holds a user: what is counted for each user is counted after it. */
export async function holdUser(db: Db, user: string): Promise<void> {
  await db
    .updateTable("users")
    .set((eb) => ({ kind: eb.ref("kind") }))
    .where("id", "=", user)
    .execute();
}

/** Holds an account: what is counted for each account is counted after it. */
export async function holdAccount(db: Db, account: string): Promise<void> {
  await db
    .updateTable("accounts")
    .set((eb) => ({ created_at: eb.ref("created_at") }))
    .where("id", "=", account)
    .execute();
}

/** Holds an account as it is; answers whether its being restored is as named. */
export function holdRestoring(db: Db, account: string, restoring: boolean): Promise<boolean> {
  return changesRow(
    db
      .updateTable("accounts")
      .set((eb) => ({ restoring: eb.ref("restoring") }))
      .where("id", "=", account)
      .where("restoring", "=", restoring ? 1 : 0),
  );
}

/** Holds what there is once in a store: what is counted over all accounts is counted after it. */
export async function holdStore(db: Db): Promise<void> {
  await db
    .updateTable("store")
    .set((eb) => ({ id: eb.ref("id") }))
    .execute();
}
