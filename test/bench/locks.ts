// The time from the order to lock until every key is wiped and every grant is dead, while 200 connections ask for values without a pause.
import type { Channel } from "../../clients/typescript/channel.ts";
import { PASSWORD } from "../agent/person.ts";
import { figureOf, RUNS, row, shown } from "./figures.ts";
import { approvingPerson, socket, statusOf } from "./programs.ts";

const CONNECTIONS = 200;

/** The answer to `session.lock` comes after the last key was wiped, and the grants end before that. */
export async function lockFigures(channel: Channel, reference: string): Promise<void> {
  const loads = await Promise.all(Array.from({ length: CONNECTIONS }, () => statusOf(socket)));
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const person = await approvingPerson();
    await channel.call("secrets.resolve", { reference });
    const warm = loads.map((one) => one.call("secrets.resolve", { reference }));
    await Promise.all(warm);
    const refused = loads.map((one) => askUntilRefused(one, reference));
    const before = performance.now();
    await channel.call("session.lock", {});
    times.push(performance.now() - before);
    await Promise.all(refused);
    person.leave();
    await channel.call("session.unlock", { password: PASSWORD });
  }
  const figure = figureOf(times);
  row(`lock under ${CONNECTIONS} connections, until the last key is wiped`, shown(figure, "ms", 1), {
    ratio: figure.median,
    most: 50,
    text: "≤ 50 ms",
  });
  for (const one of loads) one.close();
}

/** Asks again and again until the account is locked. It never waits for a person. */
async function askUntilRefused(channel: Channel, reference: string): Promise<void> {
  for (;;) {
    const isAnswered = await channel.call("secrets.resolve", { reference, noWait: true }).then(
      () => true,
      () => false,
    );
    if (!isAnswered) return;
  }
}
