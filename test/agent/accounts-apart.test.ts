// Two accounts on one agent, and a program that may do everything in one of them. The program sends each method of the catalogue with the other
// account's ids or name, or with the proof of the first account. It learns, changes and ends nothing of the other account.
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN, WORK_PASSWORD } from "./person.ts";
import { openRaw, type Raw } from "./raw.ts";

/** This mark is in every name, title and value of the other account. */
const MARK = "zq7mark";

type Answer = { id?: unknown; result?: Record<string, unknown>; error?: { data: { name: string } }; method?: string };

/** Another program, with the other account and its grants. */
type Program = {
  readonly pid: number;
  call(method: MethodName, params?: object): Promise<Record<string, unknown>>;
  end(): void;
};

function otherProgram(agent: InProcessAgent): Program {
  const child: ChildProcess = spawn("nc", ["-U", agent.socket], { stdio: ["pipe", "pipe", "ignore"] });
  const waiting = new Map<number, (answer: Answer) => void>();
  let next = 1;
  let held = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    held += text;
    for (let at = held.indexOf("\n"); at !== -1; at = held.indexOf("\n")) {
      const line = JSON.parse(held.slice(0, at)) as Answer & { params?: Record<string, string> };
      held = held.slice(at + 1);
      waiting.get(Number(line.id))?.(line);
      if (line.method === "prompt.opened" && line.params?.text !== undefined && approves) approve(line.params);
    }
  });
  let approves = true;
  const say = (method: string, params: object) =>
    new Promise<Answer>((resolve) => {
      const id = next++;
      waiting.set(id, resolve);
      child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  const approve = ({ prompt, hash }: Record<string, string>) =>
    void say("prompts.answer", { prompt, hash, answer: "yes", proof: { kind: "pin", pin: PIN } });
  return {
    pid: child.pid ?? expect.fail("it was not started"),
    call: async (method, params = {}) => {
      if (method === "prompts.attach") approves = true;
      const { result, error } = await passing(agent, say(method, params));
      if (error !== undefined) throw new Error(`${method}: ${error.data.name}`);
      return result ?? {};
    },
    end: () => void child.kill("SIGKILL"),
  };
}

type Ids = Readonly<Record<string, string>>;
type Call = (method: MethodName, params?: object) => Promise<Record<string, unknown>>;

async function filled(call: Call, password: string, name: string): Promise<Ids> {
  const idIn = (made: Record<string, unknown>, key = "id") => String(made[key]);
  const vault = idIn(await call("vaults.create", { title: name }));
  const fields = [{ id: "password", title: "password", fieldType: "Concealed", value: `${name} value` }];
  const item = idIn(
    await call("items.create", {
      item: { vaultId: vault, title: name, category: "Password", fields, sections: [{ id: "", title: "" }] },
    }),
  );
  const variables = [{ name: "KEY", value: `${name} variable`, masked: true }];
  const environment = idIn(await call("environments.create", { title: name, variables }));
  const group = idIn(await call("groups.create", { title: name }));
  const vaults = [{ vault: name, permissions: ["read_items"] }];
  const bot = await call("serviceAccounts.create", { password, title: name, vaults });
  const { handle } = await call("accounts.backup", { password });
  const { devices } = (await call("devices.list", { password })) as { devices: { device: string }[] };
  return {
    ...{ vault, item, environment, group, name, handle: String(handle), device: devices[0]?.device ?? "" },
    bot: idIn(bot, "serviceAccountId"),
  };
}

let agent: InProcessAgent;
let person: Person;
let asker: Raw;
let worker: Program;
let ada: Ids;
let work: Ids;
let clients: { ada: string; work: string };
let asked = 0;
/** Notifications that the asker received and that no check has read yet. */
const heard: Answer[] = [];

const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);
const proofOf = (password: string) => ({ kind: "password", password });

