// Vaults, groups and environments, as the official SDKs have them.
import type { GroupState, GroupType, VaultAccessorType, VaultType } from "./generated-enums.js";

/** Who may do what in a vault. */
export interface VaultAccess {
  vaultUuid: string;
  accessorType: VaultAccessorType;
  accessorUuid: string;
  permissions: number;
}

/** A vault, and on request who may do what in it. */
export interface Vault {
  id: string;
  title: string;
  description: string;
  vaultType: VaultType;
  activeItemCount: number;
  contentVersion: number;
  attributeVersion: number;
  access?: VaultAccess[];
}

export interface VaultOverview {
  id: string;
  title: string;
  description: string;
  vaultType: VaultType;
  activeItemCount: number;
  contentVersion: number;
  attributeVersion: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface VaultCreateParams {
  title: string;
  description?: string;
  allowAdminsAccess?: boolean;
}

export interface VaultUpdateParams {
  title?: string;
  description?: string;
}

export interface VaultGetParams {
  accessors?: boolean;
}

export interface VaultListParams {
  decryptDetails?: boolean;
}

export interface Group {
  id: string;
  title: string;
  description: string;
  groupType: GroupType;
  state: GroupState;
  vaultAccess?: VaultAccess[];
}

export interface GroupGetParams {
  vaultPermissions?: boolean;
}

/** The permissions of a group in one vault that is named beside it. */
export interface GroupAccess {
  groupId: string;
  permissions: number;
}

export interface GroupVaultAccess {
  vaultId: string;
  groupId: string;
  permissions: number;
}

export interface EnvironmentVariable {
  name: string;
  value: string;
  masked: boolean;
}

export interface GetVariablesResponse {
  variables: EnvironmentVariable[];
}
