// Tests the refusals that many methods share, for every method that lists them. Each test replays a method's golden conversation up to its call, then
// causes the trouble, then makes the call. If a listed error never came, REFERENCE.md would lie.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROMPT_MS } from "../../daemon/approval/broker.ts";
import { COOL_DOWN_MS, OPEN_PER_FAMILY } from "../../daemon/approval/quotas.ts";
import { IDLE_MS } from "../../daemon/session/idle.ts";
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import type { ErrorName } from "../../protocol/errors.ts";
import { type InProcessAgent, passing, startInProcess } from "../agent/in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { openRaw, type Raw } from "../agent/raw.ts";
import { type Conversation, conversations, difference, filled } from "../golden/conversation.ts";
import { inProcess } from "../service/doors.ts";
import { hasTool } from "../tools.ts";

const methods = Object.keys(catalogue) as MethodName[];
const lists = (method: MethodName, error: ErrorName) => (catalogue[method].errors as readonly string[]).includes(error);
const listing = (error: ErrorName) => methods.filter((method) => lists(method, error));
const anyId = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/** A method's call in a conversation, with the steps before it. */
type Way = { readonly conversation: Conversation; readonly before: Conversation["steps"]; readonly params: object };

const ways = new Map<MethodName, Way>();
// Prefer a conversation of the method's own group. Other groups may use the method for something else.
const own = (one: Conversation, method: MethodName) => one.file.startsWith(`${method.split(".")[0]}-`);
for (const conversation of conversations().filter(({ given }) => given === "unlocked" || given === "served")) {
  for (const [index, step] of conversation.steps.entries()) {
    const { method, params = {} } = step.message as { method?: MethodName; params?: object };
    const goesWell = (conversation.steps[index + 1]?.message as { result?: object } | undefined)?.result !== undefined;
    if (step.from !== "client" || method === undefined || !goesWell) continue;
    const known = ways.get(method)?.conversation;
    if (known === undefined || (!own(known, method) && own(conversation, method)))
      ways.set(method, { conversation, before: conversation.steps.slice(0, index), params });
  }
}

/** A call whose names have no values, for refusals that come before the agent looks anything up. */
function blind(method: MethodName): object {
  const example = catalogue[method].example.params as object;
  const params = besides.has(method) ? example : (ways.get(method)?.params ?? example);
  const filledIn = JSON.stringify(params).replaceAll(/"\$[A-Za-z]+"/g, JSON.stringify(anyId));
  return { ...(JSON.parse(filledIn) as object), ...proofs(method, PASSWORD) };
}

/** The methods that need a proof of the default account in addition to their own rules. */
const besides: ReadonlySet<MethodName> = new Set([
  "accounts.create",
  "accounts.serviceInfo",
  "accounts.signIn",
  "accounts.openRestore",
  "accounts.setDefault",
]);

/** The proof of these is an assertion. It answers a challenge, and cannot be guessed: agent/authenticators.test.ts. */
const asserted: ReadonlySet<MethodName> = new Set([
  "authenticators.register",
  "authenticators.enableUnlock",
  "authenticators.unlock",
]);

/** The params that carry a proof with this password. */
function proofs(method: MethodName, password: string): object {
  const proof = { kind: "password", password } as const;
  if (method === "accounts.setDefault") return { proof, newProof: proof };
  if (besides.has(method)) return { proof };
  return catalogue[method].need.kind === "proof" && !asserted.has(method) ? { password } : {};
}

/** Methods that need an unlocked account. The others make an account, open it, or remove it. */
const inAnAccount = (method: MethodName) => !startsOne.has(method) && !opensItself.has(method);
const opensItself: ReadonlySet<MethodName> = new Set(["session.unlock", "accounts.remove", "authenticators.unlock"]);
const startsOne: ReadonlySet<MethodName> = new Set(["accounts.create", "accounts.signIn", "accounts.restore"]);

type Stage = { readonly agent: InProcessAgent; readonly person: Person; readonly known: ReadonlyMap<string, unknown> };

