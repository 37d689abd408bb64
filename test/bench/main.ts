// `npm run bench`: the shipped bundle, hardened, audited, with peers checked and grants on, beside floors measured in the
// same run. Medians of five runs with their spread; ratios, not absolutes, are what the targets speak of. Sizes 100 and
// 10,000; BENCH_FULL=1 adds 100,000.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agentOptions } from "../../clients/cli/start-agent.ts";
import { type Channel, openChannel } from "../../clients/typescript/channel.ts";
import { systemClock } from "../../daemon/clock.ts";
import { createGrants } from "../../daemon/grants.ts";
import { loadNative } from "../../daemon/native.ts";
import { factsOf, isStill } from "../../daemon/process-facts.ts";
import { loadSodium } from "../../daemon/sodium.ts";
import { deriveUserKeys } from "../../protocol/crypto/derivation.ts";
import { attachPerson, PASSWORD, type Person, PIN } from "../agent/person.ts";
import { subject } from "../daemon/subjects.ts";
import { figureOf, perCall, RUNS, repeat, row, shown, table } from "./figures.ts";
import { itemFigures } from "./items.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const shipped = join(root, "dist", "postern");
const home = mkdtempSync(join(tmpdir(), "postern-bench-"));
const socket = join(home, "run", "agent.sock");
const env = { HOME: home, POSTERN_HOME: home, PATH: process.env.PATH ?? "" };
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

type Load = { p50: number; p99: number; perSecond: number };

const load = (path: string, line: object, connections: number, inFlight: number, count: number): Promise<Load> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        "--no-warnings",
        here("load.ts"),
        path,
        JSON.stringify(line),
        String(connections),
        String(inFlight),
        String(count),
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(out) as Load) : reject(new Error("the load failed")),
    );
  });

/** Starts a program and waits until `ready` succeeds; answers it and the milliseconds that took. */
async function started<T>(
  words: readonly string[],
  ready: () => Promise<T>,
): Promise<{ ms: number; value: T; end: (signal?: NodeJS.Signals) => Promise<void>; pid: number }> {
  const before = performance.now();
  const child = spawn(process.execPath, words, { env, stdio: "ignore", cwd: "/" });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for (;;) {
    try {
      const value = await ready();
      const end = async (signal: NodeJS.Signals = "SIGKILL") => {
        child.kill(signal);
        await gone;
      };
      return { ms: performance.now() - before, value, end, pid: child.pid ?? 0 };
    } catch {
      if (child.exitCode !== null) throw new Error("the program did not start");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const agentWords = [...agentOptions, join(shipped, "agent.js")];
const statusOf = async (path: string): Promise<Channel> => {
  const channel = await openChannel(path, { name: "bench", version: "1" });
  await channel.call("agent.status", {});
  return channel;
};
const residentMb = (pid: number) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

async function startUp(): Promise<void> {
  const floor = await repeatStarts(async () => {
    const path = join(home, `floor-${Math.random()}`);
    const program = await started(["--no-warnings", here("floor.cjs"), path], () => ping(path));
    await program.end();
    return program.ms;
  });
  const agent = await repeatStarts(async () => {
    const program = await started(agentWords, () => statusOf(socket));
    program.value.close();
    // In order: the next would else find a socket whose agent died, and look whether it is dead.
    await program.end("SIGTERM");
    return program.ms;
  });
  row("bare node, start to first answer", shown(floor, "ms", 1));
  row("agent, start to first agent.status answer", shown(agent, "ms", 1), {
    ratio: agent.median / floor.median,
    most: 2.5,
    text: "≤ 2.5 × bare node",
  });
}

/** Medians of several starts each: a single one swings by half. */
const repeatStarts = (start: () => Promise<number>) =>
  repeat(async () => {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push(await start());
    return figureOf(times).median;
  });

function ping(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    import("node:net").then(({ connect }) => {
      const probe = connect(path, () => probe.write('{"id":1}\n'));
      probe.once("data", () => {
        probe.destroy();
        resolve();
      });
      probe.once("error", reject);
    }, reject);
  });
}

/** Every grant is revoked, then one program asks for one scope a thousand times at once over twenty connections. */
async function promptsForAThousand(
  socket: string,
  channel: Channel,
  person: Person,
  references: readonly string[],
): Promise<void> {
  const proof = { kind: "password", password: PASSWORD } as const;
  await channel.call("grants.revoke", { all: true, proof });
  const before = person.seen.length;
  await channel.call("secrets.resolveAll", { references: [...references] });
  const forAll = person.seen.length - before;
  row("prompts for 100 references in one call", String(forAll), { ratio: forAll, most: 1, text: "one" });

  await channel.call("grants.revoke", { all: true, proof });
  const channels = await Promise.all(
    Array.from({ length: 20 }, () => openChannel(socket, { name: "bench", version: "1" })),
  );
  const asked = person.seen.length;
  const reference = references[0] ?? "";
  await Promise.all(
    channels.flatMap((one) => Array.from({ length: 50 }, () => one.call("secrets.resolve", { reference }))),
  );
  for (const one of channels) one.close();
  const prompts = person.seen.length - asked;
  row("prompts for 1,000 requests at once, 20 connections", String(prompts), { ratio: prompts, most: 1, text: "one" });
}

type Account = { channel: Channel; vaultId: string };

/** Fills a vault with items; answers items per second. */
async function fill({ channel, vaultId }: Account, from: number, to: number): Promise<number> {
  const before = performance.now();
  for (let at = from; at < to; at += 100) {
    const items = Array.from({ length: Math.min(100, to - at) }, (_, index) => ({
      vaultId,
      title: `item ${at + index}`,
      category: "Password" as const,
      fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value: `value of ${at + index}` }],
    }));
    await channel.call("items.createAll", { vaultId, items });
  }
  return (to - from) / ((performance.now() - before) / 1000);
}

