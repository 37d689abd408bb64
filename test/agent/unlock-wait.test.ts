// Calls on a locked account wait until a person unlocks it. The test moves the agent's clock.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PROMPT_MS } from "../../daemon/approval/broker.ts";
import { TOLD_MS } from "../../daemon/approval/unlock-telling.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, makeWork, PASSWORD, type Person, WORK_PASSWORD } from "./person.ts";
import { openSdk } from "./sdk-raw.ts";

const reference = "op://Demo/login/password";
const integration = { integrationName: "app", integrationVersion: "1" };

type Notice = { readonly method: string; readonly params: Readonly<Record<string, unknown>> };

/** A program that is subscribed, with a client whose calls wait. */
type Program = {
  readonly channel: Channel;
  readonly client: string;
  readonly heard: Notice[];
  /** Resolves at the next notification of this name. */
  next(method: string): Promise<Notice["params"]>;
  resolve(more?: object, options?: object): Promise<string>;
};

let agent: InProcessAgent;
let person: Person;
let account: string;

const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);

async function openProgram(opening: object = {}): Promise<Program> {
  const channel = await agent.connect();
  const heard: Notice[] = [];
  const waiting: { method: string; go: (params: Notice["params"]) => void }[] = [];
  channel.onNotification((method, params) => {
    heard.push({ method, params });
    for (const one of waiting.filter((it) => it.method === method)) one.go(params);
  });
  await channel.call("agent.subscribe", {});
  const { client } = await channel.call("clients.open", { ...integration, waitForUnlock: true, ...opening });
  return {
    channel,
    client,
    heard,
    next: (method) => new Promise((go) => waiting.push({ method, go })),
    resolve: async (more, options) => {
      const { secret } = await channel.call("secrets.resolve", { client, reference, ...more }, options);
      return secret;
    },
  };
}

const outcomeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.catch((error: { errorName?: string; message: string }) => error.errorName ?? error.message);

async function withChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await agent.connect();
  return run(work(channel)).finally(() => channel.close());
}
const lock = () => withChannel((channel) => channel.call("session.lock", {}));
const unlock = (named: { account?: string } = {}, password = PASSWORD) =>
  withChannel((channel) => channel.call("session.unlock", { password, ...named }));

/** The person unlocks, attaches again, and says yes to whatever is asked. */
async function unlockAndApprove(): Promise<void> {
  await unlock();
  person = await run(attachPerson(agent));
  person.always("yes");
  const isUnseen = ({ prompt }: { prompt: string }) => !person.seen.some((seen) => seen.prompt === prompt);
  const { prompts } = await run(
    person.channel.call("prompts.list", { proof: { kind: "password", password: PASSWORD } }),
  );
  for (const prompt of prompts.filter(isUnseen)) await run(person.yes(prompt as never));
}

beforeEach(async () => {
  agent = await startInProcess();
  ({ account } = await run(makeAccount(agent)));
  person = await run(attachPerson(agent));
  person.always("yes");
  const { id: vaultId } = await run(person.channel.call("vaults.create", { title: "Demo" }));
  const field = { id: "password", title: "password", fieldType: "Concealed", value: "hunter2" } as const;
  const item = { vaultId, title: "login", category: "Login" as const, fields: [field] };
  await run(person.channel.call("items.create", { item }));
});
afterEach(() => agent.close());

describe("a call on a locked account", () => {
  test("waits, says until when, and goes on after the unlock with a prompt of its own", async () => {
    await lock();
    const program = await openProgram();
    const begun = program.next("unlock.awaited");
    const waiting = program.resolve();
    const expiresAt = new Date(agent.clock.wallMs() + PROMPT_MS).toISOString();
    expect(await begun).toEqual({ request: expect.any(Number), expiresAt });
    await unlockAndApprove();
    expect(await run(waiting)).toBe("hunter2");
    expect(program.heard.map(({ method }) => method)).toContain("prompt.opened");
  });

  test("fails as locked at the deadline", async () => {
    await lock();
    const program = await openProgram();
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve());
    await begun;
    agent.clock.advance(PROMPT_MS);
    expect(await waiting).toBe("locked");
  });

  test("fails at the deadline under no name at which an official client would wait once more", async () => {
    await lock();
    // The agent tells an official client nothing while it waits, and so the test hears it as the approver.
    const begun = new Promise<void>((resolve) =>
      person.channel.onNotification((method) => method === "unlock.awaited" && resolve()),
    );
    const own = await openSdk(agent.socket);
    const waiting = own.invoke(await own.init(), "SecretsResolve", { secret_reference: reference });
    await begun;
    agent.clock.advance(PROMPT_MS);
    expect(await waiting).toEqual({
      failure: { name: "locked", message: "the account is locked (run `postern unlock`)" },
    });
    own.close();
  });

  test("fails at once with noWait", async () => {
    await lock();
    const program = await openProgram();
    expect(await outcomeOf(program.resolve({ noWait: true }))).toBe("locked");
    expect(program.heard).toEqual([]);
  });

  test("fails at once where its client did not ask to wait", async () => {
    await lock();
    const program = await openProgram({ waitForUnlock: undefined });
    expect(await outcomeOf(program.resolve())).toBe("locked");
  });

  test("fails at once where it names no client", async () => {
    await lock();
    const program = await openProgram();
    expect(await outcomeOf(program.resolve({ client: undefined }))).toBe("locked");
  });

  test("fails at once with a token", async () => {
    const vaults = [{ vault: "Demo", permissions: ["read_items" as const] }];
    const asked = { password: PASSWORD, title: "bot", vaults };
    const { token } = await run(person.channel.call("serviceAccounts.create", asked));
    const program = await openProgram({ token });
    await lock();
    expect(await outcomeOf(run(program.resolve()))).toBe("locked");
  });

  test("ends when it is cancelled, and a later one still waits", async () => {
    await lock();
    const program = await openProgram();
    const stop = new AbortController();
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve({}, { signal: stop.signal }));
    await begun;
    stop.abort(new Error("enough"));
    expect(await waiting).toBe("enough");
    const begunAgain = program.next("unlock.awaited");
    const later = program.resolve();
    await begunAgain;
    await unlockAndApprove();
    expect(await run(later)).toBe("hunter2");
  });

  test("asks nobody when its connection has ended before the unlock", async () => {
    await lock();
    const program = await openProgram();
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve());
    await begun;
    program.channel.close();
    expect(await waiting).toMatch(/closed/);
    await unlockAndApprove();
    expect(person.seen).toEqual([]);
  });

  test("fails as locked when the account is removed", async () => {
    await lock();
    const program = await openProgram();
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve());
    await begun;
    await withChannel((channel) => channel.call("accounts.remove", { account, password: PASSWORD }));
    expect(await run(waiting)).toBe("locked");
  });

  test("ends when the agent stops", async () => {
    await lock();
    const program = await openProgram();
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve());
    await begun;
    await agent.close();
    expect(await waiting).toMatch(/connection/);
    agent = await startInProcess();
  });

  test("delays no other call", async () => {
    await lock();
    const program = await openProgram();
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve());
    await begun;
    expect(await program.channel.call("agent.status", {})).toMatchObject({ state: "locked" });
    program.channel.close();
    await waiting;
  });
});

