// The memory that an agent holds, seen from outside.
import { readFileSync } from "node:fs";
import { expect } from "vitest";

export const MiB = 1024 * 1024;

/** Milliseconds in which V8 gives back what it kept for the next requests. An agent gives back most of it once it is idle for a second. */
const GIVEN_BACK_MS_MAX = 60_000;

/** Bytes of memory that a process holds now. */
export function residentBytes(pid: number | undefined): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1]) * 1024;
}

/** Waits until a process that rests holds less than `most` bytes more than `before`. */
export async function demandGivenBack(pid: number | undefined, before: number, most: number): Promise<void> {
  await expect.poll(() => residentBytes(pid) - before, { timeout: GIVEN_BACK_MS_MAX }).toBeLessThan(most);
}
