// The same program with the client replaced by a mock of its own.
jest.mock("@postern/client", () => ({ ...jest.requireActual("@postern/client"), createClient: jest.fn() }));
const { createClient, ItemCategory } = require("@postern/client");

test("the mock stands in for one function, and the rest is real", async () => {
  createClient.mockResolvedValue({ secrets: { resolve: async () => "mocked" } });
  const client = await createClient({ auth: "x", integrationName: "shop", integrationVersion: "1.0.0" });
  expect(await client.secrets.resolve("op://a/b/c")).toBe("mocked");
  expect(ItemCategory.Login).toBe("Login");
});
