// The installed Go client on the wire: every golden conversation with a scripted peer, and every method with an agent of a later version.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { goName } from "../../../clients/generate/go-names.ts";
import { catalogue, type MethodName } from "../../../protocol/catalogue.ts";
import { LATER, ofLater, startFutureAgent } from "../../client/future-agent.ts";
import { conversations } from "../../golden/conversation.ts";
import { exchangesOf, nameOf, startScriptedPeer } from "../../golden/scripted-peer.ts";
import { type GoProject, hasGo, makeGoProject } from "./project.ts";

const TIME_MS = 120_000;

const all = conversations();
const exchanges = all.map(exchangesOf);

let project: GoProject;
beforeAll(() => {
  if (hasGo) project = makeGoProject();
}, TIME_MS);
afterAll(() => project?.remove());

test.skipIf(!hasGo)("plays every conversation", { timeout: TIME_MS }, async () => {
  const named = exchanges.map((requests, index) => ({ name: nameOf(index), requests }));
  project.write("conversations.json", JSON.stringify(named));
  const program = await project.build("replay");
  const peer = await startScriptedPeer(all, "createClient");
  const { code, out, err } = await project.run([program, peer.socket, join(project.folder, "conversations.json")]);
  peer.close();
  expect([code, err]).toEqual([0, ""]);
  expect([...peer.differences]).toEqual([]);
  const expected = exchanges
    .flat()
    .map(({ expected: one }) => ("errorName" in one ? { ...one, isOfItsClass: true } : one));
  expect(JSON.parse(out)).toEqual(expected);
});

test.skipIf(!hasGo)("has a function with types for every method", { timeout: TIME_MS }, async () => {
  const methods = Object.keys(catalogue) as MethodName[];
  const calls = methods.map((method) => ({ name: goName(method), params: paramsOf(method) }));
  project.write("calls.json", JSON.stringify(calls));
  const program = await project.build("methods");
  const agent = await startFutureAgent();
  const { code, out, err } = await project.run([program, agent.socket, join(project.folder, "calls.json")]);
  await agent.close();
  expect([code, err]).toEqual([0, ""]);
  const answered = JSON.parse(out) as unknown[];
  expect(answered).toHaveLength(methods.length);
  methods.forEach((method, index) => {
    const { example, result } = catalogue[method];
    const whole = ofLater(result as never, JSON.parse(JSON.stringify(example.result)));
    expect([method, comparable(answered[index])]).toEqual([method, comparable(whole)]);
  });
  // A client asks three things when it is opened.
  const opening = ["agent.hello", "agent.subscribe", "clients.open"];
  const asked = agent.asked.filter((_one, index) => index % (opening.length + 1) === opening.length);
  expect(asked.map(({ method }) => method)).toEqual(methods);
  asked.forEach(({ method, params }) => {
    expect([method, comparable(withoutClient(method, params))]).toEqual([
      method,
      comparable(paramsOf(method as MethodName)),
    ]);
  });
});

const paramsOf = (method: MethodName): object => withoutClient(method, catalogue[method].example.params as object);

/** Parameters without the client's id, since the client names itself. */
function withoutClient(method: string, params: object): object {
  return Object.fromEntries(
    Object.entries(params).filter(([key]) => key !== "client" || method.startsWith("clients.")),
  );
}

/** Without fields of later days and without null, which the types of Go leave out, and with each time in one form. */
function comparable(value: unknown): unknown {
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toISOString();
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([key, one]) => key !== LATER && one !== null);
  return Object.fromEntries(known.map(([key, one]) => [key, comparable(one)]));
}
