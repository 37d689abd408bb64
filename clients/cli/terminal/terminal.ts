// How the CLI speaks: results on stdout, everything else on stderr; colour only on a terminal that did not say NO_COLOR.
// An error is `postern: what happened`, then `  next: what to do`. With --json a result, or an error, is one JSON value.
import { isatty } from "node:tty";
import { tellStderr } from "./stderr.ts";

export type Terminal = {
  /** Writes a result. */
  out(text: string): void;
  /** Writes a result as JSON when asked to, else as text. */
  result(value: unknown, text: () => string): void;
  /** Tells a person something that is not the result. */
  tell(text: string): void;
  readonly json: boolean;
  /** The account that a person has chosen, by name or id; undefined for the default one. */
  readonly account: string | undefined;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
};

const STDOUT = 1;

export function createTerminal(json: boolean, account?: string): Terminal {
  const colours = () => isatty(STDOUT) && process.env.NO_COLOR === undefined && process.env.TERM !== "dumb";
  const paint = (code: number) => (text: string) => (colours() ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    result: (value, text) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
      else {
        const lines = text();
        if (lines !== "") process.stdout.write(`${lines}\n`);
      }
    },
    tell: (text) => tellStderr(`${text}\n`),
    json,
    account,
    bold: paint(1),
    dim: paint(2),
    good: paint(32),
    bad: paint(31),
  };
}

/**
 * Titles are chosen by whoever may write to a vault: one that moves the cursor could redraw what stands above it,
 * and one with what is drawn as nothing could look like another.
 */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, " ")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "");
}

/** Rows under headings, columns two spaces apart. Widths count code points, which is right for all but wide scripts. */
export function table(headings: readonly string[], raw: readonly (readonly string[])[]): string {
  const rows = raw.map((cells) => cells.map(oneLine));
  // One by one: a hundred thousand rows are more than a function takes as parameters.
  const widths = headings.map((heading, column) =>
    rows.reduce((most, row) => Math.max(most, [...(row[column] ?? "")].length), heading.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)))
      .join("  ")
      .trimEnd();
  return [line(headings), ...rows.map(line)].join("\n");
}
