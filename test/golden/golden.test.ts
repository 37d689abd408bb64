// Golden conversations, each replayed twice. First a real agent gets the client's messages, and its answers must fit.
// Then a scripted server answers the TypeScript client, which must send the same messages and return the value or raise
// the named error.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openChannel } from "../../clients/typescript/channel.ts";
import { errorClasses, PosternError } from "../../clients/typescript/generated.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { passing } from "../agent/in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN, WORK_PASSWORD } from "../agent/person.ts";
import { type Door, overLoopback } from "../service/doors.ts";
import { type Conversation, conversations } from "./conversation.ts";
import { anyKey, batchesOf, makeSample, replay } from "./replay.ts";
import { exchangesOf, nameOf, type ScriptedPeer, startScriptedPeer } from "./scripted-peer.ts";
import { startTraced, startTracedHere, type Traced, type TracedHere } from "./trace.ts";

const all = conversations();

describe("the collection", () => {
  test("has a successful conversation for every method, except those that need a state of their own", () => {
    const well = new Set(all.flatMap(succeeding));
    // Other tests check these, because they need a second device, an open prompt or another service:
    // agent/rogue.test.ts, cli/commands.test.ts and cli/init-service.test.ts.
    const elsewhere = [
      "accounts.serviceInfo",
      "prompts.answer",
      "grants.revoke",
      "devices.remove",
      "accounts.signIn",
      "accounts.restore",
      "files.commit",
      // It needs a process: agent/policy.test.ts.
      "policy.test",
      // They need an authenticator and the page: agent/authenticators.test.ts.
      ...Object.keys(catalogue).filter((method) => method.startsWith("authenticators.") && !method.endsWith(".list")),
    ];
    expect(Object.keys(catalogue).filter((method) => !well.has(method) && !elsewhere.includes(method))).toEqual([]);
  });

  test("provokes every error that a method lists, here or in soak/refusals.test.ts", () => {
    const provoked = new Set(all.flatMap(refusing));
    const listed = Object.entries(catalogue).flatMap(([method, { errors }]) =>
      (errors as readonly string[]).map((error) => [method, error] as const),
    );
    const missing = listed.filter(
      ([method, error]) =>
        !shared.has(error) && !elsewhere.has(error) && method !== byKey && !provoked.has(`${method} ${error}`),
    );
    expect(missing).toEqual([]);
  });

  test("has more refusals than half of its conversations", () => {
    expect(all.filter((one) => one.expect !== undefined).length).toBeGreaterThan(all.length / 2);
  });
});

/** It needs an authenticator, and a service in trouble: agent/authenticators.test.ts. */
const byKey = "authenticators.unlock";

/** Errors that soak/refusals.test.ts provokes for every method that lists them. */
const shared: ReadonlySet<string> = new Set([
  "signedOut",
  "locked",
  "clientNotFound",
  "approvalRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
  "proofRefused",
  "tryLater",
  "offline",
  "sealBroken",
  "diskFull",
  "auditUnwritable",
]);

/**
 * Errors that one line of one client cannot provoke: two writers at once, limits of the store, another person's rights.
 */
const elsewhere: ReadonlySet<string> = new Set([
  // service/contract.test.ts, agent/line.test.ts: one of two writers gets it.
  "versionConflict",
  "conflict",
  // service/limits.test.ts.
  "tooLarge",
  // service/groups.test.ts.
  "notPermitted",
  // service/main.test.ts, cli/commands.test.ts: a service elsewhere, and a backup with its second try.
  "serviceRefused",
  "accountExists",
  "handleNotFound",
  "wrongCredentials",
  // agent/policy.test.ts: a file on the disk.
  "fileUnusable",
  // agent/authenticators.test.ts: need an authenticator, and the page.
  "passwordNeeded",
  "authenticatorUnavailable",
  // agent/rogue.test.ts.
  "pinDisabled",
  // agent/idle-lock.test.ts: an agent that cannot hear of the screen.
  "screenUnheard",
  // agent/app-door.test.ts: an agent whose port is taken.
  "appUnavailable",
  // agent/restore.test.ts: comes while another agent restores the account.
  "restoreUnfinished",
]);

function refusing({ steps }: Conversation): string[] {
  return steps.flatMap((step, index) => {
    const answer = steps[index + 1]?.message as { error?: { data: { name: string } } } | undefined;
    const { method } = step.message as { method?: string };
    return step.from === "client" && answer?.error !== undefined ? [`${method} ${answer.error.data.name}`] : [];
  });
}

function succeeding({ steps }: Conversation): string[] {
  return steps.flatMap((step, index) => {
    const answer = steps[index + 1]?.message as { result?: unknown } | undefined;
    return step.from === "client" && answer?.result !== undefined ? [(step.message as { method: string }).method] : [];
  });
}

/** The conversations of a state, for one agent each. */
const batchesGiven = (given: string) =>
  batchesOf(all.filter((one) => one.given === given)).map((batch, index) => [index + 1, batch] as const);

/** Replays a conversation, and checks its lines in the agent's trace. */
async function replayTraced(conversation: Conversation, agent: Traced, known?: ReadonlyMap<string, unknown>) {
  const { sent, answered } = await replay(conversation, agent.socket, known);
  await agent.demandTraced(sent, answered);
}

describe.each(batchesGiven("unlocked"))("said to an agent that is unlocked, %i", (_n, batch) => {
  let agent: TracedHere;
  let person: Person;
  let known: ReadonlyMap<string, unknown>;
  const settle = <T>(promise: Promise<T>) => passing(agent, promise);

  beforeAll(async () => {
    agent = await startTracedHere();
    const kit = await settle(makeAccount(agent));
    person = await settle(attachPerson(agent));
    person.always("yes");
    known = await makeSample(agent, person.channel, kit, settle);
  });
  afterAll(async () => {
    person.leave();
    await agent.close();
  });

  test.each(batch.map((one) => [one.title, one] as const))("%s", async (_title, conversation) => {
    person.always(conversation.answer === "none" ? "ignore" : conversation.answer);
    const { sent, answered } = await replay(conversation, agent.socket, known, settle);
    await agent.demandTraced(sent, answered);
  });
});

