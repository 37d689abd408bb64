// How long an allowed program waits for an answer from memory while programs without a grant keep the agent busy.
import { type Channel, openChannel } from "../../clients/typescript/channel.ts";
import { wayNames } from "../attack/crowd.ts";
import { besideCrowd, type Waits, waitsOf } from "../attack/waits.ts";
import { row } from "./figures.ts";
import { socket } from "./programs.ts";

const MEASURED_MS = 5_000;

const REFERENCE = "op://Bench/item 7/password";

const shownWaits = ({ p99, longest }: Waits) => `p99 ${p99.toFixed(1)} ms, the longest ${longest.toFixed(1)} ms`;

/** The targets in milliseconds: alone, and beside a crowd. */
const IDLE_MS = 15;
const BUSY_MS = 100;

export async function crowdFigures(): Promise<void> {
  const known: Channel = await openChannel(socket, { name: "bench", version: "1" });
  await known.call("secrets.resolve", { reference: REFERENCE });
  const idle = await waitsOf(known, REFERENCE, MEASURED_MS);
  const wait = "an allowed program waits";
  row(`${wait}, alone`, shownWaits(idle), { ratio: idle.p99, most: IDLE_MS, text: `p99 ≤ ${IDLE_MS} ms` });
  for (const way of wayNames) {
    const busy = await besideCrowd(socket, way, () => waitsOf(known, REFERENCE, MEASURED_MS));
    row(`${wait}, beside ${way}`, shownWaits(busy), { ratio: busy.p99, most: BUSY_MS, text: `p99 ≤ ${BUSY_MS} ms` });
  }
  known.close();
}
