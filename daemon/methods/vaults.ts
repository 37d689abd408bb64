// vaults.*: the vaults of the client's account, and the groups with access to them.
import { demandPermissions } from "../../protocol/access/permissions.ts";
import { PosternError } from "../../protocol/errors.ts";
import { offered, type VaultOverview } from "../account/account.ts";
import type { GroupAccess, VaultAccess } from "../account/capabilities.ts";
import { accessOf, type Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Handlers } from "../wire/dispatch.ts";

type VaultHandlers = Pick<
  Handlers,
  | "vaults.create"
  | "vaults.list"
  | "vaults.getOverview"
  | "vaults.get"
  | "vaults.update"
  | "vaults.delete"
  | "vaults.grantGroupPermissions"
  | "vaults.updateGroupPermissions"
  | "vaults.revokeGroupPermissions"
>;

const groupsOf = (call: Call) => offered(accessOf(call).session.unlocked.account, "groups");

/** Stands for a name that the caller did not ask for, as in the official core. */
const NOT_OPENED = "[Encrypted]";

export const vaultMethods: VaultHandlers = {
  "vaults.create": async (wanted, call) => {
    const { account, cache } = accessOf(call).session.unlocked;
    const vault = await account.createVault(wanted);
    cache.dropVault(vault.id);
    accessOf(call).own(vault.id);
    accessOf(call).session.audit.keep(entryOf(call, "ok", [vault.id], [wanted.title]));
    return vault;
  },
  "vaults.list": async ({ decryptDetails }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const { vaults, ...age } = await unlocked.account.vaultsNow();
    audit.read(entryOf(call, "ok", []));
    if (decryptDetails !== false) return { vaults, ...age };
    return { vaults: vaults.map((vault) => ({ ...vault, title: NOT_OPENED, description: NOT_OPENED })), ...age };
  },
  "vaults.getOverview": ({ vaultId }, call) => vaultOf(vaultId, call),
  "vaults.get": async ({ vaultId, accessors }, call) => {
    const vault = await vaultOf(vaultId, call);
    if (accessors !== true) return vault;
    return { ...vault, access: await groupsOf(call).accessTo(vaultId) };
  },
  "vaults.update": async ({ vaultId, title, description }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const vault = await unlocked.account.updateVault(vaultId, {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
    });
    unlocked.cache.dropVault(vaultId);
    audit.keep(entryOf(call, "ok", [vaultId]));
    return vault;
  },
  "vaults.delete": async ({ vaultId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    await unlocked.account.deleteVault(vaultId);
    unlocked.cache.dropVault(vaultId);
    audit.keep(entryOf(call, "ok", [vaultId]));
    return {};
  },
  "vaults.grantGroupPermissions": async ({ vaultId, groupPermissions }, call) => {
    for (const [index, { permissions }] of groupPermissions.entries()) demandPermissions(permissions, placeOf(index));
    await grant(vaultId, groupPermissions, call);
    return {};
  },
  "vaults.updateGroupPermissions": async ({ groupPermissions }, call) => {
    const groups = groupsOf(call);
    // All pairs are checked before anything is changed, so that a wrong pair leaves the others as they were.
    for (const [index, { vaultId, groupId, permissions }] of groupPermissions.entries()) {
      demandPermissions(permissions, placeOf(index));
      demandMember(await groups.accessTo(vaultId), groupId, "updating");
    }
    for (const { vaultId, groupId, permissions } of groupPermissions)
      await grant(vaultId, [{ groupId, permissions }], call);
    return {};
  },
  "vaults.revokeGroupPermissions": async ({ vaultId, groupId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const groups = groupsOf(call);
    demandMember(await groups.accessTo(vaultId), groupId, "revoking");
    await groups.revoke(vaultId, groupId);
    unlocked.cache.dropVault(vaultId);
    audit.keep(entryOf(call, "ok", [vaultId, groupId]));
    return {};
  },
};

/** The place of the wrong permission for an error, since the group's id is a peer's text. */
const placeOf = (index: number) => `groupPermissions[${index}]`;

function demandMember(members: readonly VaultAccess[], groupId: string, act: "updating" | "revoking"): void {
  if (!members.some(({ accessorType, accessorUuid }) => accessorType === "group" && accessorUuid === groupId))
    throw new PosternError("groupNotFound", "it does not come to this vault", {
      text: `error ${act} group vault permissions: group not found`,
    });
}

async function grant(vaultId: string, groups: readonly GroupAccess[], call: Call): Promise<void> {
  const { audit } = accessOf(call).session;
  if (groups.length === 0) return;
  await groupsOf(call).grant(vaultId, groups);
  audit.keep(entryOf(call, "ok", [vaultId, ...groups.map(({ groupId }) => groupId)]));
}

async function vaultOf(vaultId: string, call: Call): Promise<VaultOverview> {
  const { unlocked, audit } = accessOf(call).session;
  const vault = (await unlocked.account.vaultsNow()).vaults.find((candidate) => candidate.id === vaultId);
  audit.read(entryOf(call, vault === undefined ? "vaultNotFound" : "ok", [vaultId]));
  if (vault === undefined) throw new PosternError("vaultNotFound");
  return vault;
}
