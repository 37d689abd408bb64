// Vaults that service accounts make. A service account needs the right to it. It may rename and delete what it made, and the person
// who made the service account comes to it with every right.
import { everyPermission } from "../../protocol/access/permission-names.ts";
import { MADE_VAULT_PERMISSIONS, madeVaultId } from "../../protocol/crypto/made-vault.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { bytes, type Caller, type Context, text } from "../context.ts";
import { holdVault } from "../hold.ts";
import type { Db } from "../store/tables.ts";
import { demand, permissions } from "./permission.ts";
import { identityOf } from "./vault-grants.ts";

type Create = OperationParams<"vaults.create">;

/** The maker's columns of a new vault: none for a person's. Throws notPermitted, sealBroken, tooLarge. */
export async function makerOf(db: Db, context: Context, wanted: Create) {
  const { caller } = context;
  if (caller.kind === "person") {
    if (wanted.salt !== undefined) throw new PosternError("sealBroken", "a person's vault has no salt");
    return { made_by: null, made_salt: null };
  }
  const salt = await demandOwnId(db, context, wanted);
  await demandForPerson(db, caller, wanted);
  await demandFewMade(db, caller);
  return { made_by: caller.user, made_salt: bytes(salt) };
}

/** Holds a vault that the caller may rename or delete. Throws vaultNotFound, notPermitted. */
export async function holdToManage(db: Db, caller: Caller, vault: string): Promise<void> {
  if (caller.kind === "person") return holdVault(db, caller, vault, permissions.manageVault);
  await holdVault(db, caller, vault);
  const row = await db.selectFrom("vaults").select("made_by").where("id", "=", vault).executeTakeFirstOrThrow();
  // Its person may have taken some of its rights away.
  if (row.made_by === caller.user) return demand(db, caller, vault, MADE_VAULT_PERMISSIONS);
  const why = "MANAGE_VAULT is missing, and a service account has it in no vault that others made";
  throw new PosternError("notPermitted", why, { vault });
}

async function demandOwnId(db: Db, context: Context, { vault, salt, type }: Create): Promise<string> {
  const { account, user } = context.caller;
  const { makes_vaults: mayMake } = await db
    .selectFrom("service_accounts")
    .select("makes_vaults")
    .where("user", "=", user)
    .executeTakeFirstOrThrow();
  if (mayMake !== 1)
    throw new PosternError(
      "notPermitted",
      "this service account may not make vaults; `postern service-account create NAME --can-create-vaults` makes one that may",
    );
  if (type !== "userCreated") throw new PosternError("notPermitted", "a service account makes ordinary vaults alone");
  const own = await identityOf(db, context);
  if (salt === undefined || madeVaultId(context.primitives, account, own, salt) !== vault)
    throw new PosternError("sealBroken", "the id of the vault is not one of this service account");
  return salt;
}

/** The key goes to the service account and to the person who made it, and to nobody else. */
async function demandForPerson(db: Db, caller: Caller, { grant, others = [] }: Create): Promise<void> {
  const { maker } = await db
    .selectFrom("service_accounts")
    .select("maker")
    .where("user", "=", caller.user)
    .executeTakeFirstOrThrow();
  const [one, second] = others;
  const isToMaker = one?.kind === "user" && one.grant.recipient === text(maker) && second === undefined;
  if (!isToMaker || one.grant.permissions !== everyPermission || grant.permissions !== MADE_VAULT_PERMISSIONS)
    throw new PosternError("sealBroken", "the vault is not granted to its maker and to the maker's person alone");
}

/** The caller's write holds the service account already, so its writes count one after another. */
async function demandFewMade(db: Db, { user }: Caller): Promise<void> {
  const { count } = await db
    .selectFrom("vaults")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("made_by", "=", user)
    .executeTakeFirstOrThrow();
  if (Number(count) >= serviceLimits.vaultsOfMaker)
    throw new PosternError(
      "tooLarge",
      `at most ${serviceLimits.vaultsOfMaker} vaults that this service account made can exist at once`,
    );
}
