// Warm resolves through each client. The contestants take turns, so that a busy moment of the machine hits them all alike.
import { type Figure, figureOf, RUNS, row, shown } from "../figures.ts";
import type { Load } from "../programs.ts";
import { COMPILED_AFTER } from "../resolves.ts";
import type { Arena } from "./arena.ts";
import type { Command, Race } from "./contestant.ts";

/** Calls in one run of each measurement. As many again come before, so that the client is compiled. */
const CALLS = 3_000;
/** Calls that are open at once, where many are. */
const IN_FLIGHT = 64;

/** A language's client may make one call at a time. Then there is no rate of many. */
type Measured = Omit<Load, "perSecond"> & { readonly perSecond?: number };

const contestants = ["floor", "bare", "own", "official"] as const;
type Runs = Record<(typeof contestants)[number], Measured[]>;

export async function warmFigures(arena: Arena, races: readonly Race[]): Promise<void> {
  const all = races.map((race) => ({ race, runs: { floor: [], bare: [], own: [], official: [] } as Runs }));
  await arena.load(IN_FLIGHT, COMPILED_AFTER);
  for (let run = 0; run < RUNS; run++) {
    for (const { race, runs } of all) {
      runs.floor.push(await floorRun(arena, race.floor));
      runs.bare.push(await clientRun(arena, race.bare));
      runs.own.push(await clientRun(arena, race.own.command));
      if ("command" in race.official) runs.official.push(await clientRun(arena, race.official.command));
    }
  }
  for (const { race, runs } of all) {
    for (const share of ["p50", "p99"] as const) waits(race, runs, share);
    rates(race, runs);
  }
}

async function floorRun(arena: Arena, floor: Command | "load"): Promise<Measured> {
  if (floor !== "load") return clientRun(arena, floor);
  const { p50, p99 } = await arena.load(1, CALLS);
  const { perSecond } = await arena.load(IN_FLIGHT, CALLS);
  return { p50, p99, perSecond };
}

async function clientRun(arena: Arena, [program, ...words]: Command): Promise<Measured> {
  const { out } = await arena.asked([program, ...words, String(CALLS)]);
  return JSON.parse(out) as Measured;
}

function waits({ language, official }: Race, runs: Runs, share: "p50" | "p99"): void {
  const of = (who: keyof Runs): Figure => figureOf(runs[who].map((one) => one[share]));
  const name = `${language}, warm resolve, ${share}`;
  const bare = of("bare").median;
  row(`${name}: socket alone, nothing decoded`, shown(of("floor"), "µs"));
  row(`${name}: bare socket program`, shown(of("bare"), "µs"));
  row(`${name}: our client`, shown(of("own"), "µs"), {
    ratio: of("own").median / bare,
    most: 1.3,
    text: "≤ 1.3 × bare",
  });
  const theirs = `${name}: official package, bridge`;
  if ("absent" in official) row(theirs, `not measured: ${official.absent}`);
  else if (share === "p99") row(theirs, shown(of("official"), "µs"));
  else
    row(theirs, shown(of("official"), "µs"), {
      ratio: of("official").median - bare,
      most: 150,
      text: "≤ 150 µs more than bare",
    });
}

function rates({ language, official }: Race, runs: Runs): void {
  const of = (who: keyof Runs): Figure | undefined => {
    const values = runs[who].flatMap(({ perSecond }) => (perSecond === undefined ? [] : [perSecond]));
    return values.length === 0 ? undefined : figureOf(values);
  };
  const name = `${language}, ${IN_FLIGHT} in flight`;
  const floor = of("floor");
  const bare = of("bare");
  const own = of("own");
  if (floor === undefined || bare === undefined || own === undefined) {
    row(name, "not measured: a call holds its thread until the answer");
    return;
  }
  row(`${name}: socket alone, nothing decoded`, shown(floor, "/s"));
  row(`${name}: bare socket program`, shown(bare, "/s"));
  row(`${name}: our client`, shown(own, "/s"), {
    ratio: bare.median / own.median,
    most: 1.3,
    text: "≤ 1.3 × the time of bare",
  });
  const rate = of("official");
  const why = "absent" in official ? official.absent : "the package blocks the loop until the answer";
  row(`${name}: official package, bridge`, rate === undefined ? `not measured: ${why}` : shown(rate, "/s"));
}
