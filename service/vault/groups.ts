// groups.*: ids, public keys and sealed names. A person makes a group and is its first member.
import { verifyGroupKeys, verifyGroupOverview, verifyMembership } from "../../protocol/crypto/group.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { recordChanges } from "../change/events.ts";
import { change } from "../change/write.ts";
import { bytes, type Context, type Operations, text, timestamp } from "../context.ts";
import { holdAccount } from "../hold.ts";
import { changesRow } from "../store/changed.ts";
import type { Db, Tables } from "../store/tables.ts";
import { holds, identityOf } from "./vault-grants.ts";

type Create = OperationParams<"groups.create">;
type GroupOperations = Pick<
  Operations,
  "groups.create" | "groups.list" | "groups.update" | "groups.delete" | "groups.access"
>;

/** Every account has one group of each of these kinds. They cannot be deleted. */
const builtIn = ["owners", "administrators"] as const;
const isBuiltIn = (type: string) => (builtIn as readonly string[]).includes(type);

export const groupOperations: GroupOperations = {
  "groups.create": async (params, context) => {
    await checkNew(context, params);
    const at = timestamp(context);
    return change(context, async (db) => {
      const made = db
        .insertInto("groups")
        .values({
          id: params.group,
          account: context.caller.account,
          type: params.type,
          state: "active",
          identity: bytes(params.keys.identity),
          box: bytes(params.keys.box),
          box_signature: bytes(params.keys.boxSignature),
          maker: bytes(params.keys.maker),
          maker_signature: bytes(params.keys.makerSignature),
          ...overviewRow(params.overview),
          created_at: at,
          updated_at: at,
        })
        .onConflict((taken) => taken.column("id").doNothing());
      if (!(await changesRow(made))) return repeated(context, await groupOf(db, params.group), params.overview);
      await demandPlace(db, context, params);
      await db
        .insertInto("group_members")
        .values({ group: params.group, user: context.caller.user, ...membershipRow(params.membership) })
        .execute();
      await recordChanges(db, context.caller.account, [{ kind: "group" }]);
      return { createdAt: at, updatedAt: at };
    });
  },

  "groups.list": async (_params, { db, caller }) => {
    const groups = await db
      .selectFrom("groups")
      .selectAll()
      .where("account", "=", caller.account)
      .where("state", "=", "active")
      .orderBy("created_at")
      .orderBy("id")
      .execute();
    const memberships = await db.selectFrom("group_members").selectAll().where("user", "=", caller.user).execute();
    return {
      groups: groups.map((row) => {
        const own = memberships.find(({ group }) => group === row.id);
        return {
          group: row.id,
          type: row.type as Create["type"],
          keys: {
            identity: text(row.identity),
            box: text(row.box),
            boxSignature: text(row.box_signature),
            maker: text(row.maker),
            makerSignature: text(row.maker_signature),
          },
          ...(own === undefined ? {} : { membership: membershipOf(own) }),
          overview: {
            revision: row.revision,
            sealed: text(row.overview),
            writer: text(row.writer),
            signature: text(row.signature),
          },
          createdAt: row.created_at,
          updatedAt: row.updated_at,
        };
      }),
    };
  },

  "groups.update": async ({ group, overview }, context) => {
    const at = timestamp(context);
    return change(context, async (db) => {
      await holds.group(db, group);
      await demandGroup(db, context, group);
      await demandMember(db, context, group);
      await checkOverview(db, context, group, overview);
      const written = db
        .updateTable("groups")
        .set({ ...overviewRow(overview), updated_at: at })
        .where("id", "=", group)
        .where("revision", "=", overview.revision - 1);
      const isWritten = await changesRow(written);
      const stored = await demandGroup(db, context, group);
      if (!isWritten) return repeated(context, stored, overview);
      await recordChanges(db, context.caller.account, [{ kind: "group" }]);
      return { createdAt: stored.created_at, updatedAt: at };
    });
  },

  "groups.delete": async ({ group }, context) => {
    await change(context, async (db) => {
      await holds.group(db, group);
      const existing = await demandGroup(db, context, group);
      await demandMember(db, context, group);
      if (isBuiltIn(existing.type)) throw new PosternError("notPermitted", "owners and administrators stay");
      // A write that grants to a group holds it, as this one does.
      const used = await db
        .selectFrom("vault_grants")
        .select("vault")
        .where("principal", "=", group)
        .executeTakeFirst();
      if (used !== undefined)
        throw new PosternError("conflict", "the group still has access to a vault; revoke it first");
      await db.deleteFrom("group_members").where("group", "=", group).execute();
      await db.updateTable("groups").set({ state: "deleted" }).where("id", "=", group).execute();
      await recordChanges(db, context.caller.account, [{ kind: "group" }]);
    });
    return {};
  },

  "groups.access": async ({ group }, context) => {
    const { db } = context;
    await demandGroup(db, context, group);
    const vaults = await db
      .selectFrom("vault_grants as g")
      .innerJoin("vaults as v", (join) => join.onRef("v.id", "=", "g.vault").onRef("v.key_id", "=", "g.key_id"))
      .select(["g.vault", "g.permissions"])
      .where("g.principal", "=", group)
      .orderBy("g.vault")
      .execute();
    const members = await db.selectFrom("group_members").select("user").where("group", "=", group).execute();
    return { vaults, members: members.map(({ user }) => user) };
  },
};

