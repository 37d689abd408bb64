// The same program with the client mocked by vitest itself.
import { createClient, ItemCategory, Secrets } from "@postern/client";
import { expect, test, vi } from "vitest";

vi.mock("@postern/client");

test("every function is a mock", () => {
  expect(vi.isMockFunction(createClient)).toBe(true);
  expect(vi.isMockFunction(Secrets.prototype.resolve)).toBe(true);
  expect(ItemCategory.Login).toBe("Login");
});
