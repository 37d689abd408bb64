// The policy: a person's approved rules at a real socket, for real programs. `nc` is the program that rules name, since its file runs one program.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { COOL_DOWN_MS } from "../../daemon/approval/quotas.ts";
import { IDLE_MS } from "../../daemon/session/idle.ts";
import { POLICY_BYTES_MAX } from "../../protocol/policy.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, makeWork, PASSWORD, type Person, PIN, WORK_PASSWORD } from "./person.ts";

const nc = realpathSync(execFileSync("which", ["nc"], { encoding: "utf8" }).trim());
const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const ncHash = hashOf(nc);
const reference = "op://Demo/DB/password";
const missing = "op://Demo/Nothing/password";
const proof = { kind: "password", password: PASSWORD } as const;

let agent: InProcessAgent;
let channel: Channel;
let person: Person;
let vault: string;
let item: string;
/** Records of the log that earlier tests have made. */
let before = 0;

const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);
const path = () => join(agent.home, "policy.json");
const write = (policy: object) => writeFileSync(path(), JSON.stringify({ version: 1, ...policy }));
const state = async () => (await channel.call("policy.get", {})).state;

/** Approves the file as it lies there. */
async function approve(password = PASSWORD, account?: string) {
  const named = account === undefined ? {} : { account };
  const { file } = await run(channel.call("policy.get", { ...named }));
  const shown = file === undefined ? {} : { sha256: file.sha256 };
  return run(channel.call("policy.approve", { password, ...shown, ...named }));
}

async function give(policy: object) {
  write(policy);
  expect(await approve()).toEqual({ state: "active" });
}

type Failed = { errorName: string; message: string; hint?: string };
const failureOf = (attempt: Promise<unknown>): Promise<Failed | undefined> =>
  run(
    attempt.then(
      () => undefined,
      (error: Failed) => error,
    ),
  );
const errorOf = async (attempt: Promise<unknown>) => (await failureOf(attempt))?.errorName ?? "none";

type Answer = { result?: { secret: string }; error?: { data: { name: string }; message: string } };

