// What stands in the way of a release, with the next step.

export type Fault = { readonly what: string; readonly next: string };

/** As a person reads them. */
export function faultLines(faults: readonly Fault[]): string {
  return faults.map(({ what, next }) => `release: ${what}\n  next: ${next}\n`).join("");
}
