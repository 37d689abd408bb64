// vaults.*, groups.*, environments.*: the places of items, and the principals with access to them.
import Type from "typebox";
import { entry } from "../entry.ts";
import { Group, GroupAccess, GroupVaultAccess, itemLimits, Vault, VaultOverview } from "../item/item.ts";
import { namedClosed } from "../named.ts";
import { Empty, IdParam, onAccount, staleMs } from "./common.ts";
import { asked } from "./items.ts";

const closed = { additionalProperties: false } as const;

/** The same for methods that open nothing from the service. */
const askedOfIds = asked.filter((error) => error !== "sealBroken");

/** Groups named in one call, and variables of one environment. */
export const GROUPS_MAX = 100;
export const VARIABLES_MAX = itemLimits.fields;

/** Characters of the name of a variable: longer ones are no names that anybody types. */
export const VARIABLE_NAME_LENGTH_MAX = 256;

const exampleVault = {
  id: "abcdefghijklmnopqrstuvwxyz",
  title: "Demo",
  description: "",
  vaultType: "userCreated",
  activeItemCount: 1,
  contentVersion: 1,
  attributeVersion: 1,
  createdAt: "2026-11-24T09:00:00.000Z",
  updatedAt: "2026-11-24T09:00:00.000Z",
};
const exampleGroup = {
  id: "cdefghijklmnopqrstuvwxyz23",
  title: "Operations",
  description: "",
  groupType: "userDefined",
  state: "active",
};
const exampleAccess = {
  vaultUuid: exampleVault.id,
  accessorType: "group",
  accessorUuid: exampleGroup.id,
  permissions: 48,
};

const vaultPlace = { vaultId: IdParam, ...onAccount };
const Title = Type.String({ minLength: 1, maxLength: itemLimits.title });
const Description = Type.String({ maxLength: itemLimits.description });