async function stage(agent: InProcessAgent): Promise<Stage> {
  const kit = await passing(agent, makeAccount(agent));
  const person = await passing(agent, attachPerson(agent));
  person.always("yes");
  const vault = await passing(agent, person.channel.call("vaults.create", { title: "Demo" }));
  const field = { id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" };
  const made = { vaultId: vault.id, title: "DB", category: "Password" as const, fields: [field] };
  const item = await passing(agent, person.channel.call("items.create", { item: made }));
  const other = { ...made, title: "Other" };
  await passing(agent, person.channel.call("items.create", { item: other }));
  const names = { account: kit.account, user: kit.user, secretKey: kit.secretKey, vault: vault.id, item: item.id };
  return { agent, person, known: new Map(Object.entries(names).map(([name, value]) => [`$${name}`, value])) };
}

async function ask(agent: InProcessAgent, raw: Raw, method: MethodName, params: object): Promise<string> {
  const answer = await passing(agent, raw.ask({ jsonrpc: "2.0", id: 99, method, params }));
  return (answer as { error?: { data: { name: string } } }).error?.data.name ?? "answered";
}

/** Replays a conversation up to its call. The returned function makes the call and returns its outcome. */
async function ledUp({ agent, known }: Stage, method: MethodName): Promise<() => Promise<string>> {
  const way = ways.get(method);
  const names = new Map(known);
  const raw = await openRaw(agent.socket);
  for (const step of way?.before ?? []) {
    if (step.from === "client") raw.send(`${JSON.stringify(filled(step.message, names))}\n`);
    else expect(difference(step.message, await passing(agent, raw.next()), names)).toBeUndefined();
  }
  const params = way === undefined ? blind(method) : (filled(way.params, names) as object);
  return () => ask(agent, raw, method, params).finally(() => raw.close());
}

async function relock({ agent, person }: Stage): Promise<void> {
  agent.clock.advance(IDLE_MS + 1);
  await person.channel.call("session.lock", {});
  await passing(agent, person.channel.call("session.unlock", { password: PASSWORD }));
  // A lock also detaches approvers.
  const proof = { kind: "password", password: PASSWORD } as const;
  await passing(agent, person.channel.call("prompts.attach", { proof }));
}

/** Removes everything that conversations have made, so that each one starts from the same state. */
async function tidy({ agent, person, known }: Stage): Promise<void> {
  const vaultId = known.get("$vault") as string;
  const { items } = await passing(agent, person.channel.call("items.list", { vaultId }));
  for (const { id, title } of items)
    if (title !== "DB" && title !== "Other")
      await passing(agent, person.channel.call("items.delete", { vaultId, itemId: id }));
}

describe("every method that needs a grant lists what the gate may answer:", () => {
  const gate: readonly ErrorName[] = [
    "signedOut",
    "locked",
    "clientNotFound",
    "approvalRequired",
    "approvalDenied",
    "approvalTimedOut",
    "promptQuota",
    "coolingDown",
    "auditUnwritable",
  ];
  test.each(methods.filter((method) => catalogue[method].need.kind === "grant"))("%s", (method) => {
    expect(gate.filter((error) => !lists(method, error))).toEqual([]);
  });
});

describe("without an account", () => {
  let agent: InProcessAgent;
  beforeAll(async () => {
    agent = await startInProcess();
  });
  afterAll(() => agent.close());

  test.each(listing("signedOut"))("%s answers signedOut", async (method) => {
    const raw = await openRaw(agent.socket);
    expect(await ask(agent, raw, method, blind(method))).toBe("signedOut");
    raw.close();
  });

  test.each(listing("offline").filter((method) => startsOne.has(method)))(
    "%s answers offline while the service is away, and the agent has no account after it",
    async (method) => {
      const other = await startInProcess();
      const channel = await other.connect();
      const kit = await channel.call("accounts.create", { name: "Ada", password: PASSWORD });
      const { handle: backup } = await channel.call("accounts.backup", { password: PASSWORD });
      const { content } = await channel.call("files.readChunk", { handle: backup });
      const raw = await openRaw(agent.socket);
      const { result } = await raw.ask({ jsonrpc: "2.0", id: 1, method: "accounts.openRestore", params: {} });
      const { handle } = result as { handle: string };
      await raw.ask({ jsonrpc: "2.0", id: 2, method: "files.writeChunk", params: { handle, content } });
      const { account, user, secretKey } = kit;
      const params: Record<string, object> = {
        "accounts.create": { name: "Ada", password: PASSWORD },
        "accounts.signIn": { account, user, secretKey, password: PASSWORD },
        "accounts.restore": { handle, secretKey, password: PASSWORD },
      };
      agent.setMood("away");
      expect(await ask(agent, raw, method, params[method] ?? {})).toBe("offline");
      agent.setMood("well");
      expect(await ask(agent, raw, "accounts.openRestore", {})).toBe("answered");
      raw.close();
      channel.close();
      await other.close();
    },
  );

  test("accounts.signIn answers sealBroken where the service lies", async () => {
    const other = await startInProcess();
    const channel = await other.connect();
    const { account, user, secretKey } = await channel.call("accounts.create", { name: "Ada", password: PASSWORD });
    const second = await startInProcess(undefined, other.service);
    const raw = await openRaw(second.socket);
    second.setMood("lying");
    const params = { account, user, secretKey, password: PASSWORD };
    expect(await ask(second, raw, "accounts.signIn", params)).toBe("sealBroken");
    second.setMood("well");
    expect(await ask(second, raw, "accounts.signIn", params)).toBe("answered");
    raw.close();
    channel.close();
    await second.close();
    await other.close();
  });
});

describe("with an account", () => {
  let set: Stage;
  beforeAll(async () => {
    set = await stage(await startInProcess());
  });
  afterAll(() => set.agent.close());

  const blindly = async (method: MethodName, more: object = {}) => {
    const raw = await openRaw(set.agent.socket);
    const asking = catalogue[method].need.kind === "manageOrProof" ? { ask: true } : {};
    const answer = ask(set.agent, raw, method, { ...(filled(blind(method), set.known) as object), ...asking, ...more });
    return { answer, raw };
  };

  test.each(listing("clientNotFound"))("%s answers clientNotFound to a client that is not open", async (method) => {
    const { answer, raw } = await blindly(method, { client: "none" });
    expect(await answer).toBe("clientNotFound");
    raw.close();
  });

  // To a yes the policy answers it: agent/policy.test.ts.
  const asking = listing("approvalDenied").filter((method) => method !== "prompts.answer");
  test.each(asking)("%s tells how the person's answer went", async (method) => {
    const { agent, person } = set;
    await relock(set);
    const outcome = async (more: object = {}) => {
      const { answer, raw } = await blindly(method, more);
      return answer.finally(() => raw.close());
    };
    if (lists(method, "approvalRequired")) expect(await outcome({ noWait: true })).toBe("approvalRequired");
    person.always("no");
    expect([await outcome(), await outcome(), await outcome()]).toEqual([
      "approvalDenied",
      "approvalDenied",
      "coolingDown",
    ]);
    agent.clock.advance(COOL_DOWN_MS);
    person.always("ignore");
    const shown = person.next();
    const late = outcome();
    await passing(agent, shown);
    agent.clock.advance(PROMPT_MS);
    expect(await late).toBe("approvalTimedOut");
    const open: Raw[] = [];
    for (let index = 0; index < OPEN_PER_FAMILY; index++) {
      const next = person.next();
      const raw = await openRaw(agent.socket);
      raw.send(
        `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "items.get", params: { vaultId: anyId, itemId: `none ${index}` } })}\n`,
      );
      await passing(agent, next);
      open.push(raw);
    }
    expect(await outcome()).toBe("promptQuota");
    for (const raw of open) raw.close();
    while ((await person.channel.call("agent.status", {})).openPrompts > 0);
    person.always("yes");
    // A yes ends the series of refusals.
    await passing(agent, person.channel.call("grants.list", { ask: true }));
  });

  const typed = listing("proofRefused").filter((method) => method !== "prompts.answer" && !asserted.has(method));
  test.each(typed)("%s refuses a wrong password, and then makes it wait", async (method) => {
    await relock(set);
    const inProof = { proof: { kind: "password", password: "wrong" } };
    const more = catalogue[method].need.kind === "manageOrProof" ? inProof : proofs(method, "wrong password");
    const outcomes: string[] = [];
    for (let index = 0; index < 4; index++) {
      const raw = await openRaw(set.agent.socket);
      outcomes.push(await ask(set.agent, raw, method, { ...(filled(blind(method), set.known) as object), ...more }));
      raw.close();
    }
    expect(outcomes).toEqual(["proofRefused", "proofRefused", "proofRefused", "tryLater"]);
  });

  // The service checks only a call with a token: agent/tokens.test.ts covers it. With an account present, the agent does not ask the service for a
  // new one. A restore asks the service only when the account that it replaces is locked. A later test covers that.
  const elsewhere: readonly MethodName[] = ["clients.open", "accounts.serviceInfo", "accounts.openRestore"];
  const goesThere = (method: MethodName) => inAnAccount(method) && !elsewhere.includes(method);
  test.each(listing("offline").filter(goesThere))("%s answers offline while the service is away", async (method) => {
    expect(await inTrouble(method, "away")).toContain("offline");
  });

  test.each(listing("sealBroken").filter(inAnAccount))(
    "%s answers sealBroken where the service lies",
    async (method) => {
      expect(await inTrouble(method, "lying")).toContain("sealBroken");
    },
  );

  test.each([
    ["session.unlock", "offline", "away"],
    ["session.unlock", "sealBroken", "lying"],
    ["accounts.remove", "offline", "away"],
    ["accounts.remove", "sealBroken", "lying"],
    ["accounts.openRestore", "offline", "away"],
  ] as const)("%s of a locked account answers %s where the service is %s", async (method, error, mood) => {
    expect(lists(method, error)).toBe(true);
    await set.person.channel.call("session.lock", {});
    set.agent.setMood(mood);
    const raw = await openRaw(set.agent.socket);
    const shown = method === "accounts.openRestore" ? { replacePassword: PASSWORD } : { password: PASSWORD };
    expect(await ask(set.agent, raw, method, shown)).toBe(error);
    set.agent.setMood("well");
    raw.close();
  });

  /** Tries once with everything in memory and once freshly unlocked. In the first case a call that does not need the service cannot fail. */
  async function inTrouble(method: MethodName, mood: "away" | "lying"): Promise<string[]> {
    const outcomes: string[] = [];
    for (const fresh of [false, true]) {
      await relock(set);
      await tidy(set);
      const call = await ledUp(set, method);
      if (fresh) await relock(set);
      set.agent.setMood(mood);
      outcomes.push(await call());
      set.agent.setMood("well");
    }
    return outcomes;
  }

  // Idleness does not end a token's session, but a lock does: agent/tokens.test.ts.
  const idles = (method: MethodName) => method !== "serviceAccounts.rateLimit";
  test.each(listing("locked").filter(idles))("%s answers locked once the account is", async (method) => {
    await relock(set);
    await tidy(set);
    // These methods need nothing from the account except its proof.
    const call = besides.has(method) ? async () => (await blindly(method)).answer : await ledUp(set, method);
    set.agent.clock.advance(IDLE_MS + 1);
    expect(await call()).toBe("locked");
  });
});

describe.skipIf(process.getuid?.() !== 0 || !hasTool("mount"))("with a full disk (needs root to mount)", () => {
  function smallDisk(): { folder: string; fill(): void; remove(): void } {
    const folder = mkdtempSync(join(tmpdir(), "postern-full-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", folder]).status).toBe(0);
    return {
      folder,
      fill: () => {
        const { bavail, bsize } = statfsSync(folder);
        writeFileSync(join(folder, "filler"), new Uint8Array(bavail * bsize));
      },
      remove: () => {
        spawnSync("umount", ["-l", folder]);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }

  test("what keeps something answers diskFull where the service's disk is full, and the rest goes on", async () => {
    const disk = smallDisk();
    const service = await inProcess(mkdtempSync(join(disk.folder, "service-")));
    const agent = await startInProcess(undefined, service);
    const set = await stage(agent);
    const calls: [MethodName, () => Promise<string>][] = [];
    // The agent itself stores an incoming backup, so its own disk fills up: daemon/transfer/spool.test.ts.
    const atService = listing("diskFull").filter((method) => ways.has(method) && method !== "accounts.openRestore");
    for (const method of atService) calls.push([method, await ledUp(set, method)]);
    disk.fill();
    const outcomes: [MethodName, string][] = [];
    for (const [method, call] of calls) outcomes.push([method, await call()]);
    expect(outcomes).toEqual(calls.map(([method]) => [method, "diskFull"]));
    rmSync(join(disk.folder, "filler"));
    await agent.close();
    await service.close();
    disk.remove();
  });

  test("nothing is answered that cannot be recorded", async () => {
    const disk = smallDisk();
    const agent = await startInProcess(mkdtempSync(join(disk.folder, "home-")));
    const set = await stage(agent);
    const calls: [MethodName, () => Promise<string>][] = [];
    for (const method of listing("auditUnwritable")) calls.push([method, await ledUp(set, method)]);
    disk.fill();
    // The record of the first call meets the full disk, and its error says so. From then on the agent knows that it cannot write the log.
    for (let outcome = ""; outcome !== "auditUnwritable"; )
      outcome = await set.person.channel.call("vaults.list", {}).then(
        () => {
          agent.clock.advance(1000);
          return "";
        },
        (error: { errorName: string }) => error.errorName,
      );
    const outcomes: [MethodName, string][] = [];
    for (const [method, call] of calls) outcomes.push([method, await call()]);
    expect(outcomes).toEqual(calls.map(([method]) => [method, "auditUnwritable"]));
    // Once there is room, the agent goes on from where it stood, and the log has lost nothing.
    rmSync(join(disk.folder, "filler"));
    expect((await set.person.channel.call("vaults.list", {})).vaults.length).toBeGreaterThan(0);
    const verdict = await set.person.channel.call("audit.verify", { proof: { kind: "password", password: PASSWORD } });
    expect(verdict.problems).toEqual([]);
    await agent.close();
    disk.remove();
  });
});