async function checkNew(context: Context, { group, type, keys, membership, overview }: Create): Promise<void> {
  const { primitives, caller, db } = context;
  const place = { account: caller.account, group };
  const own = await identityOf(db, context);
  const broken = (what: string) => new PosternError("sealBroken", what);
  if (keys.maker !== own) throw broken("the group's maker is not the caller");
  if (!verifyGroupKeys(primitives, place, type, keys)) throw broken("the signature of the group's keys");
  if (membership.member !== own || membership.granter !== own) throw broken("a new group's member must be its maker");
  if (!verifyMembership(primitives, place, keys, membership)) throw broken("the signature of the membership");
  if (overview.revision !== 1) throw broken("a new group starts at revision 1");
  await checkOverview(db, context, group, overview);
}

async function checkOverview(db: Db, context: Context, group: string, overview: Create["overview"]): Promise<void> {
  const { primitives, caller } = context;
  if (overview.writer !== (await identityOf(db, context)))
    throw new PosternError("sealBroken", "the writer is not the caller");
  if (!verifyGroupOverview(primitives, { account: caller.account, group }, overview))
    throw new PosternError("sealBroken", "the signature of the group's overview");
}

/**
 * Checks that an account has one group of owners and one of administrators. The check sees every group that was made before this
 * write held the account.
 */
async function demandPlace(db: Db, context: Context, { group: made, type }: Create): Promise<void> {
  await holdAccount(db, context.caller.account);
  const groups = await db
    .selectFrom("groups")
    .select(["id", "type"])
    .where("account", "=", context.caller.account)
    .where("id", "<>", made)
    .where("state", "=", "active")
    .execute();
  if (groups.length >= serviceLimits.groups)
    throw new PosternError("tooLarge", `an account has at most ${serviceLimits.groups} groups`);
  if (isBuiltIn(type)) {
    if (groups.some((group) => group.type === type)) throw new PosternError("conflict");
    return;
  }
  const makers = groups.filter((group) => isBuiltIn(group.type)).map(({ id }) => id);
  const refused = new PosternError("notPermitted", "only owners and administrators make groups");
  if (makers.length === 0) throw refused;
  const member = await db
    .selectFrom("group_members")
    .select("group")
    .where("user", "=", context.caller.user)
    .where("group", "in", makers)
    .executeTakeFirst();
  if (member === undefined) throw refused;
}

function groupOf(db: Db, group: string) {
  return db.selectFrom("groups").selectAll().where("id", "=", group).executeTakeFirstOrThrow();
}

async function demandGroup(db: Db, context: Context, group: string) {
  const row = await db
    .selectFrom("groups")
    .selectAll()
    .where("id", "=", group)
    .where("account", "=", context.caller.account)
    .where("state", "=", "active")
    .executeTakeFirst();
  if (row === undefined) throw new PosternError("groupNotFound");
  return row;
}

async function demandMember(db: Db, context: Context, group: string): Promise<void> {
  const row = await db
    .selectFrom("group_members")
    .select("user")
    .where("group", "=", group)
    .where("user", "=", context.caller.user)
    .executeTakeFirst();
  if (row === undefined) throw new PosternError("notPermitted", "only its members change a group");
}

/** A retry of a stored write changes nothing. */
function repeated(context: Context, existing: Tables["groups"], overview: Create["overview"]) {
  const same = existing.account === context.caller.account && text(existing.signature) === overview.signature;
  if (!same) throw new PosternError(overview.revision === 1 ? "conflict" : "versionConflict");
  return { createdAt: existing.created_at, updatedAt: existing.updated_at };
}

const overviewRow = (overview: Create["overview"]) => ({
  revision: overview.revision,
  overview: bytes(overview.sealed),
  writer: bytes(overview.writer),
  signature: bytes(overview.signature),
});

const membershipRow = (membership: Create["membership"]) => ({
  member: bytes(membership.member),
  granter: bytes(membership.granter),
  sealed: bytes(membership.sealed),
  signature: bytes(membership.signature),
});

const membershipOf = (row: Tables["group_members"]) => ({
  member: text(row.member),
  granter: text(row.granter),
  sealed: text(row.sealed),
  signature: text(row.signature),
});