/** Asks as a program of its own. */
function asking(
  request: object,
  { program = nc, words = [], env = {} }: { program?: string; words?: string[]; env?: Record<string, string> } = {},
): Promise<Answer> {
  const child = spawn(program, [...words, "-N", "-U", agent.socket], { stdio: ["pipe", "pipe", "ignore"], env });
  child.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, ...request })}\n`);
  return run(
    new Promise((resolve) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      child.once("close", () => resolve(JSON.parse(text) as Answer));
    }),
  );
}

/** Asks for a secret without waiting for a person. */
const resolving = (wanted = reference, more: Parameters<typeof asking>[1] = {}) =>
  asking({ method: "secrets.resolve", params: { reference: wanted, noWait: true } }, more);
const outcomeOf = ({ result, error }: Answer) => result?.secret ?? error?.data.name;

/** The outcomes in the log that this test has made. */
async function events(event: string) {
  const records = await recorded();
  return records.filter((record) => record.event === event).map(({ outcome }) => outcome);
}

async function recorded() {
  const { records } = await run(channel.call("audit.list", { proof, limit: 1000 }));
  return records.slice(before);
}

/** Lets a person give the test's process a grant. */
async function grant(method: "vaults.list" | "secrets.resolve" = "secrets.resolve") {
  person.always("yes");
  if (method === "vaults.list") await run(channel.call(method, {}));
  else await run(channel.call(method, { reference }));
  person.always("ignore");
}

async function begin() {
  agent = await startInProcess();
  before = 0;
  await makeAccount(agent);
  channel = await agent.connect();
  person = await attachPerson(agent);
  person.always("yes");
  const writer = await agent.connect();
  vault = (await run(writer.call("vaults.create", { title: "Demo" }))).id;
  const field = { id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" };
  const made = { vaultId: vault, title: "DB", category: "Password" as const, fields: [field] };
  item = (await run(writer.call("items.create", { item: made }))).id;
  await run(writer.call("grants.revoke", { all: true, proof }));
  writer.close();
  person.always("ignore");
}
/** Makes the agent as it was, for the next test: no policy and no grant. */
async function tidy() {
  agent.setMood("well");
  rmSync(path(), { recursive: true, force: true });
  await run(channel.call("policy.approve", { password: PASSWORD }));
  await run(channel.call("grants.revoke", { all: true, proof }));
  // Equal records within ten seconds are one record.
  agent.clock.advance(11_000);
  before = 0;
  before = (await recorded()).length;
}
async function end() {
  person.leave();
  channel.close();
  await agent.close();
}

describe("a rule that denies", () => {
  beforeAll(begin);
  afterEach(tidy);
  afterAll(end);

  test("refuses with the error of a person's no, asks nobody, and is in the log with its number", async () => {
    person.always("no");
    const byPerson = await failureOf(channel.call("secrets.resolve", { reference }));
    person.always("ignore");
    await give({ rules: [{ effect: "deny", what: { reference: "op://demo/*/PASSWORD" } }] });
    const seen = person.seen.length;
    const byRule = await failureOf(channel.call("secrets.resolve", { reference }));
    expect(byRule).toMatchObject({ errorName: "approvalDenied" });
    expect({ ...byRule }).toEqual({ ...byPerson });
    expect(byRule?.message).toBe(byPerson?.message);
    expect(person.seen.length).toBe(seen);
    expect(await events("policy.denied")).toEqual(["rule 1"]);
  });

  test("looks nothing up: a thing that is there, one that is not, and a service that is away read alike", async () => {
    await give({ rules: [{ effect: "deny", what: { reference: "op://*/*/*" } }] });
    agent.setMood("away");
    const [there, gone] = [await resolving(reference), await resolving(missing)];
    expect(there).toEqual(gone);
    expect(outcomeOf(there)).toBe("approvalDenied");
  });

  test("beats ask, and ask beats allow, whatever their order", async () => {
    const allow = { effect: "allow", who: { executable: ncHash }, what: { reference } };
    const ask = { effect: "ask", what: { reference } };
    const deny = { effect: "deny", who: { executable: ncHash } };
    const outcomes: (string | undefined)[] = [];
    for (const rules of [[allow], [allow, ask], [ask, allow], [allow, ask, deny], [deny, allow, ask]]) {
      await give({ rules });
      outcomes.push(outcomeOf(await resolving()));
    }
    expect(outcomes).toEqual(["s3cret", "approvalRequired", "approvalRequired", "approvalDenied", "approvalDenied"]);
  });

  test("by ids makes a person's yes a no: the person reads why, the program reads a no", async () => {
    await give({ rules: [{ effect: "deny", what: { vault } }] });
    const shown = person.next();
    const asked = failureOf(channel.call("secrets.resolve", { reference }));
    const prompt = await run(shown);
    expect(prompt.text.at(-1)).toBe("Yes is answered as a no: rule 1 of your policy denies this.");
    const told = await failureOf(person.yes(prompt));
    expect(told).toMatchObject({
      errorName: "approvalDenied",
      message: "rule 1 of your policy denies this; the program was told no",
    });
    const answer = await asked;
    expect(answer).toMatchObject({ errorName: "approvalDenied", message: "the person denied this" });
    expect(answer?.hint).toBeUndefined();
    expect(await events("policy.denied")).toEqual(["rule 1"]);
    // Its two refusals make a program wait.
    agent.clock.advance(COOL_DOWN_MS);
  });

  test("by ids is for what a grant covers too", async () => {
    await grant();
    expect(await errorOf(channel.call("secrets.resolve", { reference, noWait: true }))).toBe("none");
    await give({ rules: [{ effect: "deny", what: { vault, item } }] });
    expect(await errorOf(channel.call("secrets.resolve", { reference, noWait: true }))).toBe("approvalDenied");
    expect(await errorOf(channel.call("items.get", { vaultId: vault, itemId: item, noWait: true }))).toBe(
      "approvalDenied",
    );
  });

  test.each([
    ["as params", () => channel.call("items.get", { vaultId: vault, itemId: item })],
    ["in a reference", () => channel.call("secrets.resolve", { reference: `op://${vault}/anything/password` })],
    ["in capitals", () => channel.call("secrets.resolve", { reference: `op://${vault.toUpperCase()}/DB/password` })],
  ])("by ids refuses ids at once where they were sent %s", async (_how, attempt) => {
    await give({ rules: [{ effect: "deny", what: { vault } }] });
    expect(await errorOf(attempt())).toBe("approvalDenied");
  });

  test("of reading denies changing too, since that includes it; one of changing leaves reading", async () => {
    await grant("vaults.list");
    const put = () => channel.call("items.archive", { vaultId: vault, itemId: item, noWait: true });
    await give({ rules: [{ effect: "deny", verb: "read", what: { vault } }] });
    expect(await errorOf(put())).toBe("approvalDenied");
    await give({ rules: [{ effect: "deny", verb: "write", what: { vault } }] });
    expect([await errorOf(put()), outcomeOf(await resolving())]).toEqual(["approvalDenied", "approvalRequired"]);
  });
});

