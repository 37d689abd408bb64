// groups.*: the groups of the account that this user is in.
import type { GroupEntry } from "../../clients/account/group-list.ts";
import type { ResultOf } from "../../protocol/catalogue.ts";
import { accessOf, type Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Handlers } from "../wire/dispatch.ts";

type GroupHandlers = Pick<
  Handlers,
  "groups.get" | "groups.list" | "groups.create" | "groups.update" | "groups.delete" | "groups.members"
>;
type Group = ResultOf<"groups.get">;

export const groupMethods: GroupHandlers = {
  "groups.get": async ({ groupId, vaultPermissions }, call) => {
    const { groups } = accessOf(call).session.unlocked.account;
    const group = groupOf(await groups.get(groupId));
    recordRead(call, [groupId]);
    if (vaultPermissions !== true) return group;
    const { vaults } = await groups.access(groupId);
    const vaultAccess = vaults.map(({ vault, permissions }) => ({
      vaultUuid: vault,
      accessorType: "group" as const,
      accessorUuid: groupId,
      permissions,
    }));
    return { ...group, vaultAccess };
  },
  "groups.list": async (_params, call) => {
    const { byToken, session } = accessOf(call);
    const { groups } = session.unlocked.account;
    // A service account makes none; it is in none either, and is told so.
    if (!byToken) {
      await groups.builtIn("owners");
      await groups.builtIn("administrators");
    }
    recordRead(call, []);
    return { groups: (await groups.entries()).map(groupOf) };
  },
  "groups.create": async ({ title, description }, call) => {
    const { groups } = accessOf(call).session.unlocked.account;
    // Groups are made by owners and administrators; an account that never needed them has none yet.
    await groups.builtIn("owners");
    const group = await groups.create(title, description ?? "");
    recordChange(call, group.id, [title]);
    return groupOf(group);
  },
  "groups.update": async ({ groupId, title, description }, call) => {
    const group = await accessOf(call).session.unlocked.account.groups.update(groupId, {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
    });
    recordChange(call, groupId);
    return groupOf(group);
  },
  "groups.delete": async ({ groupId }, call) => {
    await accessOf(call).session.unlocked.account.groups.delete(groupId);
    recordChange(call, groupId);
    return {};
  },
  "groups.members": async ({ groupId }, call) => {
    const { members } = await accessOf(call).session.unlocked.account.groups.access(groupId);
    recordRead(call, [groupId]);
    return { members: members.map((userId) => ({ userId })) };
  },
};

function recordRead(call: Call, ids: readonly string[]): void {
  accessOf(call).session.audit.read(entryOf(call, "ok", ids));
}

function recordChange(call: Call, id: string, names?: readonly string[]): void {
  accessOf(call).session.audit.keep(entryOf(call, "ok", [id], names));
}

function groupOf({ id, title, description, type }: GroupEntry): Group {
  return { id, title, description, groupType: type, state: "active" };
}
