// Compares resolves with the echo, one at a time and many at once, also through the client. Counts the prompts.
import { type Channel, openChannel } from "../../clients/typescript/channel.ts";
import { PASSWORD, type Person } from "../agent/person.ts";
import { figureOf, RUNS, repeat, residentMb, row, shown, withMemory } from "./figures.ts";
import { type Load, load, socket } from "./programs.ts";

/**
 * After this many resolves V8 has compiled nearly all functions that they run. A real agent runs for days, so it is in
 * that state.
 */
export const COMPILED_AFTER = 40_000;

/** A resolve that is answered from memory. */
export const warmLine = (number: number) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "secrets.resolve",
  params: { reference: `op://Bench/item ${number}/password` },
});

const line = warmLine(7);

/** Returns the median of a warm resolve, in microseconds. */
export async function resolveFigures(echoPath: string, pid: number): Promise<number> {
  const first = await load(socket, line, 1, 1, 10_000);
  row("secrets.resolve while it is compiled, the first 10,000, p99", `${first.p99.toFixed(0)} µs`);
  await load(echoPath, line, 1, 1, COMPILED_AFTER);
  await load(socket, line, 1, 1, COMPILED_AFTER);
  const floorOne: Load[] = [];
  const warm: Load[] = [];
  for (let run = 0; run < RUNS; run++) {
    floorOne.push(await load(echoPath, line, 1, 1, 10_000));
    warm.push(await load(socket, line, 1, 1, 10_000));
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
  await ofMany(echoPath, pid);
  return figureOf(warm.map((one) => one.p50)).median;
}

async function ofMany(echoPath: string, pid: number): Promise<void> {
  const rates: { echo: number[]; own: number[] } = { echo: [], own: [] };
  for (let run = 0; run < RUNS; run++) {
    rates.echo.push((await load(echoPath, line, 8, 8, 80_000)).perSecond);
    rates.own.push((await load(socket, line, 8, 8, 80_000)).perSecond);
  }
  row("JSON echo, 8 × 8 in flight", shown(figureOf(rates.echo), "/s"));
  row("warm secrets.resolve, 8 × 8 in flight", shown(figureOf(rates.own), "/s"), {
    ratio: figureOf(rates.own).median / figureOf(rates.echo).median,
    least: 0.25,
    text: "≥ ¼ of echo",
  });
  row("resident after the loads (over 450,000 resolves)", `${residentMb(pid).toFixed(0)} MB`);
}

export async function clientFigures(channel: Channel, person: Person, pid: number): Promise<void> {
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
  row("resolveAll of 100", withMemory(shown(all, "µs"), pid), {
    ratio: all.median / client.median,
    most: 15,
    text: "≤ 15 × one",
  });
  await promptsForAThousand(channel, person, references);
}

/** Revokes every grant. Then one program asks for one scope a thousand times at once over twenty connections. */
async function promptsForAThousand(channel: Channel, person: Person, references: readonly string[]): Promise<void> {
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
