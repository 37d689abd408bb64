// Texts of others as a person is shown them. Names come from vaults and programs, so they are stripped of whatever could
// redraw a terminal or reorder the line, and cut.
import { cleanText } from "../../protocol/clean-text.ts";

/** Characters of one shown name: a line of a terminal holds it, and a long name cannot push the question away. */
export const SHOWN_LENGTH_MAX = 120;

/** Columns of a line about a thing: with its indentation it fits a terminal of 80, so that none goes on in the next row. */
export const LINE_COLUMNS_MAX = 76;

/** Characters of one path in the head: behind a script's there is room for its interpreter's. */
export const PATH_LENGTH_MAX = 60;

/** A path of these alone needs no quotes: it holds nothing that the head of a prompt says. */
const PLAIN_PATH = /^[\w/.+@~-]+$/;

/** Makes a text safe to show: no controls, no invisible or direction-changing characters, at most 120 characters. */
export function displayed(text: string): string {
  const characters = [...cleanText(text)];
  return characters.length <= SHOWN_LENGTH_MAX
    ? characters.join("")
    : `${characters.slice(0, SHOWN_LENGTH_MAX - 1).join("")}…`;
}

/** A line about a thing as it is shown: safe, and cut to its columns. */
export function displayedLine(text: string): string {
  const line = cleanText(text).trimEnd();
  if (columnsOf(line) <= LINE_COLUMNS_MAX) return line;
  let kept = "";
  for (const character of line) {
    if (columnsOf(kept + character) >= LINE_COLUMNS_MAX) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Whoever starts a program chooses its path: one that could go on as the head does stands in quotes. */
export function displayedPath(path: string): string {
  const characters = [...cleanText(path)];
  const half = PATH_LENGTH_MAX / 2;
  // Its folder says who could have put it there, its last name what it is.
  const kept =
    characters.length <= PATH_LENGTH_MAX
      ? characters
      : [...characters.slice(0, half - 1), "…", ...characters.slice(-half)];
  return PLAIN_PATH.test(path) ? kept.join("") : JSON.stringify(kept.join(""));
}

/** At most: from Hangul on letters may be two columns wide, and not all are. */
function columnsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (character < "\u1100" ? 1 : 2), 0);
}
