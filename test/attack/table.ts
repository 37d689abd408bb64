// Runs a list of attacks one after another, and prints what was tried, whether it held, and in how many seconds.

/** How much of each attack runs: a little in the gate, all of it by `npm run test:attack`. */
export type Extent = "short" | "whole";

export type Attack = {
  readonly tried: string;
  /** Answers nothing where it held, else what was found. */
  run(extent: Extent): Promise<string | undefined>;
};

export type Outcome = {
  readonly tried: string;
  readonly found: string | undefined;
  readonly seconds: number;
};

export async function outcomesOf(attacks: readonly Attack[], extent: Extent): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { tried, run } of attacks) {
    const began = performance.now();
    // An attack that ends in an error of ours has shown nothing, so it did not hold.
    const found = await run(extent).catch((error: unknown) =>
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    outcomes.push({ tried, found, seconds: (performance.now() - began) / 1000 });
  }
  return outcomes;
}

const WIDTH = 96;

/** Prints the table, and sets the exit status of the program to 1 where an attack did not hold. */
export async function printTable(attacks: readonly Attack[]): Promise<void> {
  process.stdout.write(`${"tried".padEnd(WIDTH)}  held  seconds\n`);
  for (const attack of attacks) {
    const [{ tried, found, seconds } = { tried: "", found: undefined, seconds: 0 }] = await outcomesOf(
      [attack],
      "whole",
    );
    process.stdout.write(`${tried.padEnd(WIDTH)}  ${found === undefined ? "yes " : "NO  "}  ${seconds.toFixed(1)}\n`);
    if (found === undefined) continue;
    process.stdout.write(`  ${found}\n`);
    process.exitCode = 1;
  }
}
