// Fresh processes that open a client and resolve once, beyond the start of the same interpreter with nothing to do.
import { type Figure, figureOf, RUNS, row, shown } from "../figures.ts";
import type { Arena } from "./arena.ts";
import type { Client, Race } from "./contestant.ts";

/** Starts in one run, of which the median counts. More would reach the number of prompts that the agent opens in ten minutes. */
const STARTS = 3;

type Runs = { readonly nothing: number[]; readonly beyond: number[] };
const noRuns = (): Runs => ({ nothing: [], beyond: [] });

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
    const ours = figureOf(own.beyond);
    const name = `${race.language}, start and one resolve, beyond that`;
    if ("absent" in race.official) {
      row(`${name}: our client`, shown(ours, "ms", 1));
      row(`${name}: official package, bridge`, `not measured: ${race.official.absent}`);
      continue;
    }
    const theirs = figureOf(official.beyond);
    row(`${name}: official package, bridge`, shown(theirs, "ms", 1));
    row(`${name}: our client`, shown(ours, "ms", 1), speed(ours, theirs, race.startTimes));
  }
}

const speed = (ours: Figure, theirs: Figure, times: number) => ({
  ratio: theirs.median / ours.median,
  least: times,
  text: `≥ ${times} × faster than official`,
});

async function measure(arena: Arena, client: Client, runs: Runs): Promise<void> {
  const nothing: number[] = [];
  const whole: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    nothing.push((await arena.alone(client.nothing)).ms);
    whole.push((await arena.asked(client.command)).ms);
  }
  runs.nothing.push(figureOf(nothing).median);
  runs.beyond.push(figureOf(whole).median - figureOf(nothing).median);
}
