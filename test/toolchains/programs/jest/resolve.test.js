// A test of a program that uses the client, in jest: once with the real client.
const { createClient, DesktopAuth, default: sdk } = require("@postern/client");

test("the real client reads a secret", async () => {
  const { TOKEN, REFERENCE, SECRET } = process.env;
  const client = await createClient({ auth: TOKEN, integrationName: "shop", integrationVersion: "1.0.0" });
  const secret = await client.secrets.resolve(REFERENCE);
  client.close();
  expect(secret).toBe(SECRET);
});

test("an error is of its class", async () => {
  const { Secrets, errors } = sdk;
  expect(() => Secrets.validateSecretReference("no reference")).toThrow(errors.InvalidReferenceError);
  expect(new DesktopAuth("Ada").accountName).toBe("Ada");
});

test("a spy takes the place of createClient, and gives it back", async () => {
  const real = sdk.createClient;
  const spy = jest.spyOn(sdk, "createClient").mockResolvedValue({ secrets: { resolve: async () => "mocked" } });
  const client = await require("@postern/client").createClient({ auth: "x" });
  expect(await client.secrets.resolve("op://a/b/c")).toBe("mocked");
  spy.mockRestore();
  expect(require("@postern/client").createClient).toBe(real);
});

test("a spy takes the place of a method", async () => {
  const spy = jest.spyOn(sdk.Secrets.prototype, "resolve").mockResolvedValue("mocked");
  const client = await createClient({ auth: process.env.TOKEN, integrationName: "shop", integrationVersion: "1.0.0" });
  expect(await client.secrets.resolve("op://a/b/c")).toBe("mocked");
  spy.mockRestore();
  const listed = jest.spyOn(client.vaults, "list").mockResolvedValue([]);
  expect(await client.vaults.list()).toEqual([]);
  expect(listed).toHaveBeenCalledTimes(1);
  client.close();
});
