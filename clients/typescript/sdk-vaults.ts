// client.vaults, client.groups and client.environments.

import type { Call } from "./call.ts";
import type { CallOptions } from "./channel.ts";
import type { Methods } from "./generated.ts";
import { given } from "./generated-sdk-given.ts";
import type {
  GetVariablesResponse,
  Group,
  GroupAccess,
  GroupGetParams,
  GroupVaultAccess,
  Vault,
  VaultCreateParams,
  VaultGetParams,
  VaultListParams,
  VaultOverview,
  VaultUpdateParams,
} from "./sdk-vault-types.ts";
import { official } from "./wire-words.ts";
import { withDates } from "./with-dates.ts";

export type Vaults = {
  create(params: VaultCreateParams, options?: CallOptions): Promise<Vault>;
  list(params?: VaultListParams | null, options?: CallOptions): Promise<VaultOverview[]>;
  getOverview(vaultId: string, options?: CallOptions): Promise<VaultOverview>;
  get(vaultId: string, vaultParams: VaultGetParams, options?: CallOptions): Promise<Vault>;
  update(vaultId: string, params: VaultUpdateParams, options?: CallOptions): Promise<Vault>;
  delete(vaultId: string, options?: CallOptions): Promise<void>;
  grantGroupPermissions(
    vaultId: string,
    groupPermissionsList: readonly GroupAccess[],
    options?: CallOptions,
  ): Promise<void>;
  updateGroupPermissions(groupPermissionsList: readonly GroupVaultAccess[], options?: CallOptions): Promise<void>;
  revokeGroupPermissions(vaultId: string, groupId: string, options?: CallOptions): Promise<void>;
};

export type Groups = { get(groupId: string, groupParams: GroupGetParams, options?: CallOptions): Promise<Group> };
export type Environments = {
  getVariables(environmentId: string, options?: CallOptions): Promise<GetVariablesResponse>;
};

export function vaultsOf(call: Call): Vaults {
  return {
    create: async ({ title, description, allowAdminsAccess }, options) =>
      vaultOf(await call("vaults.create", given({ title, description, allowAdminsAccess }), options)),
    list: async (params, options) =>
      (await call("vaults.list", given({ decryptDetails: params?.decryptDetails }), options)).vaults.map((vault) =>
        official<VaultOverview>(withDates(vault)),
      ),
    getOverview: async (vaultId, options) =>
      official<VaultOverview>(withDates(await call("vaults.getOverview", { vaultId }, options))),
    get: async (vaultId, { accessors }, options) =>
      vaultOf(await call("vaults.get", given({ vaultId, accessors }), options)),
    update: async (vaultId, { title, description }, options) =>
      vaultOf(await call("vaults.update", given({ vaultId, title, description }), options)),
    delete: async (vaultId, options) => void (await call("vaults.delete", { vaultId }, options)),
    grantGroupPermissions: async (vaultId, list, options) => {
      const groupPermissions = list.map(({ groupId, permissions }) => ({ groupId, permissions }));
      await call("vaults.grantGroupPermissions", { vaultId, groupPermissions }, options);
    },
    updateGroupPermissions: async (list, options) => {
      const groupPermissions = list.map(({ vaultId, groupId, permissions }) => ({ vaultId, groupId, permissions }));
      await call("vaults.updateGroupPermissions", { groupPermissions }, options);
    },
    revokeGroupPermissions: async (vaultId, groupId, options) =>
      void (await call("vaults.revokeGroupPermissions", { vaultId, groupId }, options)),
  };
}

export function groupsOf(call: Call): Groups {
  return {
    get: async (groupId, { vaultPermissions }, options) => {
      return official<Group>(await call("groups.get", given({ groupId, vaultPermissions }), options));
    },
  };
}

export function environmentsOf(call: Call): Environments {
  return { getVariables: (environmentId, options) => call("environments.getVariables", { environmentId }, options) };
}

/** The official Vault has no times. */
function vaultOf({ createdAt: _createdAt, updatedAt: _updatedAt, ...vault }: Methods["vaults.get"]["result"]): Vault {
  return official<Vault>(vault);
}
