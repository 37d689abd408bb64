// Measures the language server and `postern lint` of the shipped package, with a real agent: what a person waits for at a key, and what a large text or
// project takes.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PASSWORD, PIN } from "../agent/person.ts";
import { type Editor, startEditor } from "../cli/editor.ts";
import { figureOf, RUNS, residentMb, row, shown } from "./figures.ts";
import { fill, type Place } from "./fill.ts";
import {
  agentWords,
  approvingPerson,
  env as benchEnv,
  home as benchHome,
  shipped,
  started,
  statusOf,
} from "./programs.ts";

/** A home of its own, since the account of the other figures has its own items. */
const home = join(benchHome, "editor");
const socket = join(home, "run", "agent.sock");
const env = { ...benchEnv, HOME: home, POSTERN_HOME: home };

const MiB = 1024 * 1024;

/** Milliseconds at a key after which a person feels a delay. */
const KEY_MS_MAX = 50;

/** Files of a large project. */
const FILES = 5_000;

const FULL = process.env.BENCH_FULL === "1";

export async function editorFigures(): Promise<void> {
  mkdirSync(home, { mode: 0o700 });
  const agent = await started(agentWords, () => statusOf(socket), env);
  const channel = agent.value;
  await channel.call("accounts.create", { name: "Bench", password: PASSWORD, pin: PIN, approvers: [] });
  const person = await approvingPerson(socket);
  const { id: vaultId } = await channel.call("vaults.create", { title: "Bench" });
  await channel.call("items.list", { vaultId });
  await initializeFigure();
  await completionFigures({ channel, vaultId });
  await textFigure();
  await projectFigure();
  person.leave();
  channel.close();
  await agent.end();
}

const editorOf = () => startEditor(home, { program: join(shipped, "postern.js") });

async function initializeFigure(): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = performance.now();
    const editor = await editorOf();
    times.push(performance.now() - before);
    await editor.leave();
  }
  row("postern lsp, start to the answer of initialize", shown(figureOf(times), "ms"));
}

const ENV = "file:///project/.env";

async function completionFigures(place: Place): Promise<void> {
  let size = 0;
  for (const next of FULL ? [100, 10_000, 100_000] : [100, 10_000]) {
    await fill(place, size, next);
    size = next;
    const editor = await editorOf();
    // The first one asks a person, and reads the list.
    await timed(editor);
    const times: number[] = [];
    for (let run = 0; run < 2 * RUNS; run++) times.push(await timed(editor));
    const figure = figureOf(times);
    row(`completion among ${size} items, at each key`, shown(figure, "ms"), {
      ratio: figure.high,
      most: KEY_MS_MAX,
      text: `≤ ${KEY_MS_MAX} ms each`,
    });
    row(`resident of the language server, ${size} items`, `${residentMb(editor.process.pid ?? 0).toFixed(0)} MB`);
    await editor.leave();
  }
}

async function timed(editor: Editor): Promise<number> {
  const before = performance.now();
  const offered = await editor.complete(ENV, "PASSWORD=op://Bench/item 7|");
  if (offered.length === 0) throw new Error("nothing was offered");
  return performance.now() - before;
}

async function textFigure(): Promise<void> {
  const line = 'DB_URL = "op://Bench/item 7/password" # the pool of the service, in its second zone\n';
  const text = line.repeat(Math.floor(MiB / line.length));
  const editor = await editorOf();
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = performance.now();
    editor.show(ENV, `${text}# ${run}\nX=op://Bench\n`);
    while (editor.diagnostics(ENV) === undefined) await new Promise((resolve) => setImmediate(resolve));
    times.push(performance.now() - before);
  }
  row("diagnostics of a text of 1 MB, from a key on", shown(figureOf(times), "ms"));
  await editor.leave();
}

async function projectFigure(): Promise<void> {
  const folder = join(home, "project");
  for (let number = 0; number < FILES; number++) {
    const inside = join(folder, `part ${number % 50}`);
    mkdirSync(inside, { recursive: true });
    const code = `export const port${number} = ${number};\nexport const reads${number} = "op://Bench/item ${number % 100}/password";\n`;
    writeFileSync(join(inside, `file${number}.ts`), code.repeat(20));
  }
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = performance.now();
    await lint(folder);
    times.push(performance.now() - before);
  }
  row(`postern lint of a project of ${FILES} files, names and all`, shown(figureOf(times), "ms"));
}

/** Fulfilled where nothing was found. */
function lint(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const words = ["--no-warnings", "--", join(shipped, "postern.js"), "lint", folder];
    execFile(process.execPath, words, { env, cwd: home }, (error, _stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`lint: ${stderr}`)),
    );
  });
}
