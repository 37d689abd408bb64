// Maps the official SDKs' operations to methods of our catalogue, one line each: from parameters that fit sdk-shapes.ts to ours. The
// method itself checks the rest (lengths, the rules of an item) and names field and rule.
import type { MethodName, ParamsOf } from "./catalogue.ts";
import { type Item, ItemCategory, type ItemCreateParams, type ItemField, ItemFieldType, Website } from "./item/item.ts";
import type { ItemShareAccountPolicy, ValidRecipient } from "./item/item-share.ts";
import type {
  SdkBytes,
  SdkItem,
  SdkItemCreateParams,
  SdkItemField,
  SdkName,
  SdkPolicy,
  SdkRecipient,
  SdkShapes,
  SdkWebsite,
} from "./sdk-shapes.ts";

/** One operation: its method (the catalogue's `sdkName` says the same), and the parameters of that method. */
type Operation<Name extends SdkName> = {
  readonly [M in MethodName]: {
    readonly method: M;
    readonly translated: (params: SdkShapes[Name]) => ParamsOf<M>;
  };
}[MethodName];

/** Every official operation that our catalogue has. */
export const sdkOperations: { readonly [Name in SdkName]: Operation<Name> } = {
  SecretsResolve: {
    method: "secrets.resolve",
    translated: ({ secret_reference }) => ({ reference: secret_reference }),
  },
  SecretsResolveAll: {
    method: "secrets.resolveAll",
    translated: ({ secret_references }) => ({ references: secret_references }),
  },
  ItemsCreate: { method: "items.create", translated: ({ params }) => ({ item: newItem(params) }) },
  ItemsCreateAll: {
    method: "items.createAll",
    translated: ({ vault_id, params }) => ({ vaultId: vault_id, items: params.map(newItem) }),
  },
  ItemsGet: { method: "items.get", translated: itemPlace },
  ItemsGetAll: {
    method: "items.getAll",
    translated: ({ vault_id, item_ids }) => ({ vaultId: vault_id, itemIds: item_ids }),
  },
  ItemsPut: { method: "items.put", translated: ({ item }) => ({ item: wholeItem(item) }) },
  ItemsDelete: { method: "items.delete", translated: itemPlace },
  ItemsDeleteAll: {
    method: "items.deleteAll",
    translated: ({ vault_id, item_ids }) => ({ vaultId: vault_id, itemIds: item_ids }),
  },
  ItemsArchive: { method: "items.archive", translated: itemPlace },
  ItemsList: {
    method: "items.list",
    // Several filters add up. Without a filter the list has the active items. The official operation has no pages, so its caller here
    // asks for page after page.
    translated: ({ vault_id, filters }) => ({
      vaultId: vault_id,
      active: filters.length === 0 || filters.some(({ content }) => content.active),
      archived: filters.some(({ content }) => content.archived),
    }),
  },
  ItemsSharesGetAccountPolicy: { method: "items.shares.getAccountPolicy", translated: itemPlace },
  ItemsSharesValidateRecipients: {
    method: "items.shares.validateRecipients",
    translated: ({ policy, recipients }) => ({ policy: policyOf(policy), recipients }),
  },
  ItemsSharesCreate: {
    method: "items.shares.create",
    translated: ({ item, policy, params: { recipients, expireAfter, oneTimeOnly } }) => ({
      ...changedPlace(item),
      policy: policyOf(policy),
      params: given({ recipients: recipients?.map(recipientOf), expireAfter, oneTimeOnly }),
    }),
  },
  ItemsFilesAttach: {
    method: "files.attach",
    translated: ({ item, file_params: { name, content, sectionId, fieldId } }) => ({
      ...changedPlace(item),
      file: { name, content: base64(content), sectionId, fieldId },
    }),
  },
  ItemsFilesRead: {
    method: "files.read",
    translated: ({ attr, ...place }) => ({ ...itemPlace(place), fileId: attr.id }),
  },
  ItemsFilesDelete: {
    method: "files.delete",
    translated: ({ item, section_id, field_id }) => ({
      ...changedPlace(item),
      sectionId: section_id,
      fieldId: field_id,
    }),
  },
  ItemsFilesReplaceDocument: {
    method: "files.replaceDocument",
    translated: ({ item, doc_params: { name, content } }) => ({
      ...changedPlace(item),
      document: { name, content: base64(content) },
    }),
  },
  VaultsCreate: {
    method: "vaults.create",
    translated: ({ params: { title, description, allowAdminsAccess } }) =>
      given({ title, description, allowAdminsAccess }),
  },
  VaultsList: {
    method: "vaults.list",
    translated: ({ params }) => given({ decryptDetails: params?.decryptDetails }),
  },
  VaultsGetOverview: { method: "vaults.getOverview", translated: vaultPlace },
  VaultsGet: {
    method: "vaults.get",
    translated: ({ vault_id, vault_params: { accessors } }) => given({ vaultId: vault_id, accessors }),
  },
  VaultsUpdate: {
    method: "vaults.update",
    translated: ({ vault_id, params: { title, description } }) => given({ vaultId: vault_id, title, description }),
  },
  VaultsDelete: { method: "vaults.delete", translated: vaultPlace },
  VaultsGrantGroupPermissions: {
    method: "vaults.grantGroupPermissions",
    translated: ({ vault_id, group_permissions_list: list }) => ({
      vaultId: vault_id,
      groupPermissions: list.map(({ groupId, permissions }) => ({ groupId, permissions })),
    }),
  },
  VaultsUpdateGroupPermissions: {
    method: "vaults.updateGroupPermissions",
    translated: ({ group_permissions_list: list }) => ({
      groupPermissions: list.map(({ vaultId, groupId, permissions }) => ({ vaultId, groupId, permissions })),
    }),
  },
  VaultsRevokeGroupPermissions: {
    method: "vaults.revokeGroupPermissions",
    translated: ({ vault_id, group_id }) => ({ vaultId: vault_id, groupId: group_id }),
  },
  GroupsGet: {
    method: "groups.get",
    translated: ({ group_id, group_params: { vaultPermissions } }) => given({ groupId: group_id, vaultPermissions }),
  },
  EnvironmentsGetVariables: {
    method: "environments.getVariables",
    translated: ({ environment_id }) => ({ environmentId: environment_id }),
  },
  ValidateSecretReference: {
    method: "secrets.validateReference",
    translated: ({ secret_reference }) => ({ reference: secret_reference }),
  },
  GeneratePassword: {
    method: "secrets.generatePassword",
    translated: ({ recipe }) => ({ recipe: { type: recipe.type, parameters: recipe.parameters } as typeof recipe }),
  },
};

