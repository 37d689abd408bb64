// Maps the official SDKs' operations to methods of our catalogue, one line each: from parameters that fit shapes.ts to ours, and from our
// result to the official document. The method itself checks the rest (lengths, the rules of an item) and names field and rule.
import type { MethodName, ParamsOf, ResultOf } from "../catalogue.ts";
import { inOrder, keyed, nothing, vaultOf } from "./documents.ts";
import { given } from "./given.ts";
import { newItem, wholeItem } from "./item-params.ts";
import { changeFailure, readFailure, resolveFailure } from "./outcomes.ts";
import type { SdkItem, SdkName, SdkShapes } from "./shapes.ts";
import { linkParams, policyOf } from "./share-params.ts";
import { base64 } from "./to-base64.ts";

/** One operation: its method (the catalogue's `sdkName` says the same), the parameters of that method, and the document of its result. */
type Operation<Name extends SdkName> = {
  readonly [M in MethodName]: {
    readonly method: M;
    readonly translated: (params: SdkShapes[Name]) => ParamsOf<M>;
    readonly document: (result: ResultOf<M>, params: SdkShapes[Name]) => unknown;
  };
}[MethodName];

/** Every official operation that our catalogue has. */
export const sdkOperations: { readonly [Name in SdkName]: Operation<Name> } = {
  SecretsResolve: {
    method: "secrets.resolve",
    translated: ({ secret_reference }) => ({ reference: secret_reference }),
    document: ({ secret }) => secret,
  },
  SecretsResolveAll: {
    method: "secrets.resolveAll",
    translated: ({ secret_references }) => ({ references: secret_references }),
    document: ({ outcomes }, { secret_references }) =>
      keyed(secret_references, outcomes, resolveFailure, ({ secret, itemId, vaultId }) => ({
        content: { secret, itemId, vaultId },
      })),
  },
  ItemsCreate: {
    method: "items.create",
    translated: ({ params }) => ({ item: newItem(params) }),
    document: (result) => result,
  },
  ItemsCreateAll: {
    method: "items.createAll",
    translated: ({ vault_id, params }) => ({ vaultId: vault_id, items: params.map(newItem) }),
    document: ({ outcomes }) => inOrder(outcomes, changeFailure),
  },
  ItemsGet: { method: "items.get", translated: itemPlace, document: (result) => result },
  ItemsGetAll: {
    method: "items.getAll",
    translated: ({ vault_id, item_ids }) => ({ vaultId: vault_id, itemIds: item_ids }),
    document: ({ outcomes }) => inOrder(outcomes, readFailure),
  },
  ItemsPut: {
    method: "items.put",
    translated: ({ item }) => ({ item: wholeItem(item) }),
    document: (result) => result,
  },
  ItemsDelete: { method: "items.delete", translated: itemPlace, document: nothing },
  ItemsDeleteAll: {
    method: "items.deleteAll",
    translated: ({ vault_id, item_ids }) => ({ vaultId: vault_id, itemIds: item_ids }),
    document: ({ outcomes }, { item_ids }) => keyed(item_ids, outcomes, changeFailure, () => ({})),
  },
  ItemsArchive: { method: "items.archive", translated: itemPlace, document: nothing },
  ItemsList: {
    method: "items.list",
    // Several filters add up. Without a filter the list has the active items. The official operation has no pages, so its caller here
    // asks for page after page.
    translated: ({ vault_id, filters }) => ({
      vaultId: vault_id,
      active: filters.length === 0 || filters.some(({ content }) => content.active),
      archived: filters.some(({ content }) => content.archived),
    }),
    document: ({ items }) => items,
  },
  ItemsSharesGetAccountPolicy: {
    method: "items.shares.getAccountPolicy",
    translated: itemPlace,
    document: (result) => result,
  },
  ItemsSharesValidateRecipients: {
    method: "items.shares.validateRecipients",
    translated: ({ policy, recipients }) => ({ policy: policyOf(policy), recipients }),
    document: ({ recipients }) => recipients,
  },
  ItemsSharesCreate: {
    method: "items.shares.create",
    translated: ({ item, policy, params }) => ({
      ...changedPlace(item),
      policy: policyOf(policy),
      params: linkParams(params),
    }),
    document: ({ url }) => url,
  },
  ItemsFilesAttach: {
    method: "files.attach",
    translated: ({ item, file_params: { name, content, sectionId, fieldId } }) => ({
      ...changedPlace(item),
      file: { name, content: base64(content), sectionId, fieldId },
    }),
    document: (result) => result,
  },
  ItemsFilesRead: {
    method: "files.read",
    translated: ({ attr, ...place }) => ({ ...itemPlace(place), fileId: attr.id }),
    document: ({ content }) => [...Uint8Array.fromBase64(content)],
  },
  ItemsFilesDelete: {
    method: "files.delete",
    translated: ({ item, section_id, field_id }) => ({
      ...changedPlace(item),
      sectionId: section_id,
      fieldId: field_id,
    }),
    document: (result) => result,
  },
  ItemsFilesReplaceDocument: {
    method: "files.replaceDocument",
    translated: ({ item, doc_params: { name, content } }) => ({
      ...changedPlace(item),
      document: { name, content: base64(content) },
    }),
    document: (result) => result,
  },
  VaultsCreate: {
    method: "vaults.create",
    translated: ({ params: { title, description, allowAdminsAccess } }) =>
      given({ title, description, allowAdminsAccess }),
    document: vaultOf,
  },
  VaultsList: {
    method: "vaults.list",
    translated: ({ params }) => given({ decryptDetails: params?.decryptDetails }),
    document: ({ vaults }) => vaults,
  },
  VaultsGetOverview: { method: "vaults.getOverview", translated: vaultPlace, document: (result) => result },
  VaultsGet: {
    method: "vaults.get",
    translated: ({ vault_id, vault_params: { accessors } }) => given({ vaultId: vault_id, accessors }),
    document: vaultOf,
  },
  VaultsUpdate: {
    method: "vaults.update",
    translated: ({ vault_id, params: { title, description } }) => given({ vaultId: vault_id, title, description }),
    document: vaultOf,
  },
  VaultsDelete: { method: "vaults.delete", translated: vaultPlace, document: nothing },
  VaultsGrantGroupPermissions: {
    method: "vaults.grantGroupPermissions",
    translated: ({ vault_id, group_permissions_list: list }) => ({
      vaultId: vault_id,
      groupPermissions: list.map(({ groupId, permissions }) => ({ groupId, permissions })),
    }),
    document: nothing,
  },
  VaultsUpdateGroupPermissions: {
    method: "vaults.updateGroupPermissions",
    translated: ({ group_permissions_list: list }) => ({
      groupPermissions: list.map(({ vaultId, groupId, permissions }) => ({ vaultId, groupId, permissions })),
    }),
    document: nothing,
  },
  VaultsRevokeGroupPermissions: {
    method: "vaults.revokeGroupPermissions",
    translated: ({ vault_id, group_id }) => ({ vaultId: vault_id, groupId: group_id }),
    document: nothing,
  },
  GroupsGet: {
    method: "groups.get",
    translated: ({ group_id, group_params: { vaultPermissions } }) => given({ groupId: group_id, vaultPermissions }),
    document: (result) => result,
  },
  EnvironmentsGetVariables: {
    method: "environments.getVariables",
    translated: ({ environment_id }) => ({ environmentId: environment_id }),
    document: ({ variables }) => ({ variables }),
  },
  ValidateSecretReference: {
    method: "secrets.validateReference",
    translated: ({ secret_reference }) => ({ reference: secret_reference }),
    document: nothing,
  },
  GeneratePassword: {
    method: "secrets.generatePassword",
    translated: ({ recipe }) => ({ recipe: { type: recipe.type, parameters: recipe.parameters } as typeof recipe }),
    document: (result) => result,
  },
};

function vaultPlace({ vault_id }: { vault_id: string }) {
  return { vaultId: vault_id };
}

function itemPlace({ vault_id, item_id }: { vault_id: string; item_id: string }) {
  return { vaultId: vault_id, itemId: item_id };
}

/** The official operations on files take the whole item. Ours need its vault, its id and its version. */
const changedPlace = ({ vaultId, id, version }: SdkItem) => ({ vaultId, itemId: id, version });
