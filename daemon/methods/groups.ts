// groups.*: the groups of the account that this user is in.
import { offered } from "../account/account.ts";
import { accessOf, type Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Handlers } from "../wire/dispatch.ts";

type GroupHandlers = Pick<
  Handlers,
  "groups.get" | "groups.list" | "groups.create" | "groups.update" | "groups.delete" | "groups.members"
>;

const groupsOf = (call: Call) => offered(accessOf(call).session.unlocked.account, "groups");

export const groupMethods: GroupHandlers = {
  "groups.get": async ({ groupId, vaultPermissions }, call) => {
    const groups = groupsOf(call);
    const group = await groups.get(groupId);
    recordRead(call, [groupId]);
    return vaultPermissions === true ? { ...group, vaultAccess: await groups.vaultAccess(groupId) } : group;
  },
  "groups.list": async (_params, call) => {
    const groups = await groupsOf(call).list();
    recordRead(call, []);
    return { groups };
  },
  "groups.create": async ({ title, description }, call) => {
    const group = await groupsOf(call).create(title, description ?? "");
    recordChange(call, group.id, [title]);
    return group;
  },
  "groups.update": async ({ groupId, title, description }, call) => {
    const group = await groupsOf(call).update(groupId, {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
    });
    recordChange(call, groupId);
    return group;
  },
  "groups.delete": async ({ groupId }, call) => {
    await groupsOf(call).delete(groupId);
    recordChange(call, groupId);
    return {};
  },
  "groups.members": async ({ groupId }, call) => {
    const members = await groupsOf(call).members(groupId);
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
