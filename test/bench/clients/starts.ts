// Fresh processes that open a client, and that also resolve once, beyond the start of the same interpreter with nothing to do. Nobody is asked for
// the opening, so it shows the client's own part. A resolve has the agent's work for a prompt in it.
//
// The official packages start in two ways. Through the bridge they load no core, and the agent works for them as for ours. With a token they
// load their own core, which then asks 1Password's service. No service is asked here: the core is given a malformed token, and the row ends at
// its refusal. A start that ends in an open client takes longer by at least a round trip to that service.
import { type Figure, figureOf, RUNS, row, shown } from "../figures.ts";
import type { Arena } from "./arena.ts";
import { type Client, type Command, MALFORMED, MALFORMED_TOKEN, OPEN_ALONE, OPENED, type Race } from "./contestant.ts";

/** Starts in one run, of which the median counts. More would reach the number of prompts that the agent opens in ten minutes. */
const STARTS = 3;

type Runs = Readonly<Record<"nothing" | "opened" | "resolved" | "byToken" | "emptyLoop", number[]>>;
const noRuns = (): Runs => ({ nothing: [], opened: [], resolved: [], byToken: [], emptyLoop: [] });

export async function startFigures(arena: Arena, races: readonly Race[]): Promise<void> {
  const all = races.map((race) => ({ race, own: noRuns(), official: noRuns() }));
  for (let run = 0; run < RUNS; run++) {
    for (const { race, own, official } of all) {
      await measure(arena, race.own, own, openedByToken);
      if (race.emptyLoop !== undefined) own.emptyLoop.push(await beyondNothing(arena, race.emptyLoop, own));
      if ("command" in race.official) await measure(arena, race.official, official, refusedByCore);
    }
  }
  for (const { race, own, official } of all) {
    row(`${race.language}, start of a program that does nothing`, shown(figureOf(own.nothing), "ms", 1));
    if (race.emptyLoop !== undefined) {
      row(`${race.language}, start of an empty loop, beyond that`, shown(figureOf(own.emptyLoop), "ms", 1));
    }
    const opening = `${race.language}, start until the client is open, beyond that`;
    const resolving = `${race.language}, start and one resolve, beyond that`;
    const withToken = `${race.language}, start with a token, beyond that`;
    if ("absent" in race.official) {
      row(`${opening}: our client`, shown(figureOf(own.opened), "ms", 1));
      row(`${opening}: official package, bridge`, `not measured: ${race.official.absent}`);
      row(`${withToken}: our client, until it is open`, shown(figureOf(own.byToken), "ms", 1));
      continue;
    }
    const theirs = figureOf(official.opened);
    const ours = figureOf(own.opened);
    row(`${opening}: official package, bridge`, shown(theirs, "ms", 1));
    row(`${opening}: our client`, shown(ours, "ms", 1), speed(ours, theirs, race.startTimes));
    row(`${resolving}: official package, bridge`, shown(figureOf(official.resolved), "ms", 1));
    row(`${resolving}: our client`, shown(figureOf(own.resolved), "ms", 1));
    const core = figureOf(official.byToken);
    const token = figureOf(own.byToken);
    row(`${withToken}: official package, until its core refuses a malformed token`, shown(core, "ms", 1));
    row(`${withToken}: our client, until it is open`, shown(token, "ms", 1), speed(token, core, race.startTimes));
  }
}

const speed = (ours: Figure, theirs: Figure, times: number) => ({
  ratio: theirs.median / ours.median,
  least: times,
  text: `≥ ${times} × faster than official`,
});

async function beyondNothing(arena: Arena, command: Command, { nothing }: Runs): Promise<number> {
  const starts: number[] = [];
  for (let start = 0; start < STARTS; start++) starts.push((await arena.alone(command)).ms);
  return figureOf(starts).median - (nothing.at(-1) ?? 0);
}

/** Milliseconds of a start with a token. */
type ByToken = (arena: Arena, client: Client) => Promise<number>;

const openedByToken: ByToken = async (arena, { byToken }) => {
  const { ms, out } = await arena.alone(byToken);
  if (out.trim() !== OPENED) throw new Error(`our client was not opened by a token: ${out}`);
  return ms;
};

const refusedByCore: ByToken = async (arena, { byToken }) => {
  const { ms, out } = await arena.alone(byToken, MALFORMED_TOKEN);
  if (!out.includes(MALFORMED)) throw new Error(`the official core said something else: ${out}`);
  return ms;
};

async function measure(arena: Arena, client: Client, runs: Runs, startByToken: ByToken): Promise<void> {
  const nothing: number[] = [];
  const opened: number[] = [];
  const resolved: number[] = [];
  const byToken: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    nothing.push((await arena.alone(client.nothing)).ms);
    opened.push((await arena.alone([...client.command, OPEN_ALONE])).ms);
    resolved.push((await arena.asked(client.command)).ms);
    byToken.push(await startByToken(arena, client));
  }
  const bare = figureOf(nothing).median;
  runs.nothing.push(bare);
  runs.opened.push(figureOf(opened).median - bare);
  runs.resolved.push(figureOf(resolved).median - bare);
  runs.byToken.push(figureOf(byToken).median - bare);
}
