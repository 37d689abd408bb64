// createClient and what it refuses, beside the official package with the same input.
import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as sdk from "../../clients/typescript/client.ts";
import { configurations } from "./configurations.ts";

const official = createRequire(import.meta.url)("@1password/sdk") as Pick<typeof sdk, "createClient" | "DesktopAuth">;

const NOWHERE = { socket: "/none/agent.sock" };

async function refusal(shown: typeof official, given: sdk.ClientOptions): Promise<Error> {
  const error = await shown.createClient({ ...given, ...NOWHERE } as sdk.ClientConfiguration).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("it was not refused");
  return error;
}

/** Texts of the official package for a configuration that it cannot use. It reads tokens itself, which ours leaves to the agent. */
const isOfTheShape = (text: string) => !/^invalid (?:service account token|customer managed secret)/.test(text);

async function expectTheSame(given: sdk.ClientOptions): Promise<void> {
  const { message } = await refusal(official, given);
  const own = await refusal(sdk, given);
  if (isOfTheShape(message)) expect([own.name, own.message]).toEqual(["InvalidConfiguration", message]);
  else expect(own.message).toMatch(/^(?:no agent is running|the agent has no workload identity)/);
}

// The official package knows no token of ours.
const known = configurations.filter(({ token }) => !token.startsWith("postern_"));

test.each(known)("%j is refused in the official words, or not at all", async ({ token, ...integration }) => {
  await expectTheSame({ auth: token, ...integration });
});

const text = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.string({ unit: fc.constantFrom(..."aZ09 ._-é/"), maxLength: 45 }),
);
const details = fc.record({ customerManagedSecret: fc.constantFrom("", "a"), workloadUuid: fc.constantFrom("", "b") });
const given = fc.record(
  {
    auth: fc.constantFrom("", "x", "ops_x"),
    integrationName: text,
    integrationVersion: text,
    oidcFetcher: fc.constant(async () => ""),
    workloadDetails: details,
  },
  { requiredKeys: ["integrationName", "integrationVersion"] },
);

test("so is anything else, all mistakes in one error", async () => {
  await fc.assert(fc.asyncProperty(given, expectTheSame));
});

test.each([{}, { auth: undefined }, { auth: "" }])(
  "%j is no way to sign in, and the error says what is",
  async (how) => {
    const error = await refusal(sdk, { ...how, integrationName: "shop", integrationVersion: "1" });
    expect(error).toMatchObject({
      message: "createClient requires either `auth` (service account token) or `oidcFetcher` (workload identity).",
      hint: "give `new DesktopAuth()` as `auth` to have a person asked",
    });
  },
);

const workload = { oidcFetcher: async () => "", workloadDetails: { customerManagedSecret: "a", workloadUuid: "b" } };

test("a workload's identity is refused, and the error says what to use", async () => {
  const error = await refusal(sdk, workload);
  expect(error.message).toContain("use `auth` with the token of a service account");
});

test("a workload's identity beside an account is refused in the official words", async () => {
  const error = await refusal(sdk, { ...workload, auth: new sdk.DesktopAuth("Ada") });
  expect(error.message).toBe("OIDC authentication is not supported with desktop auth");
});

test.each([new sdk.DesktopAuth(), new official.DesktopAuth("Ada")])(
  "%j is an account, also of another package",
  async (auth) => {
    const error = await refusal(sdk, { auth, integrationName: "shop", integrationVersion: "1" });
    expect(error).toBeInstanceOf(sdk.AgentNotRunning);
  },
);

test.each([7, {}, null])("%j is neither a token nor an account", async (auth) => {
  const error = await refusal(sdk, { auth: auth as never, integrationName: "", integrationVersion: "1" });
  expect(error).toBeInstanceOf(sdk.InvalidConfiguration);
});

test("a program that leaves its name out is called Unknown", async () => {
  expect(await refusal(sdk, { auth: new sdk.DesktopAuth() })).toBeInstanceOf(sdk.AgentNotRunning);
});
