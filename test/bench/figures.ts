// A figure is the median of five runs with their spread. This file also prints the table of all figures.
import { readFileSync } from "node:fs";

export const RUNS = 5;

export type Figure = { readonly median: number; readonly low: number; readonly high: number };
type Row = {
  readonly what: string;
  readonly figure: string;
  readonly ratio?: string;
  readonly target?: string;
  readonly holds?: boolean;
};
let rows: Row[] = [];

export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, low: sorted[0] ?? 0, high: sorted.at(-1) ?? 0 };
}

export async function repeat(measure: () => Promise<number> | number): Promise<Figure> {
  const values: number[] = [];
  for (let run = 0; run < RUNS; run++) values.push(await measure());
  return figureOf(values);
}

export const shown = ({ median, low, high }: Figure, unit: string, digits = 0) =>
  `${median.toFixed(digits)} ${unit} (${low.toFixed(digits)}–${high.toFixed(digits)})`;

const megabytesOf = (pid: number, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Resident memory of a process, in megabytes. */
export const residentMb = (pid: number): number => megabytesOf(pid, "VmRSS");

/** The part of it that no file has, in megabytes. The rest is shared with every other process of Node. */
export const privateMb = (pid: number): number => megabytesOf(pid, "RssAnon");

/** A figure, with the process's memory directly afterwards. */
export const withMemory = (figure: string, pid: number): string => `${figure}; ${residentMb(pid).toFixed(0)} MB`;

export function row(
  what: string,
  figure: string,
  target?: { ratio: number; most?: number; least?: number; text: string },
): void {
  const holds =
    target === undefined
      ? undefined
      : (target.most === undefined || target.ratio <= target.most) &&
        (target.least === undefined || target.ratio >= target.least);
  const made: Row = {
    what,
    figure,
    ...(target === undefined ? {} : { ratio: target.ratio.toFixed(2), target: target.text, holds: holds === true }),
  };
  rows.push(made);
  process.stdout.write(
    `${what}: ${figure}${target === undefined ? "" : `, ratio ${made.ratio} (${target.text}: ${holds === true ? "holds" : "MISSED"})`}\n`,
  );
}

/** Microseconds of one call. */
export function perCall(count: number, work: () => unknown): number {
  const before = performance.now();
  for (let index = 0; index < count; index++) work();
  return ((performance.now() - before) / count) * 1000;
}

/** The rows since the last table. */
export function table(): string {
  const taken = rows;
  rows = [];
  const lines = taken.map(
    (one) =>
      `| ${one.what} | ${one.figure} | ${one.ratio ?? ""} | ${one.target ?? ""} | ${one.holds === undefined ? "" : one.holds ? "holds" : "missed"} |`,
  );
  return ["| what | median (spread) of five | ratio | target | |", "| --- | --- | --- | --- | --- |", ...lines].join(
    "\n",
  );
}
