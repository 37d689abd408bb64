// Fresh processes that open a client, and that also resolve once, beyond the start of the same interpreter with nothing to do. Nobody is asked for
// the opening, so it shows the client's own part. A resolve has the agent's work for a prompt in it.
import { type Figure, figureOf, RUNS, row, shown } from "../figures.ts";
import type { Arena } from "./arena.ts";
import { type Client, OPEN_ALONE, type Race } from "./contestant.ts";

/** Starts in one run, of which the median counts. More would reach the number of prompts that the agent opens in ten minutes. */
const STARTS = 3;

type Runs = { readonly nothing: number[]; readonly opened: number[]; readonly resolved: number[] };
const noRuns = (): Runs => ({ nothing: [], opened: [], resolved: [] });

export async function startFigures(arena: Arena, races: readonly Race[]): Promise<void> {
  const all = races.map((race) => ({ race, own: noRuns(), official: noRuns() }));
  for (let run = 0; run < RUNS; run++) {
    for (const { race, own, official } of all) {
      await measure(arena, race.own, own);
      if ("command" in race.official) await measure(arena, race.official, official);
    }
  }
  for (const { race, own, official } of all) {
    row(`${race.language}, start of a program that does nothing`, shown(figureOf(own.nothing), "ms", 1));
    const opening = `${race.language}, start until the client is open, beyond that`;
    const resolving = `${race.language}, start and one resolve, beyond that`;
    if ("absent" in race.official) {
      row(`${opening}: our client`, shown(figureOf(own.opened), "ms", 1));
      row(`${opening}: official package, bridge`, `not measured: ${race.official.absent}`);
      continue;
    }
    const theirs = figureOf(official.opened);
    const ours = figureOf(own.opened);
    row(`${opening}: official package, bridge`, shown(theirs, "ms", 1));
    row(`${opening}: our client`, shown(ours, "ms", 1), speed(ours, theirs, race.startTimes));
    row(`${resolving}: official package, bridge`, shown(figureOf(official.resolved), "ms", 1));
    row(`${resolving}: our client`, shown(figureOf(own.resolved), "ms", 1));
  }
}

const speed = (ours: Figure, theirs: Figure, times: number) => ({
  ratio: theirs.median / ours.median,
  least: times,
  text: `≥ ${times} × faster than official`,
});

async function measure(arena: Arena, client: Client, runs: Runs): Promise<void> {
  const nothing: number[] = [];
  const opened: number[] = [];
  const resolved: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    nothing.push((await arena.alone(client.nothing)).ms);
    opened.push((await arena.alone([...client.command, OPEN_ALONE])).ms);
    resolved.push((await arena.asked(client.command)).ms);
  }
  const bare = figureOf(nothing).median;
  runs.nothing.push(bare);
  runs.opened.push(figureOf(opened).median - bare);
  runs.resolved.push(figureOf(resolved).median - bare);
}