describe("a rule that allows", () => {
  beforeAll(begin);
  afterEach(tidy);
  afterAll(end);

  const allow = (what: object = { reference: "op://Demo/*/password" }, more: object = {}) => ({
    effect: "allow",
    who: { executable: ncHash },
    what,
    ...more,
  });

  test("answers its program without a question, and is in the log with its number", async () => {
    await give({ rules: [{ effect: "ask", what: { reference: "op://Other/*/*" } }, allow()] });
    expect([outcomeOf(await resolving()), outcomeOf(await resolving())]).toEqual(["s3cret", "s3cret"]);
    expect(outcomeOf(await resolving(missing))).toBe("itemNotFound");
    expect(new Set(await events("policy.allowed"))).toEqual(new Set(["rule 2"]));
  });

  test("by ids is for ids as they were sent, and for no words that lead there", async () => {
    await give({ rules: [allow({ vault, item })] });
    expect(outcomeOf(await resolving(`op://${vault}/${item}/password`))).toBe("s3cret");
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
  });

  test("by ids is for what is named in its vault, and for nothing that a name asks for beside it", async () => {
    const locate = async (name: object) => {
      const params = { purpose: "read", names: [name], noWait: true };
      const { result, error } = await asking({ method: "names.locate", params });
      return result ?? error?.data.name;
    };
    await give({ rules: [allow({ vault })] });
    expect(await locate({ vault, item: "DB" })).toEqual({ found: [{ vaultId: vault, itemId: item, archived: false }] });
    expect(await locate({ vault, item: "Nothing" })).toBe("itemNotFound");
    expect(await locate({ vault, alike: "Demo" })).toBe("approvalRequired");
    expect(await locate({ vault, group: "Owners" })).toBe("approvalRequired");
    expect(await locate({ vault: "Demo", item: "DB" })).toBe("approvalRequired");
    await give({ rules: [allow({ vault }), { effect: "ask", what: { vault, item } }] });
    expect(await locate({ vault, item: "DB" })).toBe("approvalRequired");
  });

  test("is for nothing else", async () => {
    await give({ rules: [allow(), allow({ vault }, { verb: "write" })] });
    const ask = async (method: string, params: object) =>
      outcomeOf(await asking({ method, params: { noWait: true, ...params } }));
    expect({
      words: outcomeOf(await resolving("op://Demo/DB/password/more")),
      names: await ask("vaults.list", {}),
      act: await ask("vaults.create", { title: "Mine" }),
      alone: await ask("vaults.delete", { vaultId: vault }),
      program: await errorOf(channel.call("secrets.resolve", { reference, noWait: true })),
    }).toEqual({
      words: "approvalRequired",
      names: "approvalRequired",
      act: "approvalRequired",
      alone: "approvalRequired",
      program: "approvalRequired",
    });
  });

  test("is for no other file: a copy with one byte more, and one that loads other code", async () => {
    await give({ rules: [allow()] });
    const copy = join(agent.home, "nc");
    copyFileSync(nc, copy);
    expect(outcomeOf(await resolving(reference, { program: copy }))).toBe("s3cret");
    appendFileSync(copy, "\0");
    expect(outcomeOf(await resolving(reference, { program: copy }))).toBe("approvalRequired");
    const env = { LD_PRELOAD: "/nowhere/evil.so" };
    expect(outcomeOf(await resolving(reference, { env }))).toBe("approvalRequired");
  });

  test("is for no program whose file is gone", async () => {
    await give({ rules: [allow()] });
    const copy = join(agent.home, "nc");
    copyFileSync(nc, copy);
    const words = ["-c", 'exec 3<"$0"; rm "$0"; exec /proc/self/fd/3 "$@"', copy];
    expect(outcomeOf(await resolving(reference, { program: "/bin/bash", words }))).toBe("approvalRequired");
  });

  test("gives way to an ask of the ids that its words lead to, and to a minimum strength there", async () => {
    await give({ rules: [allow(), { effect: "ask", what: { vault, item } }] });
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
    await give({ rules: [allow()], strengths: [{ vault, minimum: "pin" }] });
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
    await give({ rules: [allow(), { effect: "deny", what: { vault, item } }] });
    expect(outcomeOf(await resolving())).toBe("approvalDenied");
  });
});

