// Reads durations as people type them: a whole number and a unit.
import { UsageError } from "../terminal/exit-code.ts";

const unitsMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 60 * 60_000,
  d: 24 * 60 * 60_000,
  w: 7 * 24 * 60 * 60_000,
};

/** Milliseconds of `90m`, `12h`, `30d`, `8w`. Throws UsageError naming the option. */
export function durationMs(text: string, option: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,5})([mhdw])$/.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : unitsMs[unit];
  if (count === undefined || unitMs === undefined)
    throw new UsageError(`${option} takes a whole number and one of m, h, d, w`, `for one, ${option} 30d`);
  return Number(count) * unitMs;
}
