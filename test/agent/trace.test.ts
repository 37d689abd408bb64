// The trace of a real agent: who learns of it, and what a peer can put into it. A disk that refuses the trace delays nobody. golden/trace.ts checks
// the trace of all golden conversations too.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postern } from "../cli/postern.ts";
import { traceLines } from "../golden/trace.ts";
import { agentOptions, agentProgram } from "../programs.ts";
import { attachPerson, makeAccount } from "./person.ts";
import { openRaw } from "./raw.ts";
import { type RunningAgent, startAgent, temporaryHome } from "./start.ts";

const SECRET = "hunters-moon";
/** It has the form of an id, but belongs to nobody. */
const MADE_UP = "hunters2moon2hunters2moon2";

/** The lines of the latest connection. */
const ofNewest = (all: ReturnType<typeof traceLines>) =>
  all.filter(({ connection }) => connection === all.at(-1)?.connection);

describe("a traced agent", () => {
  let agent: RunningAgent;
  let path: string;
  beforeEach(async () => {
    const home = temporaryHome();
    path = join(home, "t");
    agent = await startAgent(home, {}, ["--trace", path]);
  });
  afterEach(() => agent.remove());

  const lines = (enough: (found: ReturnType<typeof traceLines>) => boolean) =>
    expect
      .poll(() => traceLines(path))
      .toSatisfy(enough)
      .then(() => traceLines(path));

  test("has no word of a peer in it, whatever a peer sends in place of a method, an id or a parameter", async () => {
    await makeAccount(agent);
    const raw = await openRaw(agent.socket);
    const sent = [
      `{"jsonrpc":"2.0","id":"${SECRET}","method":"${SECRET}"}`,
      `{"jsonrpc":"2.0","id":"${SECRET}","method":"agent.status","params":{"${SECRET}":1}}`,
      `{"jsonrpc":"2.0","id":1,"method":"items.get","params":{"vaultId":"${MADE_UP}","itemId":"${MADE_UP}","noWait":true}}`,
      `{"jsonrpc":"2.0","id":2,"method":"secrets.resolve","params":{"reference":"op://${SECRET}/x/y","noWait":true}}`,
      `{"jsonrpc":"2.0","id":3,"method":"toString"}`,
      `{"jsonrpc":"2.0","id":4,"method":{"${SECRET}":1}}`,
      `["${SECRET}",{"jsonrpc":"2.0","id":5,"method":"agent.status"}]`,
      "[]",
      `{"${SECRET}":`,
    ];
    const answers = [];
    for (const line of sent) {
      raw.send(`${line}\n`);
      answers.push(await raw.next());
    }
    raw.close();
    expect(answers).toHaveLength(sent.length);
    const newest = ofNewest(await lines((all) => ofNewest(all).length > sent.length));
    expect(newest).toHaveLength(sent.length + 1);
    expect(newest.map(({ method }) => method)).toEqual([
      ...[null, "agent.status", "items.get", "secrets.resolve"],
      ...[null, null, null, "agent.status", null, null],
    ]);
    expect(readFileSync(path, "utf8")).not.toMatch(/hunters/);
  });

  test("says how a notification ended, though nobody gets an answer to it", async () => {
    const raw = await openRaw(agent.socket);
    raw.send('{"jsonrpc":"2.0","method":"vaults.list"}\n{"jsonrpc":"2.0","method":"none.such"}\n');
    raw.send(
      '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":7}}\n{"jsonrpc":"2.0","method":"agent.status"}\n',
    );
    const isOf = ({ method }: { method?: unknown }) => method !== "agent.hello";
    const newest = ofNewest(await lines((all) => ofNewest(all).filter(isOf).length >= 4)).filter(isOf);
    expect(newest.map(({ method, outcome }) => `${method} ${outcome}`).sort()).toEqual(
      ["$/cancelRequest ok", "agent.status ok", "null methodNotFound", "vaults.list signedOut"].sort(),
    );
    raw.close();
  });

  test("says how long the call waited for a person, and names its account, vault and item", async () => {
    const { account } = await makeAccount(agent);
    const person = await attachPerson(agent);
    person.always("yes");
    const channel = await agent.connect();
    const vault = await channel.call("vaults.create", { title: SECRET });
    const line = (await lines((all) => all.some(({ method }) => method === "vaults.create"))).find(
      ({ method }) => method === "vaults.create",
    );
    expect(line).toMatchObject({ account, outcome: "ok" });
    expect(line?.waitedMs).toBeGreaterThan(0);
    expect(line?.ms).toBeGreaterThan(line?.waitedMs ?? 0);
    await channel.call("vaults.getOverview", { vaultId: vault.id });
    const read = await lines((all) => all.some(({ method }) => method === "vaults.getOverview"));
    expect(read.find(({ method }) => method === "vaults.getOverview")).toMatchObject({ account, ids: [vault.id] });
    channel.close();
    person.leave();
  });

  test("is shown by the status to our own command, and to no other program, not even to an approver", async () => {
    const stranger = await agent.connect();
    expect(await stranger.call("agent.status", {})).not.toHaveProperty("trace");
    await makeAccount(agent);
    expect(await stranger.call("agent.status", {})).not.toHaveProperty("trace");
    const person = await attachPerson(agent);
    expect(await person.channel.call("agent.status", {})).not.toHaveProperty("trace");
    const { out } = await postern(["status", "--json"], { home: agent.home });
    expect(JSON.parse(out)).toMatchObject({ trace: { file: path, state: "writing" } });
    person.leave();
    stranger.close();
  });
});

