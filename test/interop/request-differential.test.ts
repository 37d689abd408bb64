// Compares whole requests with the official SDKs' core: the text of an invocation, and the configuration of a client. Ours must take and refuse
// the same ones. Parameters have a test of their own.
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { integrationOf } from "../../protocol/sdk/config.ts";
import { readSdkRequest } from "../../protocol/sdk/request.ts";
import { faultsThere, verdictOn } from "./official-core.ts";

const SEED = 20261129;

function verdictHere(body: string): "malformed" | "parsed" {
  const payload = Buffer.from(body).toString("base64");
  const line = Buffer.from(JSON.stringify({ kind: "invoke", account_name: "Ada", payload }));
  return "failure" in readSdkRequest(line) ? "malformed" : "parsed";
}

const ids = [0, 0, 0, 0, 0, 0, 0, 1, 7, 4_294_967_296, -1, 1.5, "1", null, true, [], {}];
const names = [
  "SecretsResolve",
  "SecretsResolve",
  "SecretsResolve",
  "ItemsGet",
  "ItemsGet",
  "secretsresolve",
  "VaultsListAll",
  "",
  null,
  7,
];
const parameters = [
  { secret_reference: "op://v/i/f" },
  { secret_reference: "", vault_id: "v", item_id: "i" },
  { secret_reference: "op://v/i/f" },
  { secret_reference: "op://v/i/f", vault_id: "v", item_id: "i", more: [1] },
  { vault_id: "größe 😀", item_id: "" },
  { vault_id: "\ud800", item_id: "i" },
  { vault_id: "v", item_id: "\udc00x" },
  { secret_reference: "x", "\udfff": 1 },
  { secret_reference: "x", more: ["\ud83d"] },
  { secret_reference: "\\ud800" },
  {},
  null,
  [],
  ["op://v/i/f"],
];

/** A record in which each key may be missing. */
const partly = (values: Record<string, Arbitrary<unknown>>) => fc.record(values, { requiredKeys: [] });

/** Keys in this order or in the other one. */
const ordered = (value: object, reversed: boolean) =>
  reversed ? Object.fromEntries(Object.entries(value).reverse()) : value;

const call = fc
  .tuple(
    fc.record({ name: fc.constantFrom(...names), parameters: fc.constantFrom(...parameters) }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([whole, reversed, more]) => ordered(more ? { ...whole, more: null } : whole, reversed));
const loose = partly({ name: fc.constantFrom(...names), parameters: fc.constantFrom(...parameters) });
const invocation = (inner: Arbitrary<unknown>) =>
  fc.oneof(
    fc.record({ clientId: fc.constantFrom(...ids), parameters: inner }),
    partly({ clientId: fc.constantFrom(...ids), parameters: inner, more: fc.constant(1) }),
  );
const body = fc.oneof(
  { weight: 6, arbitrary: invocation(call).map((inner) => JSON.stringify({ invocation: inner })) },
  { weight: 2, arbitrary: invocation(loose).map((inner) => JSON.stringify({ invocation: inner, more: 1 })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "{}", "[]", "null", "7", "{", '{"invocation":null}', '{"invocation":{}}', " {} "),
  },
);

describe("the text of an invocation", () => {
  test("is taken or refused as by the core", async () => {
    const counts = { malformed: 0, parsed: 0 };
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const here = verdictHere(text);
        expect(here).toBe(await verdictOn(text));
        counts[here]++;
      }),
      { numRuns: 4_000, seed: SEED },
    );
    expect(Math.min(counts.malformed, counts.parsed)).toBeGreaterThan(200);
  });

  test.each([
    [
      "deeper nesting than any parameter has",
      `{"invocation":{"clientId":1,"parameters":{"name":"SecretsResolve","parameters":{"secret_reference":"r","more":${"[".repeat(40)}${"]".repeat(40)}}}}}`,
    ],
    [
      "an id that no number of ours reaches",
      '{"invocation":{"clientId":9007199254740993,"parameters":{"name":"SecretsResolve","parameters":{"secret_reference":"r"}}}}',
    ],
  ])("with %s is taken by the core only", async (_what, text) => {
    expect([await verdictOn(text), verdictHere(text)]).toEqual(["parsed", "malformed"]);
  });
});

/** What the core wants to know besides. A desktop client may leave some of it out. */
const rest = {
  serviceAccountToken: "",
  programmingLanguage: "JS",
  sdkVersion: "0050002",
  requestLibraryName: "Fetch API",
  requestLibraryVersion: "Fetch API",
  os: "linux",
  osVersion: "0.0.0",
  architecture: "x64",
};

/** The fault of a configuration without a token. A desktop client has none, and its account is in the envelope. */
const NO_TOKEN = "one authentication method must be specified";

function faultsHere(config: object): readonly string[] | "malformed" {
  const outcome = integrationOf(config, "Ada");
  if (!("message" in outcome)) return [];
  const [, faults] = outcome.message.split("encountered the following errors: ");
  return faults === undefined ? "malformed" : faults.split("; ");
}

const word = fc.oneof(
  fc.constantFrom("shop", "1.0.0", " ", "-_."),
  fc.string({ unit: fc.constantFrom("a", "Z", "0", " ", "-", "_", ".", "/", "é", "😀", "\n"), maxLength: 14 }),
  fc.constantFrom("", "n".repeat(20), "n".repeat(21), "n".repeat(40), "n".repeat(41), "é".repeat(20), "é".repeat(21)),
  fc.constantFrom<unknown>(null, 7, ["n"], { n: 1 }),
);

describe("the configuration of a client", () => {
  test("has the faults that the core finds in it, in their order and words", async () => {
    const counts = { none: 0, some: 0, malformed: 0 };
    const parts = { integrationName: word, integrationVersion: word, accountName: word, unheard: word };
    const config = fc.record(parts, { requiredKeys: ["integrationName"] });
    await fc.assert(
      fc.asyncProperty(config, async (given) => {
        const there = await faultsThere({ ...rest, ...given });
        const here = faultsHere({ ...rest, ...given });
        expect(here).toEqual(there === "malformed" ? there : there.filter((fault) => fault !== NO_TOKEN));
        counts[here === "malformed" ? here : here.length === 0 ? "none" : "some"]++;
      }),
      { numRuns: 3_000, seed: SEED },
    );
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
  });
});
