// Tests what the agent answers before it is loaded, and which requests wait. A fake stands in for the rest of the
// agent. Every test that starts a real agent shows that the real one takes over.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Agent } from "../../daemon/agent.ts";
import { createEarlyAgent } from "../../daemon/early-agent.ts";
import type { Dispatch } from "../../daemon/wire/dispatch.ts";
import type { CheckedRequest } from "../../daemon/wire/request-shape.ts";
import { validate } from "../../daemon/wire/validate.ts";
import { featureNames } from "../../protocol/features.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";

type Told = {
  readonly loads: number;
  readonly failures: unknown[];
  readonly refused: string[];
  readonly closed: number;
};
type Call = Parameters<Dispatch>[1];

function loadingAgent(load?: () => Promise<Agent>) {
  const told = { loads: 0, failures: [] as unknown[], refused: [] as string[], closed: 0 };
  const ready = Promise.withResolvers<Agent>();
  const agent: Agent = {
    dispatch: ({ id = 0, method }) => Promise.resolve({ jsonrpc: "2.0", id, result: `loaded: ${method}` }),
    answerSdk: () => Promise.reject(new Error("no test speaks as the official SDKs do")),
    standingOf: () => "known",
    recordRefused: (reason) => void told.refused.push(reason),
    close: async () => void told.closed++,
  };
  const loading = createEarlyAgent({
    status: () => ({
      startedAt: new Date(0),
      program: "/postern/agent.js",
      sessions: [{ account: "a".repeat(26), state: "locked" }],
      tokenSessions: 0,
      openPrompts: 0,
      links: [],
      protections: [],
    }),
    load: () => {
      told.loads++;
      return load?.() ?? ready.promise;
    },
    failed: (error) => {
      told.failures.push(error);
      throw error;
    },
  });
  return { loading, told: told as Told, finish: () => ready.resolve(agent) };
}

const request = (method: string, params?: object, id: number | undefined = 1): CheckedRequest => ({
  jsonrpc: "2.0",
  method,
  ...(params === undefined ? {} : { params }),
  ...(id === undefined ? {} : { id }),
});

function callOn(connection = { helloed: 0 }): Call {
  const subject = { throughCommand: true };
  return { connection: { hello: () => void connection.helloed++, subject } } as unknown as Call;
}

const hello = (changes: object = {}) => ({
  protocol: PROTOCOL,
  client: { name: "a", version: "1" },
  ...changes,
});

test("a hello is answered before anything is loaded, and raises the limit of lines", async () => {
  const { loading, told } = loadingAgent();
  const connection = { helloed: 0 };
  const answer = await loading.dispatch(request("agent.hello", hello()), callOn(connection));
  expect(answer).toMatchObject({ id: 1, result: { protocol: PROTOCOL, agent: { name: "postern" }, limits } });
  expect(connection.helloed).toBe(1);
  expect(told.loads).toBe(0);
});

test("a hello that names the native door is answered before anything is loaded", async () => {
  const { loading, told } = loadingAgent();
  const answer = await loading.dispatch(request("agent.hello", hello({ door: "native" })), callOn());
  expect(answer).toMatchObject({ result: { features: featureNames } });
  expect(told.loads).toBe(0);
});

test.each([[undefined], [{}]])(
  "a status with the parameters %j is answered before anything is loaded",
  async (params) => {
    const { loading, told } = loadingAgent();
    const answer = await loading.dispatch(request("agent.status", params), callOn());
    expect(answer).toMatchObject({
      id: 1,
      result: { state: "locked", sessions: [{ state: "locked" }], openPrompts: 0, sameInstallation: true },
    });
    expect(told.loads).toBe(0);
  },
);

