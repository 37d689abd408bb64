// Parameters near the examples of the catalogue, sent to an agent with an account. Each call ends in a result or in an error that the catalogue
// has. None is an internal error.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Channel } from "../../../clients/typescript/channel.ts";
import { PROMPT_MS } from "../../../daemon/approval/broker.ts";
import { catalogue, type MethodName } from "../../../protocol/catalogue.ts";
import { errors } from "../../../protocol/errors.ts";
import type { ItemCreateParams } from "../../../protocol/item/item.ts";
import { type InProcessAgent, passing, startInProcess } from "../../agent/in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "../../agent/person.ts";
import { altered, FUZZ_MS_MAX, untilTime } from "./altered.ts";

/** They end the agent, the account, or the proofs with which the test goes on. */
const LEFT_OUT: readonly MethodName[] = [
  "agent.stop",
  "accounts.remove",
  "accounts.changePassword",
  "accounts.restore",
];

const methods = (Object.keys(catalogue) as MethodName[]).filter((method) => !LEFT_OUT.includes(method));

let agent: InProcessAgent;
let person: Person;
let channel: Channel;
let facts: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  agent = await startInProcess();
  await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  person.always("yes");
  channel = await agent.connect();
  const call: Channel["call"] = (method, params) => passing(agent, channel.call(method, params));
  const { id: vaultId } = await call("vaults.create", { title: "Demo" });
  const { id: itemId } = await call("items.create", {
    item: { ...(catalogue["items.create"].example.params as { item: ItemCreateParams }).item, vaultId },
  });
  const { id: groupId } = await call("groups.create", { title: "Group" });
  const { id: environmentId } = await call("environments.create", { title: "staging" });
  facts = { vaultId, itemId, groupId, environmentId, password: PASSWORD, pin: PIN };
});
afterAll(async () => {
  channel.close();
  person.leave();
  await agent.close();
});

/** The example with the ids and proofs of this account in place of its own. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, Object.hasOwn(facts, key) ? facts[key] : filled(part)]),
  );
}

/** Milliseconds after which a call counts as one that waits for a person. */
const WAITING_MS = 300;

/** The name of the call's error. Undefined for a result. Where it waits for a person who does not come, the agent's time passes. */
async function outcome(method: MethodName, params: unknown): Promise<string | undefined> {
  const later = setInterval(() => agent.clock.advance(PROMPT_MS), WAITING_MS);
  const call = channel.call(method, params as never).then(
    () => undefined,
    (error: { errorName?: string; name: string }) => error.errorName ?? error.name,
  );
  return passing(agent, call).finally(() => clearInterval(later));
}

/** A call may have locked the account, or have made its PIN or its approver another one. */
async function ready(): Promise<void> {
  if ((await channel.call("agent.status", {})).state === "locked") {
    await outcome("session.unlock", { password: PASSWORD });
    person.leave();
    person = await passing(agent, attachPerson(agent));
    person.always("yes");
  }
}

test("no parameters near an example are an internal error, for any method", { timeout: FUZZ_MS_MAX }, async () => {
  const known = new Set([...Object.keys(errors), "invalidRequest", "parseError", "methodNotFound"]);
  const reached = new Set<MethodName>();
  await fc.assert(
    fc.asyncProperty(
      fc
        .constantFrom(...methods)
        .chain((method) => fc.tuple(fc.constant(method), altered(catalogue[method].example.params))),
      async ([method, params]) => {
        const name = await outcome(method, filled(params));
        reached.add(method);
        expect([method, name]).not.toEqual([method, "internal"]);
        if (name !== undefined) expect(known).toContain(name);
        await ready();
      },
    ),
    untilTime,
  );
  expect(reached.size).toBeGreaterThan(20);
});