// Its account lives on a service in its own process, with a public address. The agent runs in its own process too.
describe.each(batchesGiven("served"))("said to an agent that is served, %i", (_n, batch) => {
  let service: Door;
  let agent: Traced;
  let person: Person;
  let known: ReadonlyMap<string, unknown>;

  beforeAll(async () => {
    agent = await startTraced();
    service = await overLoopback();
    const token = service.registrationToken;
    const where = { service: service.address.origin, ...(token === undefined ? {} : { registrationToken: token }) };
    const kit = await makeAccount(agent, "Ada", where);
    person = await attachPerson(agent);
    person.always("yes");
    known = await makeSample(agent, person.channel, kit);
  });
  afterAll(async () => {
    await agent.remove();
    await service.close();
  });

  test.each(batch.map((one) => [one.title, one] as const))("%s", async (_title, conversation) => {
    person.always(conversation.answer === "none" ? "ignore" : conversation.answer);
    await replayTraced(conversation, agent, known);
  });
});

describe("said to an agent with several accounts", () => {
  let agent: Traced;
  const persons: Person[] = [];
  const known = new Map<string, unknown>([["$anyKey", anyKey]]);

  beforeAll(async () => {
    agent = await startTraced();
    const ada = await makeAccount(agent);
    const channel = await agent.connect();
    const proof = { kind: "password", password: PASSWORD } as const;
    const make = (name: string, password: string) =>
      channel.call("accounts.create", { name, password, pin: PIN, approvers: [], proof });
    const work = await make("Work", WORK_PASSWORD);
    const gone = async (name: string) => {
      const kit = await make(name, "long enough");
      const { handle } = await channel.call("accounts.backup", { account: name, password: "long enough" });
      known.set(`$${name.toLowerCase()}Backup`, (await channel.call("files.readChunk", { handle })).content);
      await channel.call("accounts.remove", { account: kit.account, password: "long enough" });
      return kit;
    };
    const kits = { work, away: await gone("Away"), twin: await gone("Twin") };
    await make("Twin", "long enough");
    for (const [name, value] of Object.entries({ account: ada.account, user: ada.user, secretKey: ada.secretKey }))
      known.set(`$${name}`, value);
    for (const [name, { account, user, secretKey }] of Object.entries(kits))
      known.set(`$${name}`, account).set(`$${name}User`, user).set(`$${name}Key`, secretKey);
    persons.push(await attachPerson(agent), await attachPerson(agent, WORK_PASSWORD, "Work"));
    channel.close();
  });
  afterAll(() => agent.remove());

  test.each(all.filter((one) => one.given === "several").map((one) => [one.title, one] as const))(
    "%s",
    async (_title, conversation) => {
      for (const person of persons) person.always(conversation.answer === "none" ? "ignore" : conversation.answer);
      await replayTraced(conversation, agent, known);
    },
  );
});

describe("said to an agent without an account", () => {
  let signedOut: Traced;
  beforeAll(async () => {
    signedOut = await startTraced();
  });
  afterAll(() => signedOut.remove());

  test.each(all.filter((one) => one.given === "signedOut").map((one) => [one.title, one] as const))(
    "%s",
    async (_title, conversation) => {
      await replayTraced(conversation, signedOut);
    },
  );

  test.each(all.filter((one) => one.given.startsWith("signedOut-")).map((one) => [one.title, one] as const))(
    "%s",
    async (_title, conversation) => {
      const agent = await startTraced();
      await replayTraced(conversation, agent).finally(() => agent.remove());
    },
  );
});

describe("said to an agent whose service came back with an empty store", () => {
  let agent: Traced;
  let service: Door;
  beforeAll(async () => {
    agent = await startTraced();
    const before = await overLoopback();
    const origin = before.address.origin;
    await makeAccount(agent, "Ada", { service: origin, registrationToken: before.registrationToken ?? "" });
    const channel = await agent.connect();
    await channel.call("session.lock", {});
    channel.close();
    await before.close();
    service = await overLoopback(Number(new URL(origin).port));
  });
  afterAll(async () => {
    await agent.remove();
    await service.close();
  });

  test.each(all.filter((one) => one.given === "replaced").map((one) => [one.title, one] as const))(
    "%s",
    async (_title, conversation) => {
      await replayTraced(conversation, agent);
    },
  );
});

describe("answered to the TypeScript client", () => {
  let peer: ScriptedPeer;
  beforeAll(async () => {
    peer = await startScriptedPeer(all, "hello");
  });
  afterAll(() => peer.close());

  test.each(all.map((one, index) => [one.title, one, index] as const))("%s", async (_title, conversation, index) => {
    const channel = await openChannel(peer.socket, { name: nameOf(index), version: "1" });
    for (const { method, params, expected } of exchangesOf(conversation)) {
      const outcome = await channel.call(method as never, params as never).then(
        (result: unknown) => ({ result }),
        (error: unknown) => ({ error }),
      );
      if ("result" in expected) expect(outcome).toEqual(expected);
      else {
        const { error } = outcome as { error: unknown };
        expect(error).toBeInstanceOf(errorClasses[expected.errorName] ?? PosternError);
        expect((error as PosternError).errorName).toBe(expected.errorName);
      }
    }
    channel.close();
    expect(peer.differences.get(conversation.file)).toBeUndefined();
  });
});
