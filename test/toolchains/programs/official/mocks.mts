// Mocks of the official package, as the tests of a program have them. With ours they compile as they are.

import * as sdk from "@1password/sdk";
import { jest } from "@jest/globals";
import { vi } from "vitest";

type Client = sdk.Client;

const item: sdk.Item = {
  id: "i",
  title: "Shop",
  category: sdk.ItemCategory.Login,
  vaultId: "v",
  fields: [{ id: "p", title: "password", fieldType: sdk.ItemFieldType.Concealed, value: "secret" }],
  sections: [],
  notes: "",
  tags: [],
  websites: [],
  version: 1,
  files: [],
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

/** A mock without a framework has all that the official client has, and nothing else. */
class FakeItems {
  readonly shares = {
    getAccountPolicy: async () => policy,
    validateRecipients: async (_policy: sdk.ItemShareAccountPolicy, recipients: string[]) =>
      recipients.map((email): sdk.ValidRecipient => ({ type: "Email", parameters: { email } })),
    create: async () => "https://share.example/x",
  };
  readonly files = {
    attach: async (to: sdk.Item) => to,
    read: async () => new Uint8Array(1),
    delete: async (from: sdk.Item) => from,
    replaceDocument: async (of: sdk.Item) => of,
  };
  create = async (params: sdk.ItemCreateParams): Promise<sdk.Item> => ({ ...item, title: params.title });
  createAll = async (): Promise<sdk.ItemsUpdateAllResponse> => ({ individualResponses: [{ content: item }] });
  get = async (): Promise<sdk.Item> => item;
  getAll = async (): Promise<sdk.ItemsGetAllResponse> => ({
    individualResponses: [{ error: { type: "itemNotFound" } }],
  });
  put = async (given: sdk.Item): Promise<sdk.Item> => ({ ...given, version: given.version + 1 });
  delete = async (): Promise<void> => undefined;
  deleteAll = async (): Promise<sdk.ItemsDeleteAllResponse> => ({ individualResponses: { i: {} } });
  archive = async (): Promise<void> => undefined;
  list = async (_vaultId: string, ..._filters: sdk.ItemListFilter[]): Promise<sdk.ItemOverview[]> => [];
}

const policy: sdk.ItemShareAccountPolicy = {
  maxExpiry: sdk.ItemShareDuration.OneDay,
  defaultExpiry: sdk.ItemShareDuration.OneHour,
  allowedTypes: [sdk.AllowedType.Public],
  allowedRecipientTypes: [],
  files: { allowed: true, maxSize: 1 },
};

const vault: sdk.Vault = {
  id: "v",
  title: "V",
  description: "",
  vaultType: sdk.VaultType.UserCreated,
  activeItemCount: 0,
  contentVersion: 0,
  attributeVersion: 1,
};

const fake: Client = {
  secrets: { resolve: async () => "secret", resolveAll: async () => ({ individualResponses: {} }) },
  items: new FakeItems(),
  vaults: {
    create: async () => vault,
    list: async () => [],
    getOverview: async () => ({ ...vault, createdAt: new Date(0), updatedAt: new Date(0) }),
    get: async () => vault,
    update: async () => vault,
    delete: async () => undefined,
    grantGroupPermissions: async () => undefined,
    updateGroupPermissions: async () => undefined,
    revokeGroupPermissions: async () => undefined,
  },
  environments: { getVariables: async () => ({ variables: [{ name: "A", value: "1", masked: false }] }) },
  groups: {
    get: async (id: string): Promise<sdk.Group> => ({
      id,
      title: "G",
      description: "",
      groupType: sdk.GroupType.UserDefined,
      state: sdk.GroupState.Active,
    }),
  },
};

jest.spyOn(sdk, "createClient").mockResolvedValue(fake);
jest.mocked(sdk.createClient).mockResolvedValue(fake);
jest.mocked(sdk.createClient).mockRejectedValue(new sdk.DesktopSessionExpiredError("the session has ended"));
vi.mocked(sdk.createClient).mockResolvedValue(fake);
vi.spyOn(sdk, "createClient").mockImplementation(async (config) => {
  if (config.integrationName.length > 40) throw new Error("too long");
  return fake;
});
vi.spyOn(sdk, "createClient").mockRejectedValue(new sdk.RateLimitExceededError("slower"));
vi.spyOn(fake.secrets, "resolve").mockResolvedValue("mocked");
vi.spyOn(fake.items, "get").mockResolvedValue(item);
jest.spyOn(fake.vaults, "list").mockResolvedValue([]);
vi.spyOn(sdk.Secrets, "validateSecretReference").mockReturnValue(undefined);

// A program may put a part of a client in the place of another.
fake.secrets = { ...fake.secrets, resolve: async () => "replaced" };
new sdk.DesktopAuth("Ada").accountName = "Grace";

const config: Parameters<typeof sdk.createClient>[0] = { integrationName: "shop", integrationVersion: "1.0.0" };
config.auth = "token";
const opened: Awaited<ReturnType<typeof sdk.createClient>> = fake;
opened.vaults = fake.vaults;