/** Median microseconds of a first resolve, over references that were never read. */
async function cold(channel: Channel, size: number): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 200; index++) {
    const number = Math.floor(((index + Math.random()) * size) / 200);
    const answer = await channel.call("secrets.resolve", { reference: `op://Bench/item ${number}/password` });
    if (!answer.cached) times.push(answer.tookUs);
  }
  return figureOf(times).median;
}

/** Resolves after which V8 has compiled what they run, to within a few functions; an agent answers for days. */
const COMPILED_AFTER = 40_000;

const warmLine = (number: number) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "secrets.resolve",
  params: { reference: `op://Bench/item ${number}/password` },
});

async function main(): Promise<void> {
  execFileSync(process.execPath, ["--no-warnings", "clients/cli/build.ts"], { cwd: root, stdio: "ignore" });
  writeFileSync(join(home, "x"), "");
  await startUp();

  const echoPath = join(home, "echo.sock");
  const echo = await started(["--no-warnings", here("echo.ts"), echoPath], () => ping(echoPath));
  const agent = await started(agentWords, () => statusOf(socket));
  // Answered by the whole of it: what rests is loaded.
  await agent.value.call("agent.subscribe", {});
  row("resident at rest", `${residentMb(agent.pid).toFixed(0)} MB`, {
    ratio: residentMb(agent.pid),
    most: 90,
    text: "≤ 90 MB",
  });
  const channel = agent.value;
  await channel.call("accounts.create", { name: "Bench", password: PASSWORD, pin: PIN });
  const person = await approvingPerson();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Bench" });
  await channel.call("items.list", { vaultId });
  const account = { channel, vaultId };
  await fill(account, 0, 100);
  const cold100 = await cold(channel, 100);

  const echoLine = warmLine(7);
  const first = await load(socket, warmLine(7), 1, 1, 10_000);
  row("secrets.resolve while it is compiled, the first 10,000, p99", `${first.p99.toFixed(0)} µs`);
  await load(echoPath, echoLine, 1, 1, COMPILED_AFTER);
  await load(socket, warmLine(7), 1, 1, COMPILED_AFTER);
  const floorOne: Load[] = [];
  const warm: Load[] = [];
  for (let run = 0; run < RUNS; run++) {
    floorOne.push(await load(echoPath, echoLine, 1, 1, 10_000));
    warm.push(await load(socket, warmLine(7), 1, 1, 10_000));
  }
  for (const share of ["p50", "p99"] as const) {
    const floor = figureOf(floorOne.map((one) => one[share]));
    const own = figureOf(warm.map((one) => one[share]));
    row(`JSON echo, one at a time, ${share}`, shown(floor, "µs"));
    row(`warm secrets.resolve, ${share}`, shown(own, "µs"), {
      ratio: own.median / floor.median,
      most: 1.5,
      text: "≤ 1.5 × echo",
    });
  }
  const rates: { echo: number[]; own: number[] } = { echo: [], own: [] };
  for (let run = 0; run < RUNS; run++) {
    rates.echo.push((await load(echoPath, echoLine, 8, 8, 80_000)).perSecond);
    rates.own.push((await load(socket, warmLine(7), 8, 8, 80_000)).perSecond);
  }
  row("JSON echo, 8 × 8 in flight", shown(figureOf(rates.echo), "/s"));
  row("warm secrets.resolve, 8 × 8 in flight", shown(figureOf(rates.own), "/s"), {
    ratio: figureOf(rates.own).median / figureOf(rates.echo).median,
    least: 0.25,
    text: "≥ ¼ of echo",
  });
  row("resident after the loads (over 450,000 resolves)", `${residentMb(agent.pid).toFixed(0)} MB`);

  await channel.call("secrets.resolve", { reference: "op://Bench/item 1/password" });
  const client = await repeat(async () => {
    const before = performance.now();
    for (let index = 0; index < 5000; index++)
      await channel.call("secrets.resolve", { reference: "op://Bench/item 1/password" });
    return ((performance.now() - before) / 5000) * 1000;
  });
  row("warm resolve through the TypeScript client", shown(client, "µs"));
  const references = Array.from({ length: 100 }, (_, index) => `op://Bench/item ${index}/password`);
  await channel.call("secrets.resolveAll", { references });
  const all = await repeat(async () => {
    const before = performance.now();
    for (let index = 0; index < 50; index++) await channel.call("secrets.resolveAll", { references });
    return ((performance.now() - before) / 50) * 1000;
  });
  row("resolveAll of 100", shown(all, "µs"), { ratio: all.median / client.median, most: 15, text: "≤ 15 × one" });
  await promptsForAThousand(socket, channel, person, references);

  const warm100 = figureOf(warm.map((one) => one.p50)).median;
  row("cold resolve, 100 items", `${cold100.toFixed(0)} µs`);
  let size = 100;
  for (const next of process.env.BENCH_FULL === "1" ? [10_000, 100_000] : [10_000]) {
    const rate = await fill(account, size, next);
    size = next;
    row(`import to ${next} items`, `${rate.toFixed(0)} items/s`);
    const coldUs = await cold(channel, size);
    row(`cold resolve, ${size} items`, `${coldUs.toFixed(0)} µs`, {
      ratio: coldUs / cold100,
      most: 2,
      text: "≤ 2 × that of 100",
    });
    const warmNow = figureOf(await repeatLoads(() => load(socket, warmLine(7), 1, 1, 10_000))).median;
    row(`warm resolve, ${size} items`, `${warmNow.toFixed(0)} µs`, {
      ratio: warmNow / warm100,
      most: 1.3,
      text: "≤ 1.3 × that of 100",
    });
    // A list of more than forty thousand is refused: it is too long an answer.
    const memory = () => residentMb(agent.pid);
    const loaded = async (line: object, calls: number) => (await load(socket, line, 1, 1, calls)).p50;
    if (size === 10_000) await itemFigures({ channel, loaded, vaultId, size, residentMb: memory, warmUs: warmNow });
  }
  row(`resident with ${size} items`, `${residentMb(agent.pid).toFixed(0)} MB`);
  await inProcess(channel);
  person.leave();
  // A lock ends what approvers were attached to.
  const again = await approvingPerson();
  await commandLine();
  again.leave();
  channel.close();
  await agent.end();
  await echo.end();
}

