// A reason against a release, with the next step.

export type Fault = { readonly what: string; readonly next: string };

/** The faults as a text for a person. */
export function faultLines(faults: readonly Fault[]): string {
  return faults.map(({ what, next }) => `release: ${what}\n  next: ${next}\n`).join("");
}