describe("the file, once it was approved,", () => {
  beforeAll(async () => {
    await begin();
    writeFileSync(path(), text());
    expect(await approve()).toEqual({ state: "active" });
  });
  afterAll(end);

  const text = () =>
    JSON.stringify({
      version: 1,
      rules: [
        { effect: "allow", who: { executable: ncHash }, what: { reference } },
        { effect: "deny", what: { reference: "op://Prod/*/*" } },
      ],
    });

  test.each<[string, string, () => void]>([
    ["changed", "changed", () => writeFileSync(path(), text().replace("Prod", "Nowhere"))],
    ["changed by a blank", "changed", () => appendFileSync(path(), " ")],
    ["deleted", "missing", () => rmSync(path())],
    ["emptied", "broken", () => writeFileSync(path(), "")],
    ["cut off", "broken", () => writeFileSync(path(), text().slice(0, -1))],
    [
      "a link to the same content",
      "broken",
      () => {
        renameSync(path(), `${path()}.real`);
        symlinkSync(`${path()}.real`, path());
      },
    ],
    [
      "a folder",
      "broken",
      () => {
        rmSync(path());
        mkdirSync(path());
      },
    ],
    [
      "a pipe",
      "broken",
      () => {
        rmSync(path());
        execFileSync("mkfifo", [path()]);
      },
    ],
    ["one byte over the limit", "broken", () => writeFileSync(path(), text().padEnd(POLICY_BYTES_MAX + 1))],
    ["deep", "broken", () => writeFileSync(path(), `${"[".repeat(30_000)}${"]".repeat(30_000)}`)],
    [
      "with a key twice",
      "broken",
      () => writeFileSync(path(), text().replace('"version"', '"version":1,"v\\u0065rsion"')),
    ],
    ["of bytes that are no text", "broken", () => writeFileSync(path(), Buffer.from([0x22, 0xff, 0x22]))],
  ])("and is %s then, allows nothing, goes on to deny, and says so", async (_how, becomes, spoil) => {
    spoil();
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
    expect(outcomeOf(await resolving("op://Prod/DB/password"))).toBe("approvalDenied");
    expect(await state()).toBe(becomes);
    const { sessions } = await person.channel.call("agent.status", {});
    expect(sessions[0]).toMatchObject({ policy: becomes });
    const shown = person.next();
    const asked = failureOf(channel.call("secrets.resolve", { reference }));
    const prompt = await run(shown);
    expect(prompt.text.at(-1)).toMatch(/^The policy file .* so it allows nothing: `postern policy`\.$/);
    await person.yes(prompt, { lasts: "once" });
    expect(await asked).toBeUndefined();
    rmSync(path(), { recursive: true, force: true });
    writeFileSync(path(), text());
    expect(outcomeOf(await resolving())).toBe("s3cret");
  });

  test("of exactly the limit counts", async () => {
    writeFileSync(path(), text().padEnd(POLICY_BYTES_MAX));
    expect(await approve()).toEqual({ state: "active" });
    expect(outcomeOf(await resolving())).toBe("s3cret");
  });
});

