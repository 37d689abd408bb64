// vaults.*: the vaults of the account that the call's client works on, and which groups come to them.
import type { VaultEntry } from "../../clients/account/vault-list.ts";
import type { VaultMember } from "../../clients/account/vault-members.ts";
import { everyPermission } from "../../protocol/access/permission-names.ts";
import { demandPermissions } from "../../protocol/access/permissions.ts";
import type { ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
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
type Overview = ResultOf<"vaults.getOverview">;
type Access = NonNullable<ResultOf<"vaults.get">["access"]>[number];

/** What stands for a name that was not asked to be opened, as in the official core. */
const NOT_OPENED = "[Encrypted]";

export const vaultMethods: VaultHandlers = {
  "vaults.create": async ({ title, description, allowAdminsAccess }, call) => {
    if (accessOf(call).byToken) throw new PosternError("notPermitted", "a service account makes no vaults");
    const { account, cache } = accessOf(call).session.unlocked;
    // As the official service does where nobody says otherwise: an account's administrators come to every shared vault.
    const admins = allowAdminsAccess === false ? [] : [await account.groups.builtIn("administrators")];
    const shared = admins.map(({ id }) => ({ id, permissions: everyPermission }));
    const vault = await account.createVault(title, description ?? "", "userCreated", shared);
    cache.dropVault(vault.id);
    accessOf(call).own(vault.id);
    accessOf(call).session.audit.keep(entryOf(call, "ok", [vault.id], [title]));
    return overviewOf(vault);
  },
  "vaults.list": async ({ decryptDetails }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const { vaults, ...age } = await unlocked.account.vaultsNow();
    audit.read(entryOf(call, "ok", []));
    const shown = vaults.map(overviewOf);
    if (decryptDetails !== false) return { vaults: shown, ...age };
    return { vaults: shown.map((vault) => ({ ...vault, title: NOT_OPENED, description: NOT_OPENED })), ...age };
  },
  "vaults.getOverview": async ({ vaultId }, call) => overviewOf(await vaultOf(vaultId, call)),
  "vaults.get": async ({ vaultId, accessors }, call) => {
    const vault = overviewOf(await vaultOf(vaultId, call));
    if (accessors !== true) return vault;
    const members = await accessOf(call).session.unlocked.account.members.list(vaultId);
    return { ...vault, access: members.flatMap((member) => accessOfMember(vaultId, member)) };
  },
  "vaults.update": async ({ vaultId, title, description }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const vault = await unlocked.account.updateVault(vaultId, {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
    });
    unlocked.cache.dropVault(vaultId);
    audit.keep(entryOf(call, "ok", [vaultId]));
    return overviewOf(vault);
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
    await grant(
      vaultId,
      groupPermissions.map(({ groupId, permissions }) => member(groupId, permissions)),
      call,
    );
    return {};
  },
  "vaults.updateGroupPermissions": async ({ groupPermissions }, call) => {
    const { members } = accessOf(call).session.unlocked.account;
    // All is looked at before anything is changed: a pair that is wrong leaves the others as they were.
    for (const [index, { vaultId, groupId, permissions }] of groupPermissions.entries()) {
      demandPermissions(permissions, placeOf(index));
      demandMember(await members.list(vaultId), groupId, "updating");
    }
    for (const { vaultId, groupId, permissions } of groupPermissions)
      await grant(vaultId, [member(groupId, permissions)], call);
    return {};
  },
  "vaults.revokeGroupPermissions": async ({ vaultId, groupId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    demandMember(await unlocked.account.members.list(vaultId), groupId, "revoking");
    await unlocked.account.members.remove(vaultId, groupId);
    unlocked.cache.dropVault(vaultId);
    audit.keep(entryOf(call, "ok", [vaultId, groupId]));
    return {};
  },
};

const member = (id: string, permissions: number): VaultMember => ({ kind: "group", id, permissions });

/** Which of the given permissions an error is about: the group's id is the peer's text. */
const placeOf = (index: number) => `groupPermissions[${index}]`;

function demandMember(members: readonly VaultMember[], groupId: string, act: "updating" | "revoking"): void {
  if (!members.some(({ kind, id }) => kind === "group" && id === groupId))
    throw new PosternError("groupNotFound", "it does not come to this vault", {
      text: `error ${act} group vault permissions: group not found`,
    });
}

async function grant(vaultId: string, members: readonly VaultMember[], call: Call): Promise<void> {
  const { unlocked, audit } = accessOf(call).session;
  if (members.length === 0) return;
  await unlocked.account.members.grant(vaultId, members);
  audit.keep(entryOf(call, "ok", [vaultId, ...members.map(({ id }) => id)]));
}

async function vaultOf(vaultId: string, call: Call): Promise<VaultEntry> {
  const { unlocked, audit } = accessOf(call).session;
  const vault = (await unlocked.account.vaultsNow()).vaults.find((candidate) => candidate.id === vaultId);
  audit.read(entryOf(call, vault === undefined ? "vaultNotFound" : "ok", [vaultId]));
  if (vault === undefined) throw new PosternError("vaultNotFound");
  return vault;
}

/** The official types have no word for a service account's place in a vault; they list users and groups. */
function accessOfMember(vaultId: string, { kind, id, permissions }: VaultMember): Access[] {
  if (kind === "serviceAccount") return [];
  return [{ vaultUuid: vaultId, accessorType: kind, accessorUuid: id, permissions }];
}

const types: readonly Overview["vaultType"][] = ["personal", "everyone", "transfer", "userCreated"];

function overviewOf(vault: VaultEntry): Overview {
  return {
    id: vault.id,
    title: vault.title,
    description: vault.description,
    vaultType: types.find((type) => type === vault.type) ?? "unsupported",
    activeItemCount: vault.activeItems,
    contentVersion: vault.contentVersion,
    attributeVersion: vault.revision,
    createdAt: vault.createdAt,
    updatedAt: vault.updatedAt,
  };
}
