// `npm run bench` measures the shipped bundle, hardened, with audit, peer checks and grants on, and lower bounds in the
// same run. It reports medians of five runs with their spread. Targets are ratios, not absolute times. The sizes are
// 100 and 10,000. BENCH_FULL=1 adds 100,000. `npm run bench -- clients` measures the clients alone, `-- app` the app, `-- fresh` fresh
// processes, `-- editor` the language server.
import { rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PASSWORD, PIN } from "../agent/person.ts";
import { appFigures } from "./app.ts";
import { approvalFigures } from "./approvals.ts";
import { raceFigures } from "./clients/race.ts";
import { crowdFigures } from "./crowds.ts";
import { editorFigures } from "./editor.ts";
import { figureOf, RUNS, row, table } from "./figures.ts";
import { fill } from "./fill.ts";
import { freshTable } from "./fresh.ts";
import { itemFigures } from "./items.ts";
import { listFigures } from "./lists.ts";
import { lockFigures } from "./locks.ts";
import { memoryNotes, quietFigures, restFigures } from "./memory.ts";
import { partFigures } from "./parts.ts";
import {
  agentWords,
  approvingPerson,
  build,
  here,
  home,
  type Load,
  load,
  ping,
  socket,
  started,
  statusOf,
} from "./programs.ts";
import { clientFigures, resolveFigures, warmLine } from "./resolves.ts";
import { runFigures } from "./run.ts";
import { commandFigures, startFigures } from "./starts.ts";

/** Median microseconds of a first resolve, over references that nobody has read before. */
async function cold(channel: Channel, size: number): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 200; index++) {
    const number = Math.floor(((index + Math.random()) * size) / 200);
    const answer = await channel.call("secrets.resolve", { reference: `op://Bench/item ${number}/password` });
    if (!answer.cached) times.push(answer.tookUs);
  }
  return figureOf(times).median;
}

/** Stands below the table of the clients: what of the starts no client could reach. */
const whyMissed = `## Starts that miss

- **Go, through the bridge.** There the official package loads our library, a few kilobytes of C, in place of its own core. So both starts are a
  connection to the agent and little else. The row with a token has the package's own core.
- **Python, asyncio.** Most of the time beyond the interpreter is asyncio itself: the row of the empty loop. An empty loop alone is less than five
  times as fast as the official package.`;

async function agentFigures(): Promise<void> {
  await startFigures();

  const echoPath = join(home, "echo.sock");
  const echo = await started(["--no-warnings", here("echo.ts"), echoPath], () => ping(echoPath));
  const agent = await started(agentWords, () => statusOf(socket));
  // The loaded agent answers this call, so the figure includes the whole agent.
  await agent.value.call("agent.subscribe", {});
  await restFigures(agent.pid);
  const channel = agent.value;
  await channel.call("accounts.create", { name: "Bench", password: PASSWORD, pin: PIN, approvers: [] });
  const person = await approvingPerson();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Bench" });
  await channel.call("items.list", { vaultId });
  const account = { channel, vaultId };
  await fill(account, 0, 100);
  const cold100 = await cold(channel, 100);

  const warm100 = await resolveFigures(echoPath, agent.pid);
  await clientFigures(channel, person, agent.pid);

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
    await listFigures({ channel, vaultId, size, pid: agent.pid });
    const loaded = async (line: object, calls: number) => (await load(socket, line, 1, 1, calls)).p50;
    if (size === 10_000) await itemFigures({ channel, loaded, vaultId, size, pid: agent.pid, warmUs: warmNow });
  }
  await quietFigures(agent.pid);
  await crowdFigures();
  await partFigures(channel);
  // Somebody who says yes to everything would answer the questions that are measured.
  person.leave();
  await approvalFigures();
  await lockFigures(channel, "op://Bench/item 7/password");
  const again = await approvingPerson();
  await commandFigures();
  await runFigures(channel, vaultId);
  again.leave();
  channel.close();
  await agent.end();
  await echo.end();
}

async function repeatLoads(measure: () => Promise<Load>): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run < RUNS; run++) values.push((await measure()).p50);
  return values;
}

const machine = `Node ${process.version}, ${cpus().length} cores, Linux.`;

/** The load of the machine in the last minute, as the system counts it. */
const loadNow = () => (loadavg()[0] ?? 0).toFixed(1);

async function writeAgentFigures(): Promise<void> {
  await agentFigures();
  const text = `${machine} Written by \`npm run bench\`; the load is a process of its own.`;
  writeFileSync(here("RESULTS.md"), `# Figures\n\n${text}\n\n${table()}\n\n${memoryNotes}\n`);
}

async function writeClientFigures(): Promise<void> {
  const before = loadNow();
  await raceFigures();
  const load = `The machine's load average was ${before} before and ${loadNow()} after, of which the bench itself makes up to 2.`;
  const text = `${machine} Written by \`npm run bench -- clients\`, a part of \`npm run bench\`. ${load}`;
  writeFileSync(here("CLIENTS.md"), `# Figures of the clients\n\n${text}\n\n${table()}\n\n${whyMissed}\n`);
}

async function writeAppFigures(): Promise<void> {
  const before = loadNow();
  await appFigures();
  const load = `The machine's load average was ${before} before and ${loadNow()} after.`;
  const text = `${machine} Written by \`npm run bench -- app\`, a part of \`npm run bench\`. ${load}`;
  writeFileSync(here("APP.md"), `# Figures of the app\n\n${text}\n\n${table()}\n`);
}

async function writeFreshFigures(): Promise<void> {
  const before = loadNow();
  const made = await freshTable();
  const load = `The machine's load average was ${before} before and ${loadNow()} after, of which the bench itself makes up to 1.`;
  const text = `${machine} Written by \`npm run bench -- fresh\`, a part of \`npm run bench\`. ${load}`;
  writeFileSync(here("FRESH.md"), `# Figures of fresh processes\n\n${text}\n\n${made}\n`);
}

async function writeEditorFigures(): Promise<void> {
  const before = loadNow();
  await editorFigures();
  const load = `The machine's load average was ${before} before and ${loadNow()} after.`;
  const text = `${machine} Written by \`npm run bench -- editor\`, a part of \`npm run bench\`. ${load}`;
  writeFileSync(here("EDITOR.md"), `# Figures in the editor\n\n${text}\n\n${table()}\n`);
}

const parts = ["clients", "app", "fresh", "editor"];

async function main(part: string | undefined): Promise<void> {
  if (part !== undefined && !parts.includes(part))
    throw new Error(`the bench knows these parts by name: ${parts.join(", ")}`);
  if (part === "app") return writeAppFigures();
  build();
  if (part === "fresh") return writeFreshFigures();
  if (part === "editor") return writeEditorFigures();
  if (part === undefined) {
    await writeAgentFigures();
    await writeFreshFigures();
    await writeAppFigures();
    await writeEditorFigures();
  }
  await writeClientFigures();
}

await main(process.argv[2]).finally(() => rmSync(home, { recursive: true, force: true }));
process.exit(0);