test.each<[string, CheckedRequest]>([
  ["another method", request("secrets.resolve", { reference: "op://a/b/c" })],
  ["a method that does not exist", request("no.such")],
  ["a status with a field too many", request("agent.status", { more: 1 })],
  ["a status that wants no answer", { jsonrpc: "2.0", method: "agent.status" }],
  ["a hello that wants no answer", { jsonrpc: "2.0", method: "agent.hello", params: hello() }],
  ["a hello without parameters", request("agent.hello")],
  ["a hello of another protocol", request("agent.hello", hello({ protocol: PROTOCOL + 1 }))],
  ["a hello of a protocol as text", request("agent.hello", hello({ protocol: `${PROTOCOL}` }))],
  ["a hello of an older protocol", request("agent.hello", hello({ protocol: PROTOCOL - 1 }))],
  ["a hello through another door", request("agent.hello", hello({ door: "sdk" }))],
  ["a hello with a field too many", request("agent.hello", hello({ more: 1 }))],
  ["a hello without a client", request("agent.hello", hello({ client: undefined }))],
  ["a hello of the client null", request("agent.hello", hello({ client: null }))],
  ["a hello of a client in a list", request("agent.hello", hello({ client: ["a", "1"] }))],
  ["a hello of a client without a version", request("agent.hello", hello({ client: { name: "a" } }))],
  ["a hello of a client with more", request("agent.hello", hello({ client: { name: "a", version: "1", more: 1 } }))],
  ["a hello with an empty name", request("agent.hello", hello({ client: { name: "", version: "1" } }))],
  ["a hello with a number as version", request("agent.hello", hello({ client: { name: "a", version: 1 } }))],
  [
    "a hello with 65 characters of name",
    request("agent.hello", hello({ client: { name: "a".repeat(65), version: "1" } })),
  ],
])("%s waits for the rest, and the rest answers it", async (_title, asked) => {
  const { loading, told, finish } = loadingAgent();
  const answer = loading.dispatch(asked, callOn());
  expect(told.loads).toBe(1);
  finish();
  expect(await answer).toMatchObject({ result: `loaded: ${asked.method}` });
});

test("a name of 64 characters is answered before anything is loaded", async () => {
  const { loading, told } = loadingAgent();
  await loading.dispatch(request("agent.hello", hello({ client: { name: "a".repeat(64), version: "1" } })), callOn());
  expect(told.loads).toBe(0);
});

test("the schema allows every early answer", async () => {
  const odd = fc.oneof(fc.string({ maxLength: 70 }), fc.integer(), fc.constant(null), fc.constant([]), fc.constant({}));
  const client = fc.oneof(odd, fc.dictionary(fc.constantFrom("name", "version", "more"), odd));
  const params = fc.dictionary(
    fc.constantFrom("protocol", "client", "door", "more"),
    fc.oneof(odd, client, fc.constant(PROTOCOL), fc.constant("native")),
  );
  let early = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("agent.hello", "agent.status"), params, async (method, given) => {
      const { loading, told } = loadingAgent();
      void loading.dispatch(request(method, given), callOn());
      if (told.loads > 0) return;
      early++;
      expect(() => validate(method as "agent.hello", given)).not.toThrow();
    }),
    { numRuns: 5_000, seed: 7 },
  );
  expect(early).toBeGreaterThan(50);
});

test("once loaded, the rest answers everything, also these two methods", async () => {
  const { loading, finish } = loadingAgent();
  loading.begin();
  finish();
  await loading.dispatch(request("other"), callOn());
  expect(await loading.dispatch(request("agent.status"), callOn())).toMatchObject({ result: "loaded: agent.status" });
});

test("waiting requests load the rest once, and get their answers in order", async () => {
  const { loading, told, finish } = loadingAgent();
  const order: number[] = [];
  const waiting = [1, 2, 3].map((id) =>
    loading.dispatch(request("other", {}, id), callOn()).then(() => order.push(id)),
  );
  finish();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3]);
  expect(told.loads).toBe(1);
});

test("a refused connection loads the rest, which records the refusal", async () => {
  const { loading, told, finish } = loadingAgent();
  loading.recordRefused("it runs as another user");
  expect(told.loads).toBe(1);
  finish();
  await loading.dispatch(request("other"), callOn());
  expect(told.refused).toEqual(["it runs as another user"]);
});

test("a rest that cannot be loaded is reported once, however many wait", async () => {
  const broken = new Error("no library");
  const { loading, told } = loadingAgent(() => Promise.reject(broken));
  const waiting = [1, 2].map((id) => loading.dispatch(request("other", {}, id), callOn()));
  for (const one of waiting) await expect(one).rejects.toBe(broken);
  expect(told.failures).toEqual([broken]);
});

test("closing an agent that was never loaded loads nothing; closing one that is being loaded waits, then closes it", async () => {
  const never = loadingAgent();
  await never.loading.close();
  expect(never.told).toMatchObject({ loads: 0, closed: 0 });
  const { loading, told, finish } = loadingAgent();
  loading.begin();
  const closed = loading.close();
  finish();
  await closed;
  expect(told.closed).toBe(1);
});