describe("approving", () => {
  beforeAll(begin);
  afterEach(tidy);
  afterAll(end);

  const rules = [{ effect: "deny", what: { reference: "op://Prod/*/*" } }];

  test("counts for nothing before: a file alone allows and denies nothing", async () => {
    write({ rules: [...rules, { effect: "allow", who: { executable: ncHash }, what: { reference } }] });
    expect(await state()).toBe("unapproved");
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
    expect(outcomeOf(await resolving("op://Prod/DB/password"))).toBe("approvalRequired");
  });

  test("of a file that was swapped after it was shown is a conflict, and nothing changes", async () => {
    write({ rules });
    const { file } = await channel.call("policy.get", {});
    write({ rules: [{ effect: "allow", who: { executable: ncHash }, what: { reference } }] });
    const swapped = channel.call("policy.approve", { password: PASSWORD, sha256: file?.sha256 ?? "" });
    expect(await errorOf(swapped)).toBe("conflict");
    rmSync(path());
    const gone = channel.call("policy.approve", { password: PASSWORD, sha256: file?.sha256 ?? "" });
    expect(await errorOf(gone)).toBe("conflict");
    write({ rules });
    expect(await errorOf(channel.call("policy.approve", { password: PASSWORD }))).toBe("conflict");
    expect(await state()).toBe("unapproved");
  });

  test("of a missing file takes the policy away", async () => {
    await give({ rules: [{ effect: "deny" }] });
    expect(outcomeOf(await resolving())).toBe("approvalDenied");
    rmSync(path());
    expect(outcomeOf(await resolving())).toBe("approvalDenied");
    expect(await approve()).toEqual({});
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
    expect(await events("policy.approve")).toEqual(["approved", "taken away"]);
  });

  test("of a broken file is refused, with the place and never a value", async () => {
    const secret = "a-secret-in-a-wrong-place";
    writeFileSync(path(), JSON.stringify({ version: 1, rules: [{ effect: "deny", who: { executable: secret } }] }));
    const told = await failureOf(channel.call("policy.approve", { password: PASSWORD, sha256: hashOf(path()) }));
    expect(told).toMatchObject({ errorName: "fileUnusable" });
    expect(told?.message).toContain("rules[0].who.executable");
    expect(told?.message).not.toContain(secret);
    expect((await channel.call("policy.get", {})).fault).toBe(told?.message);
  });

  test("shows what was approved, and the difference, to nobody without a proof", async () => {
    await give({ rules });
    write({ rules: [] });
    const open = await channel.call("policy.get", {});
    expect(open).not.toHaveProperty("approved");
    expect(open).not.toHaveProperty("difference");
    const whole = await run(channel.call("policy.get", { proof }));
    expect(whole.approved?.sentences[0]).toContain("op://Prod/*/*");
    expect(whole.difference).toEqual([expect.stringMatching(/^- .*Prod/), expect.stringMatching(/^\+ .*"rules":\[\]/)]);
  });
});