export const vaults = {
  "vaults.create": entry({
    summary: "Makes a vault. Administrators get access to it too, unless `allowAdminsAccess` is false.",
    params: Type.Object(
      {
        title: Title,
        description: Type.Optional(Description),
        allowAdminsAccess: Type.Optional(Type.Boolean()),
        ...onAccount,
      },
      closed,
    ),
    result: Vault,
    errors: [...asked, "diskFull"],
    need: { kind: "grant", verb: "write", scopeOf: () => [{ account: true, names: true, act: "create a vault" }] },
    activity: true,
    since: "0.1.0",
    example: { params: { title: "Demo" }, result: exampleVault },
    sdkName: "VaultsCreate",
  }),
  "vaults.list": entry({
    summary: "Returns every vault of the account. With `decryptDetails: false` names and descriptions are not opened.",
    params: Type.Object({ decryptDetails: Type.Optional(Type.Boolean()), ...onAccount }, closed),
    result: Type.Object({ vaults: Type.Array(VaultOverview), staleMs }),
    errors: asked,
    need: { kind: "grant", verb: "read", scopeOf: () => [{ account: true, names: true }] },
    activity: true,
    since: "0.1.0",
    example: { params: {}, result: { vaults: [exampleVault] } },
    sdkName: "VaultsList",
  }),
  "vaults.getOverview": entry({
    summary: "Returns one vault.",
    params: Type.Object(vaultPlace, closed),
    result: VaultOverview,
    errors: [...asked, "vaultNotFound"],
    need: { kind: "grant", verb: "read", scopeOf: ({ vaultId }) => [{ vault: vaultId, names: true }] },
    activity: true,
    since: "0.1.0",
    example: { params: { vaultId: exampleVault.id }, result: exampleVault },
    sdkName: "VaultsGetOverview",
  }),
  "vaults.get": entry({
    summary: "Returns one vault. With `accessors` it also returns who has which permissions in it.",
    params: Type.Object({ ...vaultPlace, accessors: Type.Optional(Type.Boolean()) }, closed),
    result: Vault,
    errors: [...asked, "vaultNotFound"],
    need: { kind: "grant", verb: "read", scopeOf: ({ vaultId }) => [{ vault: vaultId, names: true }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: exampleVault.id, accessors: true },
      result: { ...exampleVault, access: [exampleAccess] },
    },
    sdkName: "VaultsGet",
  }),
  "vaults.update": entry({
    summary: "Changes a vault's name or description. Parts that are left out stay.",
    params: Type.Object(
      { ...vaultPlace, title: Type.Optional(Title), description: Type.Optional(Description) },
      closed,
    ),
    result: Vault,
    errors: [...asked, "vaultNotFound", "versionConflict", "notPermitted", "diskFull"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId }) => [{ vault: vaultId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: exampleVault.id, title: "Demonstration" },
      result: { ...exampleVault, title: "Demonstration" },
    },
    sdkName: "VaultsUpdate",
  }),
  "vaults.delete": entry({
    summary: "Deletes a vault with everything in it. The personal vault stays with its account.",
    params: Type.Object(vaultPlace, closed),
    result: Empty,
    errors: [...asked, "vaultNotFound", "versionConflict", "notPermitted"],
    need: {
      kind: "grant",
      alone: true,
      also: "delete the whole of it",
      verb: "write",
      scopeOf: ({ vaultId }) => [{ vault: vaultId }],
    },
    activity: true,
    since: "0.1.0",
    example: { params: { vaultId: exampleVault.id }, result: {} },
    sdkName: "VaultsDelete",
  }),
  "vaults.grantGroupPermissions": entry({
    summary:
      "Gives groups access to a vault. The permission bits are the official ones. A bit that depends on others must come with them.",
    params: Type.Object({ ...vaultPlace, groupPermissions: Type.Array(GroupAccess, { maxItems: GROUPS_MAX }) }, closed),
    result: Empty,
    errors: [...asked, "vaultNotFound", "groupNotFound", "invalidPermissions", "notPermitted", "diskFull"],
    need: {
      kind: "grant",
      alone: true,
      also: "change who may use it",
      verb: "write",
      scopeOf: ({ vaultId }) => [{ vault: vaultId }],
    },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: exampleVault.id, groupPermissions: [{ groupId: exampleGroup.id, permissions: 48 }] },
      result: {},
    },
    sdkName: "VaultsGrantGroupPermissions",
  }),
  "vaults.updateGroupPermissions": entry({
    summary: "Replaces all permission bits of groups that have access to a vault already.",
    params: Type.Object(
      { groupPermissions: Type.Array(GroupVaultAccess, { maxItems: GROUPS_MAX }), ...onAccount },
      closed,
    ),
    result: Empty,
    errors: [...asked, "vaultNotFound", "groupNotFound", "invalidPermissions", "notPermitted", "diskFull"],
    need: {
      kind: "grant",
      alone: true,
      also: "change who may use it",
      verb: "write",
      scopeOf: ({ groupPermissions }) => groupPermissions.map(({ vaultId }) => ({ vault: vaultId })),
    },
    activity: true,
    since: "0.1.0",
    example: {
      params: { groupPermissions: [{ vaultId: exampleVault.id, groupId: exampleGroup.id, permissions: 32 }] },
      result: {},
    },
    sdkName: "VaultsUpdateGroupPermissions",
  }),
  "vaults.revokeGroupPermissions": entry({
    summary:
      "Ends a group's access to a vault. The vault gets a new key, and every item is sealed under it. The members keep what they have seen.",
    params: Type.Object({ ...vaultPlace, groupId: IdParam }, closed),
    result: Empty,
    errors: [...asked, "vaultNotFound", "groupNotFound", "versionConflict", "notPermitted", "diskFull"],
    need: {
      kind: "grant",
      alone: true,
      also: "change who may use it",
      verb: "write",
      scopeOf: ({ vaultId }) => [{ vault: vaultId }],
    },
    activity: true,
    since: "0.1.0",
    example: { params: { vaultId: exampleVault.id, groupId: exampleGroup.id }, result: {} },
    sdkName: "VaultsRevokeGroupPermissions",
  }),
} as const;

