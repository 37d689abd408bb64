// A test of a program in ES modules, in jest: with the real client, and with a mock of one function.

import { expect, jest, test } from "@jest/globals";
import sdk, { createClient, errors, Secrets } from "@postern/client";

test("the real client reads a secret", async () => {
  const { TOKEN, REFERENCE, SECRET } = process.env;
  const client = await createClient({ auth: TOKEN, integrationName: "shop", integrationVersion: "1.0.0" });
  const secret = await client.secrets.resolve(REFERENCE);
  client.close();
  expect(secret).toBe(SECRET);
});

test("an error is of its class, and the default has the same ones", () => {
  expect(() => Secrets.validateSecretReference("no reference")).toThrow(errors.InvalidReferenceError);
  expect(sdk.Secrets).toBe(Secrets);
});

test("a module that is imported later has the mock", async () => {
  jest.unstable_mockModule("@postern/client", () => ({ ...sdk, createClient: jest.fn() }));
  const mocked = await import("@postern/client");
  mocked.createClient.mockResolvedValue({ secrets: { resolve: async () => "mocked" } });
  expect(await (await mocked.createClient({ auth: "x" })).secrets.resolve("op://a/b/c")).toBe("mocked");
});