describe("a minimum strength", () => {
  beforeAll(begin);
  afterEach(tidy);
  afterAll(end);

  test("above the proof that was given makes a yes a no, whose reason only the person reads", async () => {
    await give({ strengths: [{ vault, minimum: "verifiedUser" }] });
    const shown = person.next();
    const asked = failureOf(channel.call("secrets.resolve", { reference }));
    const prompt = await run(shown);
    const told = await failureOf(person.yes(prompt));
    expect(told?.message).toContain("a proof of the strength verifiedUser");
    expect((await asked)?.message).toBe("the person denied this");
    expect(await events("policy.denied")).toEqual(["minimum verifiedUser"]);
  });

  test("is for what a grant covers too, and for no other vault", async () => {
    await grant();
    await give({ strengths: [{ vault, item, minimum: "system" }] });
    expect(await errorOf(channel.call("secrets.resolve", { reference, noWait: true }))).toBe("approvalRequired");
    await give({ strengths: [{ vault: "a".repeat(26), minimum: "system" }] });
    expect(await errorOf(channel.call("secrets.resolve", { reference, noWait: true }))).toBe("none");
    await give({ strengths: [{ vault, minimum: "pin" }] });
    expect(await errorOf(channel.call("secrets.resolve", { reference, noWait: true }))).toBe("none");
  });
});

describe("policy.test", () => {
  beforeAll(begin);
  afterAll(end);

  const explain = (pid: number, more: object = {}) =>
    run(channel.call("policy.test", { pid, reference, proof, ...more }));

  test("names the rule that decides, the rules that may decide later, and the process with its hashes", async () => {
    const child = spawn(nc, ["-U", agent.socket], { stdio: ["pipe", "ignore", "ignore"] });
    const pid = child.pid ?? 0;
    await give({
      rules: [
        { effect: "allow", who: { executable: ncHash }, what: { reference } },
        { effect: "ask", who: { executable: ncHash }, what: { vault }, because: "be sure" },
        { effect: "ask", verb: "write", what: { reference } },
      ],
      strengths: [{ vault, item, minimum: "pin" }],
    });
    const found = await explain(pid);
    expect(found).toMatchObject({ effect: "allow", rule: { number: 1, effect: "allow" } });
    expect(found.later).toEqual([expect.stringContaining("(be sure)"), expect.stringContaining(item)]);
    expect(found.processes[0]).toMatchObject({ pid, program: nc, sha256: ncHash, judged: true });
    expect(await explain(pid, { verb: "write" })).toMatchObject({ effect: "ask", rule: { number: 3 } });
    appendFileSync(path(), "\n");
    expect(await explain(pid)).toMatchObject({ effect: "ask", resting: expect.stringContaining("changed") });
    child.kill("SIGKILL");
  });

  test("says why no rule can allow a program", async () => {
    await give({ rules: [{ effect: "allow", who: { executable: hashOf(process.execPath) }, what: { reference } }] });
    const found = await explain(process.pid);
    expect(found.effect).toBe("ask");
    expect(found.unseen).toBeDefined();
  });

  test.each([
    ["a pid that no process has", 4_194_304, "no process has this pid"],
    ["no pid", 0, "pid"],
  ])("refuses %s", async (_what, pid, words) => {
    const told = await failureOf(channel.call("policy.test", { pid, reference, proof }));
    expect(told).toMatchObject({ errorName: "invalidParams" });
    expect(told?.message).toContain(words);
  });

  test("refuses a process of another user", async () => {
    const isRoot = process.getuid?.() === 0;
    const child = isRoot ? spawn("sleep", ["1000"], { uid: 65534, stdio: "ignore" }) : undefined;
    if (child !== undefined) await new Promise((resolve) => child.once("spawn", resolve));
    const told = await failureOf(channel.call("policy.test", { pid: child?.pid ?? 1, reference, proof }));
    expect(told?.message).toContain("the process with this pid is another user's");
    child?.kill("SIGKILL");
  });

  test("explains nothing without a proof", async () => {
    expect(await errorOf(channel.call("policy.test", { pid: process.pid, reference }))).toBe("proofRequired");
  });
});