const groupPlace = { groupId: IdParam, ...onAccount };

export const groups = {
  "groups.get": entry({
    summary: "Returns one group. With `vaultPermissions` it also returns the vaults that the group has access to.",
    params: Type.Object({ ...groupPlace, vaultPermissions: Type.Optional(Type.Boolean()) }, closed),
    result: Group,
    errors: [...asked, "groupNotFound"],
    need: { kind: "grant", verb: "read", scopeOf: () => [{ account: true, names: true }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { groupId: exampleGroup.id, vaultPermissions: true },
      result: { ...exampleGroup, vaultAccess: [exampleAccess] },
    },
    sdkName: "GroupsGet",
  }),
  "groups.list": entry({
    summary: "Returns the groups of this user. Owners and administrators exist from the first time they are needed.",
    params: Type.Object(onAccount, closed),
    result: Type.Object({ groups: Type.Array(Group) }),
    errors: asked,
    need: { kind: "grant", verb: "read", scopeOf: () => [{ account: true, names: true }] },
    activity: true,
    since: "0.1.0",
    example: { params: {}, result: { groups: [exampleGroup] } },
  }),
  "groups.create": entry({
    summary: "Makes a group with this user as its first member.",
    params: Type.Object({ title: Title, description: Type.Optional(Description), ...onAccount }, closed),
    result: Group,
    errors: [...asked, "notPermitted", "diskFull"],
    need: {
      kind: "grant",
      alone: true,
      verb: "write",
      scopeOf: () => [{ account: true, names: true, act: "create a group" }],
    },
    activity: true,
    since: "0.1.0",
    example: { params: { title: "Operations" }, result: exampleGroup },
  }),
  "groups.update": entry({
    summary: "Changes a group's name or description. Parts that are left out stay.",
    params: Type.Object(
      { ...groupPlace, title: Type.Optional(Title), description: Type.Optional(Description) },
      closed,
    ),
    result: Group,
    errors: [...asked, "groupNotFound", "versionConflict", "diskFull"],
    need: {
      kind: "grant",
      alone: true,
      verb: "write",
      scopeOf: () => [{ account: true, names: true, act: "change the name of a group" }],
    },
    activity: true,
    since: "0.1.0",
    example: { params: { groupId: exampleGroup.id, title: "Ops" }, result: { ...exampleGroup, title: "Ops" } },
  }),
  "groups.delete": entry({
    summary: "Deletes a group that has no vault. Owners and administrators cannot be deleted.",
    params: Type.Object(groupPlace, closed),
    result: Empty,
    errors: [...askedOfIds, "groupNotFound", "conflict", "notPermitted"],
    need: {
      kind: "grant",
      alone: true,
      verb: "write",
      scopeOf: () => [{ account: true, names: true, act: "delete a group" }],
    },
    activity: true,
    since: "0.1.0",
    example: { params: { groupId: exampleGroup.id }, result: {} },
  }),
  "groups.members": entry({
    summary: "Returns the ids of a group's members.",
    params: Type.Object(groupPlace, closed),
    result: Type.Object({ members: Type.Array(Type.Object({ userId: Type.String() })) }),
    errors: [...askedOfIds, "groupNotFound"],
    need: { kind: "grant", verb: "read", scopeOf: () => [{ account: true, names: true }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { groupId: exampleGroup.id },
      result: { members: [{ userId: "bcdefghijklmnopqrstuvwxyz2" }] },
    },
  }),
} as const;

const VariableName = Type.String({
  minLength: 1,
  maxLength: VARIABLE_NAME_LENGTH_MAX,
  pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
});
const Variable = Type.Object(
  { name: VariableName, value: Type.String({ maxLength: itemLimits.value }), masked: Type.Boolean() },
  namedClosed("EnvironmentVariable"),
);
const Environment = Type.Object({ id: Type.String(), title: Type.String() }, namedClosed("Environment"));
const environmentPlace = { environmentId: IdParam, ...onAccount };
const exampleEnvironment = { id: "defghijklmnopqrstuvwxyz234", title: "staging" };
const exampleVariable = { name: "DATABASE_URL", value: "postgres://…", masked: true };

export const environments = {
  "environments.getVariables": entry({
    summary:
      "Returns the variables of an environment, in the order in which they were set. `masked` ones are hidden from a person's view.",
    params: Type.Object(environmentPlace, closed),
    result: Type.Object({
      variables: Type.Array(Variable),
      staleMs,
    }),
    errors: [...asked, "environmentNotFound"],
    need: { kind: "grant", verb: "read", scopeOf: ({ environmentId }) => [{ vault: environmentId }] },
    activity: true,
    since: "0.1.0",
    example: { params: { environmentId: exampleEnvironment.id }, result: { variables: [exampleVariable] } },
    sdkName: "EnvironmentsGetVariables",
  }),
  "environments.list": entry({
    summary: "Returns the environments of the account.",
    params: Type.Object(onAccount, closed),
    result: Type.Object({ environments: Type.Array(Environment), staleMs }),
    errors: asked,
    need: { kind: "grant", verb: "read", scopeOf: () => [{ account: true, names: true }] },
    activity: true,
    since: "0.1.0",
    example: { params: {}, result: { environments: [exampleEnvironment] } },
  }),
  "environments.create": entry({
    summary: "Makes an environment, with variables if they are given: all of it or nothing.",
    params: Type.Object(
      { title: Title, variables: Type.Optional(Type.Array(Variable, { maxItems: VARIABLES_MAX })), ...onAccount },
      closed,
    ),
    result: Environment,
    errors: [...asked, "diskFull"],
    need: {
      kind: "grant",
      verb: "write",
      scopeOf: () => [{ account: true, names: true, act: "create an environment" }],
    },
    activity: true,
    since: "0.1.0",
    example: { params: { title: "staging", variables: [exampleVariable] }, result: exampleEnvironment },
  }),
  "environments.set": entry({
    summary: "Sets variables, all of them or none. Variables that are not named stay as they are.",
    params: Type.Object(
      { ...environmentPlace, variables: Type.Array(Variable, { minItems: 1, maxItems: VARIABLES_MAX }) },
      closed,
    ),
    result: Empty,
    errors: [...asked, "environmentNotFound", "versionConflict", "notPermitted", "diskFull"],
    need: { kind: "grant", verb: "write", scopeOf: ({ environmentId }) => [{ vault: environmentId }] },
    activity: true,
    since: "0.1.0",
    example: { params: { environmentId: exampleEnvironment.id, variables: [exampleVariable] }, result: {} },
  }),
  "environments.unset": entry({
    summary: "Removes variables. Unknown names change nothing. Returns the number of removed ones.",
    params: Type.Object(
      { ...environmentPlace, names: Type.Array(VariableName, { minItems: 1, maxItems: VARIABLES_MAX }) },
      closed,
    ),
    result: Type.Object({ removed: Type.Integer() }),
    errors: [...asked, "environmentNotFound", "versionConflict", "notPermitted", "diskFull"],
    need: { kind: "grant", verb: "write", scopeOf: ({ environmentId }) => [{ vault: environmentId }] },
    activity: true,
    since: "0.1.0",
    example: { params: { environmentId: exampleEnvironment.id, names: ["DATABASE_URL"] }, result: { removed: 1 } },
  }),
  "environments.delete": entry({
    summary: "Deletes an environment with its variables.",
    params: Type.Object(environmentPlace, closed),
    result: Empty,
    errors: [...asked, "environmentNotFound", "versionConflict", "notPermitted"],
    need: {
      kind: "grant",
      alone: true,
      also: "delete the whole of it",
      verb: "write",
      scopeOf: ({ environmentId }) => [{ vault: environmentId }],
    },
    activity: true,
    since: "0.1.0",
    example: { params: { environmentId: exampleEnvironment.id }, result: {} },
  }),
} as const;