async function approvingPerson(): Promise<Person> {
  const connect = () => openChannel(socket, { name: "person", version: "1" });
  const person = await attachPerson({ connect });
  person.always("yes");
  return person;
}

async function repeatLoads(measure: () => Promise<Load>): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run < RUNS; run++) values.push((await measure()).p50);
  return values;
}

async function inProcess(channel: Channel): Promise<void> {
  const p = loadSodium();
  const secretKey = p.randomBytes(16);
  const derivation = await repeat(async () => {
    const before = performance.now();
    await deriveUserKeys(p, { password: PASSWORD, secretKey, account: "a", user: "u" });
    return performance.now() - before;
  });
  const unlock = await repeat(async () => {
    await channel.call("session.lock", {});
    const before = performance.now();
    await channel.call("session.unlock", { password: PASSWORD });
    return performance.now() - before;
  });
  row("unlock", shown(unlock, "ms"));
  row("of it Argon2id and HKDF", shown(derivation, "ms"));
  const grants = createGrants(systemClock(loadNative().bootMs), () => "id");
  for (const count of [1, 100]) {
    for (let index = grants.list().length; index < count; index++)
      grants.add(subject("app"), "read", { account: "a", level: "values", vault: `v${index}` }, 600_000);
    const wanted = { account: "a", level: "values", vault: `v${count - 1}` } as const;
    row(
      `grant check, the last of ${count}`,
      shown(await repeat(() => perCall(20_000, () => grants.allows(subject("app"), "read", wanted))), "µs", 2),
    );
  }
  const facts = factsOf(process.pid);
  if (facts !== undefined)
    row("peer looked at anew", shown(await repeat(() => perCall(2000, () => isStill(facts))), "µs", 1));
  row("peer's facts read", shown(await repeat(() => perCall(500, () => factsOf(process.pid))), "µs", 1));
}

async function commandLine(): Promise<void> {
  const wall = (words: readonly string[]) => {
    const before = performance.now();
    const ran = spawnSync(process.execPath, words, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    if (ran.status !== 0) throw new Error(`${words.join(" ")} failed: ${ran.stderr}`);
    return performance.now() - before;
  };
  const many = (words: readonly string[]) =>
    repeat(() => figureOf(Array.from({ length: 9 }, () => wall(words))).median);
  const floor = await many(["-e", "0"]);
  // Approved once: spawnSync would keep this process from answering, so the first read is spawned.
  const read = [join(shipped, "postern.js"), "read", "op://Bench/item 3/password"];
  await new Promise((resolve) => spawn(process.execPath, read, { env, stdio: "ignore" }).once("exit", resolve));
  const own = await many(read);
  row("node -e 0", shown(floor, "ms", 1));
  row("postern read, warm", shown(own, "ms", 1), {
    ratio: own.median / floor.median,
    most: 1.4,
    text: "≤ 1.4 × node -e 0",
  });
}

await main().finally(() => rmSync(home, { recursive: true, force: true }));
const machine = `Node ${process.version}, ${cpus().length} cores, Linux. Written by \`npm run bench\`; the load is a process of its own.`;
writeFileSync(here("RESULTS.md"), `# Figures\n\n${machine}\n\n${table()}\n`);
process.exit(0);