async function say(method: MethodName, params: object): Promise<Answer> {
  const id = ++asked;
  asker.send(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
  for (;;) {
    const line = (await run(asker.next())) as Answer | undefined;
    if (line === undefined) throw new Error("the agent closed the connection");
    if (line.id === id) return line;
    heard.push(line);
  }
}

async function granted(method: MethodName, params: object = {}): Promise<Record<string, unknown>> {
  const { result, error } = await say(method, params);
  if (error !== undefined) throw new Error(`${method}: ${error.data.name}`);
  return result ?? {};
}

async function stage(): Promise<void> {
  agent = await startInProcess();
  const kit = await run(makeAccount(agent));
  person = await run(attachPerson(agent));
  person.always("yes");
  asker = await openRaw(agent.socket);
  ada = { ...(await filled(granted, PASSWORD, "plain")), account: kit.account, user: kit.user, key: kit.secretKey };
  await granted("grants.list", { ask: true });
  worker = otherProgram(agent);
  const made = await worker.call("accounts.create", {
    ...{ name: MARK, password: WORK_PASSWORD, pin: PIN, proof: proofOf(PASSWORD) },
  });
  const account = String(made.account);
  await worker.call("prompts.attach", { account, proof: proofOf(WORK_PASSWORD) });
  const own = { integrationName: "x", integrationVersion: "1" };
  const { client } = await worker.call("clients.open", { account, ...own });
  const inWork: Call = (method, params) =>
    worker.call(method, { ...("password" in (params ?? {}) ? { account } : { client }), ...params });
  work = {
    ...(await filled(inWork, WORK_PASSWORD, MARK)),
    account,
    user: String(made.user),
    key: String(made.secretKey),
  };
  work = { ...work, ...(await ofWorker(client as string)) };
  const idOf = async (named: string) => String((await granted("clients.open", { account: named, ...own })).client);
  clients = { ada: await idOf("Ada"), work: await idOf(MARK) };
}

/** A grant and a client of the other program. */
async function ofWorker(client: string): Promise<Ids> {
  const { grants } = (await worker.call("grants.list", { account: MARK, proof: proofOf(WORK_PASSWORD) })) as {
    grants: { grant: string }[];
  };
  return { grant: grants[0]?.grant ?? expect.fail("no grant in the other account"), client };
}

async function leave(): Promise<void> {
  asker.close();
  worker.end();
  person.leave();
  await agent.close();
}

/** The state of the other account, as its own program sees it. */
async function standing(): Promise<unknown> {
  const whole = { account: work.account, proof: proofOf(WORK_PASSWORD) };
  const { client } = work;
  const asks: readonly (() => Promise<unknown>)[] = [
    () =>
      worker.call("grants.list", whole).then(({ grants }) => (grants as { grant: string }[]).map(({ grant }) => grant)),
    () => worker.call("serviceAccounts.list", whole),
    () =>
      worker
        .call("devices.list", { account: work.account, password: WORK_PASSWORD })
        .then(({ devices }) =>
          (devices as { device: string; name?: string }[]).map(({ device, name }) => [device, name]),
        ),
    () => worker.call("vaults.list", { client, noWait: true }),
    () => worker.call("items.get", { client, vaultId: work.vault, itemId: work.item, noWait: true }),
    () => worker.call("environments.getVariables", { client, environmentId: work.environment, noWait: true }),
    () => worker.call("groups.list", { client, noWait: true }),
    () =>
      worker.call("accounts.list", { client, noWait: true }).then(({ accounts }) =>
        // When the default account is removed, another one becomes the default.
        (accounts as { account: string; name: string; state: string }[])
          .filter(({ account }) => account === work.account)
          .map(({ name, state }) => [name, state]),
      ),
    () =>
      worker
        .call("clients.list", whole)
        .then(({ clients: open }) => (open as { pid: number }[]).filter(({ pid }) => pid === worker.pid).length),
  ];
  // One after another: of the programs without a terminal one proof waits, and the next is busy.
  const told: unknown[] = [];
  for (const ask of asks) told.push(await ask());
  return told;
}

/** The example's parameters, with an account's values for each id and name. The proof is always Ada's. */
function withIds(value: unknown, ids: Ids, key = ""): unknown {
  const byKey: Record<string, unknown> = {
    ...{ vaultId: ids.vault, vault: ids.vault, itemId: ids.item, itemIds: [ids.item], environmentId: ids.environment },
    ...{ groupId: ids.group, serviceAccountId: ids.bot, account: ids.account, user: ids.user, secretKey: ids.key },
    ...{ device: ids.device, handle: ids.handle, grant: ids.grant, password: PASSWORD, replacePassword: PASSWORD },
    ...{ proof: proofOf(PASSWORD), newProof: proofOf(PASSWORD), reference: `op://${ids.name}/${ids.name}/password` },
    ...{ references: [`op://${ids.name}/${ids.name}/password`], service: "http://127.0.0.1:1" },
  };
  if (key in byKey && byKey[key] !== undefined) return byKey[key];
  if (Array.isArray(value)) return value.map((part) => withIds(part, ids));
  if (typeof value !== "object" || value === null) return value;
  const filledIn = Object.entries(value).map(([name, part]) => [name, withIds(part, ids, name)]);
  return Object.fromEntries(filledIn);
}

const takes = (method: MethodName, name: string) =>
  name in ((catalogue[method].params as { properties?: object }).properties ?? {});
const exampleOf = (method: MethodName) => catalogue[method].example.params as object;

/** The values of the other account that an answer contains and the asker did not send. */
function toldOfWork(answer: unknown, sent: object): string[] {
  const text = JSON.stringify(answer);
  const before = JSON.stringify(sent);
  const { account, user, vault, item, environment, group, bot, grant, device, key } = work;
  const secrets = { account, user, vault, item, environment, group, bot, grant, device, key, MARK };
  return Object.entries(secrets).flatMap(([what, id]) =>
    text.includes(id ?? "") && !before.includes(id ?? "") ? [what] : [],
  );
}

const methods = Object.keys(catalogue) as MethodName[];

/** Anybody may call these for any account. They show nothing, and only narrow access. */
const forAnybody: ReadonlySet<MethodName> = new Set(["session.lock", "agent.stop"]);

/** These leave the first account in a state that the other tests cannot use. */
const alone: readonly MethodName[] = ["accounts.remove", "accounts.changePassword", "session.lock"];

/** Sends a method in each way. Demands that the answer shows nothing of the other account, and that the other account is unchanged. */
async function holdsApart(method: MethodName): Promise<void> {
  const before = await standing();
  // Without a name, a lock means every account.
  const named = method === "session.lock" ? { account: ada.account } : {};
  const own = { ...(withIds(exampleOf(method), ada) as object), ...named };
  const theirs = withIds(exampleOf(method), work) as object;
  const noWait = takes(method, "noWait") ? { noWait: true } : {};
  const ways: [how: string, params: object, mayAnswer: boolean][] = [["with what is its own", own, true]];
  if (!forAnybody.has(method)) {
    // The parameters name no account. So they mean the default account, which the asker may use.
    ways.push(["with the other's ids", theirs, true]);
    if (takes(method, "client") && catalogue[method].need.kind === "grant") {
      ways.push(["with the other's client", { ...theirs, client: clients.work, ...noWait }, false]);
      ways.push(["with the other's client and own ids", { ...own, client: clients.work, ...noWait }, false]);
    }
    if (takes(method, "account"))
      for (const account of [work.account, MARK])
        ways.push([`with the account ${account}`, { ...theirs, account }, true]);
  }
  for (const [how, params, mayAnswer] of ways) {
    const answer = await say(method, params);
    // The password of one account counts as a wrong one for the other. The right one, below, resets the count.
    expect({ how, told: toldOfWork([answer, ...heard.splice(0)], params) }).toEqual({ how, told: [] });
    if (!mayAnswer) expect({ how, name: answer.error?.data.name }).toEqual({ how, name: "approvalRequired" });
    expect(await standing()).toEqual(before);
  }
}

describe("a program with every right in one account", () => {
  beforeAll(stage);
  afterAll(leave);

  test.each(methods.filter((method) => !alone.includes(method)))("%s tells and changes nothing of another", holdsApart);
});

describe("a program beside another one's account", () => {
  beforeEach(stage);
  afterEach(leave);

  test("prompts: neither sees, nor answers, nor attaches to those of another", async () => {
    const waits = otherProgram(agent);
    const { client } = await waits.call("clients.open", {
      ...{ account: work.account, integrationName: "x", integrationVersion: "1" },
    });
    // The other account's program does not approve this request. The person who could approve it is away.
    const of = { account: work.account, proof: proofOf(WORK_PASSWORD) };
    worker.end();
    const checker = otherProgram(agent);
    const waiting = waits.call("vaults.list", { client }).catch((error: Error) => error.message);
    const open = async () => (await checker.call("prompts.list", of)).prompts as Record<string, string>[];
    await run(expect.poll(open).toHaveLength(1));
    const [prompt = {}] = await open();
    const ours = proofOf(PASSWORD);
    expect((await granted("prompts.list")).prompts).toEqual([]);
    expect((await granted("prompts.list", { proof: ours })).prompts).toEqual([]);
    // A wrong proof makes the next proof wait.
    const refused = ["proofRefused", "tryLater"];
    const tries: [MethodName, object, string[]][] = [
      ["prompts.list", { code: prompt.code }, ["promptNotFound"]],
      ["prompts.list", { code: prompt.code, account: "Ada", proof: ours }, ["promptNotFound"]],
      ["prompts.list", { code: prompt.code, proof: ours }, refused],
      ["prompts.list", { account: MARK, proof: ours }, refused],
      ["prompts.attach", { account: MARK, proof: ours }, refused],
      ["prompts.answer", { prompt: prompt.prompt, answer: "yes", hash: prompt.hash }, ["proofRequired"]],
    ];
    for (const [method, params, names] of tries) {
      const answer = await say(method, params);
      expect(names).toContain(answer.error?.data.name);
      expect(toldOfWork(answer, params)).toEqual([]);
    }
    agent.clock.advance(60_000);
    const wrongPin = { prompt: prompt.prompt, answer: "yes", hash: prompt.hash, proof: ours };
    expect((await say("prompts.answer", wrongPin)).error?.data.name).toBe("proofRefused");
    agent.clock.advance(30_000);
    expect(await open()).toMatchObject([{ code: prompt.code }]);
    await checker.call("prompts.answer", { prompt: prompt.prompt, answer: "no" });
    expect(await run(waiting)).toMatch(/approvalDenied/);
    waits.end();
    checker.end();
  });

  test("events: is told nothing when another locks", async () => {
    const checker = otherProgram(agent);
    const listener = await openRaw(agent.socket);
    const own = { account: ada.account, integrationName: "x", integrationVersion: "1" };
    await listener.ask({ jsonrpc: "2.0", id: 1, method: "clients.open", params: own });
    await listener.ask({ jsonrpc: "2.0", id: 2, method: "agent.subscribe", params: {} });
    await checker.call("session.lock", { account: work.account });
    await granted("session.lock", { account: ada.account });
    // Notifications come in order. The first one received is about the program's own account.
    const first = await listener.next();
    expect(first).toMatchObject({ method: "session.changed", params: { account: ada.account, state: "locked" } });
    listener.close();
    checker.end();
  });
});

describe("alone with the account that it ends or changes", () => {
  test.each(alone)("%s tells and changes nothing of another", async (method) => {
    await stage();
    await holdsApart(method).finally(leave);
  });
});

test("every method of the catalogue is held against the other account", () => {
  expect(methods.filter((method) => catalogue[method].need.kind === "none" && forAnybody.has(method))).toEqual([
    "agent.stop",
    "session.lock",
  ]);
});
