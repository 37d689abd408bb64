// The clients in three languages, beside bare socket programs and the official packages through the bridge.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { row } from "../figures.ts";
import { home } from "../programs.ts";
import { openArena } from "./arena.ts";
import { placeBridge, takeBridgeAway } from "./bridge.ts";
import type { Entry, Race } from "./contestant.ts";
import { goRace } from "./go.ts";
import { nodeRace } from "./node.ts";
import { pythonRaces } from "./python.ts";
import { startFigures } from "./starts.ts";
import { warmFigures } from "./warm.ts";

export async function raceFigures(): Promise<void> {
  const noBridge = placeBridge();
  try {
    const folder = join(home, "contestants");
    mkdirSync(folder);
    const go = await goRace(noBridge);
    try {
      await measure([nodeRace(folder, noBridge), go.entry, ...pythonRaces(folder, noBridge)]);
    } finally {
      go.remove();
    }
  } finally {
    if (noBridge === undefined) takeBridgeAway();
  }
}

async function measure(entries: readonly Entry[]): Promise<void> {
  const races: Race[] = [];
  for (const entry of entries) {
    if ("absent" in entry) row(`${entry.language}, all of its rows`, `not measured: ${entry.absent}`);
    else races.push(entry);
  }
  const warm = await openArena("warm");
  await warmFigures(warm, races);
  await warm.end();
  const starts = await openArena("starts");
  await startFigures(starts, races);
  await starts.end();
}