describe("a client that was open", () => {
  test("is told of the lock once, and then its calls wait", async () => {
    const program = await openProgram();
    expect(await run(program.resolve())).toBe("hunter2");
    await lock();
    expect(await outcomeOf(program.resolve())).toBe("locked");
    const begun = program.next("unlock.awaited");
    const waiting = program.resolve();
    await begun;
    await unlockAndApprove();
    expect(await run(waiting)).toBe("hunter2");
    await lock();
    expect(await outcomeOf(program.resolve())).toBe("locked");
  });

  test("is told by the call whose prompt the lock ended", async () => {
    const program = await openProgram();
    await lock();
    await unlock();
    const shown = program.next("prompt.opened");
    const waiting = outcomeOf(program.resolve());
    await run(shown);
    await lock();
    expect(await waiting).toBe("locked");
    const begun = program.next("unlock.awaited");
    const next = program.resolve();
    await begun;
    await unlockAndApprove();
    expect(await run(next)).toBe("hunter2");
  });
});

describe("the approvers of a locked account", () => {
  const awaited = (heard: readonly Notice[]) => heard.filter(({ method }) => method === "unlock.awaited");

  test("are told once in ten minutes, with the account alone", async () => {
    const heard: Notice[] = [];
    person.channel.onNotification((method, params) => void heard.push({ method, params }));
    await lock();
    const begun = agent.clock.wallMs();
    for (let passed = 0; passed <= TOLD_MS; passed += PROMPT_MS) {
      const program = await openProgram();
      const begins = program.next("unlock.awaited");
      const waiting = outcomeOf(program.resolve());
      await begins;
      // An answer to the approver itself comes after whatever it was told.
      await person.channel.call("agent.status", {});
      expect(awaited(heard)).toHaveLength(passed < TOLD_MS ? 1 : 2);
      agent.clock.advance(PROMPT_MS);
      expect(await waiting).toBe("locked");
      program.channel.close();
    }
    const expiresAt = new Date(begun + PROMPT_MS).toISOString();
    expect(awaited(heard)[0]?.params).toEqual({ account, expiresAt });
  });

  test("hear nothing of a call that does not wait", async () => {
    const heard: Notice[] = [];
    person.channel.onNotification((method, params) => void heard.push({ method, params }));
    await lock();
    const program = await openProgram();
    await outcomeOf(program.resolve({ noWait: true }));
    await person.channel.call("agent.status", {});
    expect(awaited(heard)).toEqual([]);
  });
});

describe("a name that no account has", () => {
  test("waits as the name of a locked account does, and fails as it does", async () => {
    await run(makeWork(agent));
    await lock();
    const told = [];
    for (const name of ["Work", "Nobody"]) {
      const program = await openProgram({ account: name });
      const begun = program.next("unlock.awaited");
      const waiting = outcomeOf(program.resolve());
      await begun;
      agent.clock.advance(PROMPT_MS);
      told.push({ outcome: await waiting, heard: program.heard.map(({ method }) => method) });
      expect(await outcomeOf(program.resolve({ noWait: true }))).toBe("locked");
    }
    expect(told[0]).toEqual({ outcome: "locked", heard: ["unlock.awaited"] });
    expect(told[1]).toEqual(told[0]);
  });

  test("is denied after an unlock, as a call that was made then", async () => {
    await run(makeWork(agent));
    await lock();
    const program = await openProgram({ account: "Nobody" });
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve());
    await begun;
    await unlockAndApprove();
    expect(await run(waiting)).toBe("approvalDenied");
  });

  test("beside it, a locked account waits for its own unlock", async () => {
    await run(makeWork(agent));
    await lock();
    const program = await openProgram({ account: "Work" });
    const begun = program.next("unlock.awaited");
    const waiting = outcomeOf(program.resolve());
    await begun;
    await unlock();
    await program.channel.call("agent.status", {});
    expect(program.heard.filter(({ method }) => method === "prompt.opened")).toEqual([]);
    const shown = program.next("prompt.opened");
    await unlock({ account: "Work" }, WORK_PASSWORD);
    await run(shown);
    program.channel.close();
    await waiting;
  });
});
