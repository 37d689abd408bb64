// The command's output. Results go to stdout and everything else to stderr. There is colour only on a terminal without NO_COLOR. An
// error is `postern: what happened`, then `  next: what to do`. With --json a result, or an error, is one JSON value.
import { isatty } from "node:tty";
import { jsonText } from "./json-text.ts";
import { tellStderr } from "./stderr.ts";

/** The account that a person has chosen, by name or id: with --account, or with POSTERN_ACCOUNT. */
export type Chosen = { readonly name: string; readonly by: "option" | "variable" };

export type Terminal = {
  /** Writes a result. */
  out(text: string): void;
  /** Writes a result, as JSON under --json and otherwise as text. */
  result(value: unknown, text: () => string): void;
  /** Prints a message for a person that is not part of the result. */
  tell(text: string): void;
  readonly json: boolean;
  /** The account that a person has chosen, by name or id; undefined for the default one. */
  readonly account: string | undefined;
  readonly chosenBy: Chosen["by"] | undefined;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
};

const STDOUT = 1;

export function createTerminal(json: boolean, chosen?: Chosen): Terminal {
  const colours = () => isatty(STDOUT) && process.env.NO_COLOR === undefined && process.env.TERM !== "dumb";
  const paint = (code: number) => (text: string) => (colours() ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    result: (value, text) => {
      if (json) process.stdout.write(`${jsonText(value)}\n`);
      else {
        const lines = text();
        if (lines !== "") process.stdout.write(`${lines}\n`);
      }
    },
    tell: (text) => tellStderr(`${text}\n`),
    json,
    account: chosen?.name,
    chosenBy: chosen?.by,
    bold: paint(1),
    dim: paint(2),
    good: paint(32),
    bad: paint(31),
  };
}

/**
 * Everyone who may write to a vault chooses titles. A title that moves the cursor could redraw the lines above it, and a title with
 * invisible characters could look like another. So both are removed.
 */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, " ")
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "");
}

/** The same for a text of several lines, such as the notes of an item. */
export const shownLines = (text: string): string[] => text.split("\n").map(oneLine);

/** Rows under headings, with columns two spaces apart. Widths count code points, which is right for all but wide scripts. */
export function table(headings: readonly string[], raw: readonly (readonly string[])[]): string {
  const rows = raw.map((cells) => cells.map(oneLine));
  // One by one, since a function does not take a hundred thousand parameters.
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
