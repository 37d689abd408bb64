// A token in the official form, given to the official core by mistake. The core takes its form, and asks only a name that no resolver finds.
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toOfficialForm } from "../../protocol/access/official-form.ts";

const official = createRequire(createRequire(import.meta.url).resolve("@1password/sdk"));
const core = official("@1password/sdk-core") as { init_client(config: string): Promise<string> };

const { fetch } = globalThis;
let asked: string[] = [];
beforeEach(() => {
  asked = [];
  globalThis.fetch = (request) => {
    asked.push(request instanceof Request ? request.url : String(request));
    return Promise.reject(new TypeError("fetch failed"));
  };
});
afterEach(() => {
  globalThis.fetch = fetch;
});

const configOf = (serviceAccountToken: string) =>
  JSON.stringify({
    serviceAccountToken,
    programmingLanguage: "JS",
    sdkVersion: "0050002",
    integrationName: "x",
    integrationVersion: "1",
    requestLibraryName: "Fetch API",
    requestLibraryVersion: "Fetch API",
    os: "linux",
    osVersion: "0.0.0",
    architecture: "x64",
  });
const token = () => toOfficialForm((size) => Uint8Array.from(randomBytes(size)), "postern_secret-of-nobody");

test("the official core reads it, and asks only under .invalid", async () => {
  await expect(core.init_client(configOf(token()))).rejects.toMatch(/"name":"Auth"/);
  expect(asked).toEqual(["https://postern.invalid/api/v3/auth/start"]);
});

test("the official core refuses it as unreadable where an official field is missing", async () => {
  const fields = JSON.parse(Buffer.from(token().slice(4), "base64").toString()) as Record<string, unknown>;
  for (const field of ["signInAddress", "userAuth", "email", "srpX", "muk", "secretKey", "deviceUuid"]) {
    const { [field]: _left, ...rest } = fields;
    const text = `ops_${Buffer.from(JSON.stringify(rest)).toString("base64").replace(/=+$/, "")}`;
    await expect(core.init_client(configOf(text))).rejects.toMatch(/deserialization failed/);
  }
  expect(asked).toEqual([]);
});
