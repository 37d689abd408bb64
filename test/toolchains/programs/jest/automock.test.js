// The same program with the client mocked by jest itself.
jest.mock("@postern/client");
const sdk = require("@postern/client");

test("every function is a mock", async () => {
  expect(jest.isMockFunction(sdk.createClient)).toBe(true);
  expect(jest.isMockFunction(sdk.Secrets.prototype.resolve)).toBe(true);
  expect(sdk.ItemCategory.Login).toBe("Login");
  sdk.createClient.mockResolvedValue({ secrets: { resolve: jest.fn().mockResolvedValue("mocked") } });
  const client = await sdk.createClient({ auth: "x", integrationName: "shop", integrationVersion: "1.0.0" });
  expect(await client.secrets.resolve("op://a/b/c")).toBe("mocked");
});
