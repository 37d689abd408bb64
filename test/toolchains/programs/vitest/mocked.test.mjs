// The same program with a mock of its own for one function of the client.
import { createClient, ItemCategory } from "@postern/client";
import { expect, test, vi } from "vitest";

vi.mock("@postern/client", async (original) => ({ ...(await original()), createClient: vi.fn() }));

test("the mock stands in for one function, and the rest is real", async () => {
  vi.mocked(createClient).mockResolvedValue({ secrets: { resolve: async () => "mocked" } });
  const client = await createClient({ auth: "x" });
  expect(await client.secrets.resolve("op://a/b/c")).toBe("mocked");
  expect(ItemCategory.Login).toBe("Login");
});
