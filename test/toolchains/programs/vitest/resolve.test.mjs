// A test of a program that uses the client, in vitest: with the real client.
import sdk, { createClient, errors, Secrets } from "@postern/client";
import { expect, test, vi } from "vitest";

const integration = { integrationName: "shop", integrationVersion: "1.0.0" };

test("the real client reads a secret", async () => {
  const { TOKEN, REFERENCE, SECRET } = process.env;
  const client = await createClient({ auth: TOKEN, ...integration });
  const secret = await client.secrets.resolve(REFERENCE);
  client.close();
  expect(secret).toBe(SECRET);
});

test("an error is of its class", () => {
  expect(() => Secrets.validateSecretReference("no reference")).toThrow(errors.InvalidReferenceError);
});

test("a spy takes the place of a function and of a method", async () => {
  const spy = vi.spyOn(sdk, "createClient").mockResolvedValue({ secrets: { resolve: async () => "mocked" } });
  expect(await (await sdk.createClient({ auth: "x" })).secrets.resolve("op://a/b/c")).toBe("mocked");
  spy.mockRestore();
  expect(sdk.createClient).toBe(createClient);
  const resolve = vi.spyOn(Secrets.prototype, "resolve").mockResolvedValue("mocked");
  const client = await createClient({ auth: process.env.TOKEN, ...integration });
  expect(await client.secrets.resolve("op://a/b/c")).toBe("mocked");
  resolve.mockRestore();
  client.close();
});
