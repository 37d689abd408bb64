// The text of a question as a pinentry shows it. Such a program breaks long lines as it likes, and pinentry-curses drops the blanks in front of a
// line. So lines are broken here, and the lines of things and the rest of a broken line begin with a mark that no line of ours begins with.
import { cleanText } from "../../protocol/clean-text.ts";
import { encoded, LINE_BYTES_MAX } from "./assuan.ts";

/** Columns of a line. A window and a terminal of 80 columns show it unbroken. */
export const COLUMNS_MAX = 64;

/** Lines of a text. With the field, an error and the buttons they fit a terminal of 24 rows. */
export const LINES_MAX = 15;

/** Lines at the end that are never left out: what a yes holds for, and when it ends. */
const LAST_LINES = 2;

/** Bytes of the text as it is sent. The command has the rest of the line. */
const BYTES_MAX = LINE_BYTES_MAX - "SETDESC ".length;

/** The text with its match code. What does not fit is left out in the middle, and a line says so. */
export function dialogText(code: string, lines: readonly string[]): string {
  const head = `Postern asks, code ${code}`;
  const whole = lines.map(brokenLine);
  for (let left = whole.length; ; left--) {
    const shown = left === whole.length ? whole : cut(whole, left, code);
    const text = [head, ...shown.flat()];
    if (left <= LAST_LINES + 1) return shortened(text).join("\n");
    if (fits(text)) return text.join("\n");
  }
}

const fits = (text: readonly string[]) =>
  text.length <= LINES_MAX && Buffer.byteLength(encoded(text.join("\n"))) <= BYTES_MAX;

function cut(lines: readonly string[][], left: number, code: string): string[][] {
  const out = lines.length - left;
  const more = `(${out} more ${out === 1 ? "line" : "lines"}: \`postern approve ${code}\` shows all)`;
  return [...lines.slice(0, left - LAST_LINES), [more], ...lines.slice(-LAST_LINES)];
}

/** The last resort: the lines themselves are too long. Each is shortened to the same number of characters. */
function shortened(text: readonly string[]): string[] {
  for (let columns = COLUMNS_MAX; columns > 0; columns--) {
    const made = text.slice(0, LINES_MAX).map((line) => {
      const characters = [...line];
      return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join("")}…`;
    });
    if (fits(made)) return made;
  }
  return [...text.slice(0, 1)];
}

/** One line of a question as lines of a dialog. */
function brokenLine(line: string): string[] {
  const depth = line.length - line.trimStart().length;
  const mark = depth === 0 ? "" : depth < 4 ? "> " : ">> ";
  const made: string[] = [];
  let begun = mark;
  for (const word of cleanText(line).trim().split(" ").flatMap(pieces)) {
    const isFirst = begun === mark || begun === "… ";
    const longer = isFirst ? begun + word : `${begun} ${word}`;
    if (isFirst || [...longer].length <= COLUMNS_MAX) {
      begun = longer;
      continue;
    }
    made.push(begun);
    begun = `… ${word}`;
  }
  return [...made, begun];
}

/** A word without blanks, in pieces that fit a line behind a mark. */
function pieces(word: string): string[] {
  const characters = [...word];
  const size = COLUMNS_MAX - 3;
  const count = Math.max(1, Math.ceil(characters.length / size));
  return Array.from({ length: count }, (_, at) => characters.slice(at * size, (at + 1) * size).join(""));
}
