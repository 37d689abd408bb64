// What the agent costs while nobody asks it anything: its memory, at rest and after the loads, and how often it wakes.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { LOOK_MS } from "../../daemon/host/quiet.ts";
import { privateMb, RUNS, repeat, residentMb, row, shown } from "./figures.ts";

/** Milliseconds after a start until the agent has given back what the start needed. */
const SETTLED_MS = LOOK_MS + 1_500;

/** Milliseconds without a request after the loads. */
const QUIET_MS = 60_000;

/** Milliseconds of each of the five times, at the end of that minute, in which the wakes are counted. What is done once a minute falls into one or two. */
const COUNTED_MS = 6_000;

/** How often the threads of a process gave up the processor of themselves. Each time but the first, something woke them. */
function waitsOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const waits = (task: string) =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, "utf8"))?.[1]);
  return tasks.reduce((sum, task) => sum + waits(task), 0);
}

function memoryRow(what: string, mb: number, most: number): void {
  row(what, `${mb.toFixed(1)} MB`, { ratio: mb, most, text: `≤ ${most} MB` });
}

/** The agent must be loaded, and nothing may have been asked since. */
export async function restFigures(pid: number): Promise<void> {
  memoryRow("resident, the whole agent loaded just now", residentMb(pid), 90);
  await pause(SETTLED_MS);
  memoryRow("resident at rest", residentMb(pid), 55);
  memoryRow("of it private", privateMb(pid), 20);
}

/** An account must be unlocked. */
export async function quietFigures(pid: number): Promise<void> {
  row("resident after the loads", `${residentMb(pid).toFixed(0)} MB, of it private ${privateMb(pid).toFixed(0)} MB`);
  await pause(QUIET_MS - RUNS * COUNTED_MS);
  const perSecond = await repeat(async () => {
    const before = waitsOf(pid);
    await pause(COUNTED_MS);
    return (waitsOf(pid) - before) / (COUNTED_MS / 1_000);
  });
  memoryRow("resident after the loads and one quiet minute", residentMb(pid), 110);
  row("wakes of an unlocked agent that nobody asks", shown(perSecond, "/s", 2), {
    ratio: perSecond.median,
    most: 1,
    text: "≤ 1 /s",
  });
}

/** Stands below the table: what was in the way. */
export const memoryNotes = `## Memory and the start

Measured by hand when each was mended, on an idle agent: private memory and resident memory at rest.

| mended | private | resident |
| --- | --- | --- |
| before | 28.1 MB | 77.0 MB |
| three characters beyond Latin-1 ("…", "–") made V8 keep the texts of the three files in two bytes a character (2.8 MB): files in ASCII | 26.7 MB | 75.6 MB |
| names in those files, which V8 keeps as texts and in the tables of scopes: shorter ones | 25.4 MB | 74.1 MB |
| \`node:tls\` (1.6 MB by itself), \`http\`, \`dgram\`, \`readline\`, \`child_process\`, \`worker_threads\`: loaded at their first use | 24.3 MB | 71.9 MB |
| what the start has left: new space of 4.8 MB with 1.2 MB in it, and 1.4 MB in the C library: one collection at the first rest | 18.7 MB | 66.2 MB |
| pages of Node's own file that the start had touched (43 MB, shared with every process of Node): forgotten at the first rest | 18.7 MB | 28–36 MB |

Of the 18.7 MB, a bare Node has 8 MB. The rest is V8's heap (11 MB, of it 1.2 MB the agent's text, 1.5 MB its code, 1.6 MB the catalogue's schemas), V8's code from
the package (0.9 MB, which Node keeps in case that it must write it), koffi and sodium-native (1.4 MB).

The start to the first answer took 66 ms of processor time, against 24 ms of a bare Node that listens. It takes 50. koffi's JavaScript took 5.5 ms (it reads Node's file
to learn the C library), pino 2.7, \`node:tls\` and its like 5, a table of the SDKs' door 2.6, \`performance\` 2, three small files 2, a context for the collection
1.2. What is left above the bare Node: \`node:crypto\` 5 ms (the own programs are hashed at the start, and the first peer's script), the rest of the main file 8,
the first look at a peer, with code that never ran before, 7 to 10, collections of new space 5. A larger new space did not make it shorter.

An idle unlocked agent woke 1.5 times a second: it looked once a second whether another process had written to the store, which nobody else can open.
`;