type Given<T> = { [Key in keyof T as null extends T[Key] ? never : undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as null extends T[Key] ? Key : undefined extends T[Key] ? Key : never]?: Exclude<
    T[Key],
    null | undefined
  >;
};

/** Removes the fields that were left out. Python sends null for them; JavaScript and Go send nothing. */
function given<T extends object>(params: T): Given<T> {
  return Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== null && value !== undefined),
  ) as Given<T>;
}

function vaultPlace({ vault_id }: { vault_id: string }) {
  return { vaultId: vault_id };
}

function itemPlace({ vault_id, item_id }: { vault_id: string; item_id: string }) {
  return { vaultId: vault_id, itemId: item_id };
}

/** The official operations on files take the whole item. Ours need its vault, its id and its version. */
const changedPlace = ({ vaultId, id, version }: SdkItem) => ({ vaultId, itemId: id, version });

function policyOf({ maxExpiry, defaultExpiry, maxViews, files, ...allowed }: SdkPolicy): ItemShareAccountPolicy {
  const { allowedTypes, allowedRecipientTypes } = allowed;
  const ofFiles = {
    allowed: files.allowed,
    maxSize: files.maxSize,
    allowedTypes: files.allowedTypes,
    allowedRecipientTypes: files.allowedRecipientTypes,
    maxExpiry: files.maxExpiry,
    defaultExpiry: files.defaultExpiry,
    maxViews: files.maxViews,
  };
  return given({ maxExpiry, defaultExpiry, maxViews, allowedTypes, allowedRecipientTypes, files: given(ofFiles) });
}

function recipientOf(recipient: SdkRecipient): ValidRecipient {
  return recipient.type === "Email"
    ? { type: "Email", parameters: { email: recipient.parameters.email } }
    : { type: "Domain", parameters: { domain: recipient.parameters.domain } };
}

const base64 = (content: SdkBytes): string =>
  typeof content === "string" ? content : Uint8Array.from(content).toBase64();

function newItem({ category, vaultId, title, notes, tags, ...lists }: SdkItemCreateParams): ItemCreateParams {
  return given({
    category: known(ItemCategory.enum, category),
    vaultId,
    title,
    notes,
    tags,
    fields: lists.fields?.map(fieldOf),
    sections: lists.sections?.map(({ id, title }) => ({ id, title })),
    websites: lists.websites?.map(websiteOf),
    files: lists.files?.map(({ name, content, sectionId, fieldId }) => ({
      name,
      content: base64(content),
      sectionId,
      fieldId,
    })),
    document: lists.document && { name: lists.document.name, content: base64(lists.document.content) },
  });
}

function wholeItem({ fields, sections, tags, websites, files, document, ...item }: SdkItem): Item {
  const { id, title, category, vaultId, notes, version, createdAt, updatedAt } = item;
  return given({
    id,
    title,
    category: known(ItemCategory.enum, category),
    vaultId,
    notes,
    version,
    createdAt,
    updatedAt,
    fields: (fields ?? []).map(fieldOf),
    sections: (sections ?? []).map(({ id, title }) => ({ id, title })),
    tags: tags ?? [],
    websites: (websites ?? []).map(websiteOf),
    files: (files ?? []).map(({ attributes, sectionId, fieldId }) => ({
      attributes: attributesOf(attributes),
      sectionId,
      fieldId,
    })),
    document: document && attributesOf(document),
  });
}

const attributesOf = ({ name, id, size }: { name: string; id: string; size: number }) => ({ name, id, size });

/** Clients send the details of an address only. The agent computes codes and public keys at each read. */
function fieldOf({ id, title, sectionId, fieldType, value, details }: SdkItemField): ItemField {
  const address = details?.type === "Address" ? details.content : undefined;
  return given({
    id,
    title,
    sectionId,
    fieldType: known(ItemFieldType.enum, fieldType),
    value,
    details:
      address &&
      ({
        type: "Address",
        content: {
          street: address.street,
          city: address.city,
          country: address.country,
          zip: address.zip,
          state: address.state,
        },
      } as const),
  });
}

const websiteOf = ({ url, label, autofillBehavior }: SdkWebsite) => ({
  url,
  label,
  autofillBehavior:
    Website.properties.autofillBehavior.enum.find((behavior) => behavior === autofillBehavior) ??
    ("AnywhereOnWebsite" as const),
});

/** An unknown word of an enumeration becomes "Unsupported". The rules of an item then refuse it in the official words. */
function known<T extends string>(values: readonly T[], text: string): T | "Unsupported" {
  return values.find((value) => value === text) ?? "Unsupported";
}