describe("with an agent of its own, a policy", () => {
  beforeEach(begin);
  afterEach(end);
  const rules = [{ effect: "deny", what: { reference: "op://Prod/*/*" } }];
  const allow = () => ({ effect: "allow", who: { executable: ncHash }, what: { reference } });
  const text = () => JSON.stringify({ version: 1, rules: [allow(), ...rules] });

  test("tells a program that names an account nothing of which accounts there are", async () => {
    await run(makeWork(agent));
    write({ rules: [{ effect: "deny", what: { reference } }] });
    await approve(WORK_PASSWORD, "Work");
    const outcomes = [];
    for (const account of ["Ada", "Work", "Nobody"]) {
      const { client } = await channel.call("clients.open", {
        account,
        integrationName: "test",
        integrationVersion: "1",
      });
      const told = await failureOf(channel.call("secrets.resolve", { reference, client }));
      outcomes.push(`${told?.errorName}: ${told?.message}`);
    }
    expect(new Set(outcomes)).toEqual(new Set(["approvalDenied: denied, or no such account"]));
  });

  test("does not keep the account open", async () => {
    await give({ rules: [allow()] });
    for (let times = 0; times < 3; times++) {
      agent.clock.advance(IDLE_MS / 3);
      expect(outcomeOf(await resolving())).toBe("s3cret");
    }
    agent.clock.advance(IDLE_MS / 3);
    expect(outcomeOf(await resolving())).toBe("locked");
  });

  test("counts for nobody while the account is locked, and again after the unlock", async () => {
    await give({ rules: [allow()] });
    await run(channel.call("session.lock", {}));
    expect(outcomeOf(await resolving())).toBe("locked");
    await run(channel.call("session.unlock", { password: PASSWORD }));
    expect(outcomeOf(await resolving())).toBe("s3cret");
  });

  test("of one account is no other account's", async () => {
    await run(makeWork(agent));
    write({ rules: [allow()] });
    await approve(WORK_PASSWORD, "Work");
    expect(await state()).toBe("unapproved");
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
  });

  test("is refused while the account is locked", async () => {
    write({ rules });
    await run(channel.call("session.lock", {}));
    expect(await errorOf(channel.call("policy.approve", { password: PASSWORD }))).toBe("locked");
  });

  test("comes back with an older copy of the device store: it allows nothing, and the person is told", async () => {
    writeFileSync(path(), text());
    await approve();
    const [account = ""] = [(await run(channel.call("accounts.kit", { password: PASSWORD }))).account];
    const store = join(agent.home, "accounts", account, "device.sealed");
    const older = readFileSync(store);
    rmSync(path());
    await approve();
    expect(await state()).toBeUndefined();
    await run(channel.call("session.lock", {}));
    writeFileSync(store, older);
    writeFileSync(path(), text());
    const { warnings } = await run(channel.call("session.unlock", { password: PASSWORD }));
    expect(warnings).toContainEqual(expect.stringContaining("the policy allows nothing until you approve it again"));
    expect(await state()).toBe("restored");
    expect(outcomeOf(await resolving())).toBe("approvalRequired");
    expect(outcomeOf(await resolving("op://Prod/DB/password"))).toBe("approvalDenied");
    expect(await approve()).toEqual({ state: "active" });
    expect(outcomeOf(await resolving())).toBe("s3cret");
  });

  test.each([
    ["a wrong password", { password: "not the password" }, "proofRefused"],
    ["the PIN as a password", { password: PIN }, "proofRefused"],
    ["another account's password", { password: WORK_PASSWORD }, "proofRefused"],
  ])("takes no %s", async (_what, given, refusal) => {
    await run(makeWork(agent));
    write({ rules });
    const { file } = await channel.call("policy.get", {});
    expect(await errorOf(channel.call("policy.approve", { ...given, sha256: file?.sha256 ?? "" }))).toBe(refusal);
    expect(await state()).toBe("unapproved");
  });
});