test("a trace that the disk refuses ends, is reported, and delays no request", async () => {
  const home = temporaryHome();
  // The agent writes no other file larger than one block.
  const limited = `ulimit -f 1; exec "$@"`;
  const agent = await startAgent(home, {}, ["--trace", join(home, "t")], ["/bin/sh", "-c", limited, "sh"]);
  try {
    const channel = await agent.connect();
    for (let asked = 0; asked < 30; asked++) expect(await channel.call("agent.status", {})).toBeDefined();
    channel.close();
    const { out } = await postern(["status"], { home });
    expect(out).toContain(`the trace ${home}/t could not be written any more`);
    expect(agent.log()).toContain('"incident":"trace"');
  } finally {
    await agent.remove();
  }
});

describe("the command", () => {
  let home: string;
  beforeEach(() => {
    home = temporaryHome();
  });
  afterEach(async () => {
    await postern(["agent", "stop"], { home });
    spawnSync("rm", ["-rf", home]);
  });

  test("starts an agent with a trace, says so, and ends it with the agent", async () => {
    const begun = await postern(["agent", "start", "--trace", "t.jsonl"], { home });
    expect(begun.out).toContain(`each request is noted in ${home}/t.jsonl`);
    expect((await postern(["agent", "restart", "--json"], { home })).out).not.toContain("t.jsonl");
    const again = await postern(["agent", "restart", "--trace", "u.jsonl", "--json"], { home });
    expect(JSON.parse(again.out)).toMatchObject({ restarted: true, trace: { file: `${home}/u.jsonl` } });
    expect(traceLines(`${home}/t.jsonl`).at(-1)).toMatchObject({ method: "agent.stop", outcome: "ok" });
  });

  test("refuses a trace of an agent that runs, and changes nothing", async () => {
    await postern(["agent", "start"], { home });
    const { code, err } = await postern(["agent", "start", "--trace", "t"], { home });
    expect([code, existsSync(join(home, "t"))]).toEqual([2, false]);
    expect(err).toContain("an agent runs already");
    expect(err).toContain("next: run `postern agent restart --trace FILE`");
  });

  test("refuses a name that is taken, by a link too, before an agent is ended for it", async () => {
    await postern(["agent", "start"], { home });
    const pid = readFileSync(join(home, "data", "agent.where"), "utf8");
    writeFileSync(join(home, "file"), "mine");
    mkdirSync(join(home, "folder"));
    symlinkSync("nowhere", join(home, "link"));
    for (const [command, name] of [
      ["restart", "file"],
      ["start", "folder"],
      ["run", "link"],
    ] as const) {
      const { code, err } = await postern(["agent", command, "--trace", name], { home });
      expect([code, err]).toEqual([2, expect.stringContaining(`a file, a folder or a link ${name} already`)]);
    }
    expect(readFileSync(join(home, "data", "agent.where"), "utf8")).toBe(pid);
    expect((await postern(["status"], { home })).code).toBe(0);
  });

  test.each([
    ["", "--trace names no file"],
    ["none/t", "the file"],
  ])("refuses the name %j", async (name, words) => {
    const { code, err } = await postern(["agent", "restart", "--trace", name], { home });
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
    expect((await postern(["status"], { home })).out).toContain("No agent is running");
  });
});

describe("the agent's process", () => {
  test.each([
    [["--trace", ""], "--trace names no file"],
    [["--trace"], "the agent takes `--trace FILE` and nothing else"],
    [[SECRET], "the agent takes `--trace FILE` and nothing else"],
    [[`--${SECRET}`], "the agent takes `--trace FILE` and nothing else"],
  ])("refuses %j without repeating a word", (words, told) => {
    const home = temporaryHome();
    const env = { HOME: home, POSTERN_HOME: home };
    const ran = spawnSync(process.execPath, [...agentOptions, agentProgram, ...words], { env, encoding: "utf8" });
    expect(ran.stderr).toContain(told);
    expect(ran.stderr).not.toContain(SECRET);
    expect(ran.status).toBe(1);
    spawnSync("rm", ["-rf", home]);
  });
});
