// The groups and service accounts of a sealed account, in the form of every account.
import type { GroupEntry } from "../../clients/account/group-list.ts";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import type { Group, Groups, ServiceAccounts, VaultAccess } from "../account/capabilities.ts";

/** `byToken` says that a service account opened it. A service account makes no groups and is in none. */
export function sealedGroups({ groups, members }: OpenAccount, byToken: boolean): Groups {
  return {
    list: async () => {
      if (!byToken) {
        await groups.builtIn("owners");
        await groups.builtIn("administrators");
      }
      return (await groups.entries()).map(shownGroup);
    },
    get: async (id) => shownGroup(await groups.get(id)),
    create: async (title, description) => {
      // Owners and administrators make groups. An account that never needed them has none yet.
      await groups.builtIn("owners");
      return shownGroup(await groups.create(title, description));
    },
    update: async (id, change) => shownGroup(await groups.update(id, change)),
    delete: groups.delete,
    vaultAccess: async (id) =>
      (await groups.access(id)).vaults.map(({ vault, permissions }) => access(vault, "group", id, permissions)),
    members: async (id) => (await groups.access(id)).members,
    // The official types have no word for a service account's access to a vault.
    accessTo: async (vaultId) =>
      (await members.list(vaultId)).flatMap(({ kind, id, permissions }) =>
        kind === "serviceAccount" ? [] : [access(vaultId, kind, id, permissions)],
      ),
    grant: (vaultId, all) =>
      members.grant(
        vaultId,
        all.map(({ groupId, permissions }) => ({ kind: "group", id: groupId, permissions })),
      ),
    revoke: members.remove,
  };
}

export function sealedServiceAccounts({ serviceAccounts, serviceTimeMs }: OpenAccount): ServiceAccounts {
  const { create, rotate, revoke } = serviceAccounts;
  return {
    create,
    rotate,
    revoke,
    list: async () =>
      (await serviceAccounts.list()).map(({ tokens, vaults, ...one }) => ({
        ...one,
        tokens: tokens.map(({ token, ...times }) => ({ id: token, ...times })),
        vaults: vaults.map(({ vault, permissions }) => ({ vaultId: vault, permissions })),
      })),
    nowMs: serviceTimeMs,
  };
}

function shownGroup({ id, title, description, type }: GroupEntry): Group {
  return { id, title, description, groupType: type, state: "active" };
}

function access(
  vaultUuid: string,
  accessorType: "user" | "group",
  accessorUuid: string,
  permissions: number,
): VaultAccess {
  return { vaultUuid, accessorType, accessorUuid, permissions };
}
