// Makes texts of others safe to show. Names come from vaults and programs. So characters that could redraw a terminal or reorder a line are
// removed, and long texts are cut.
import { cleanText } from "../../protocol/clean-text.ts";

/** Characters of one shown name. It fits a line of a terminal, and a long name cannot push the question away. */
export const SHOWN_LENGTH_MAX = 120;

/** Columns of a line about a thing. With its indentation it fits a terminal of 80 columns, so that it needs one row. */
export const LINE_COLUMNS_MAX = 76;

/** Characters of one path in the head. Behind a script's path there is room for the interpreter's. */
export const PATH_LENGTH_MAX = 60;

/** A path of these characters needs no quotes, since it cannot imitate the words of a prompt's head. */
const PLAIN_PATH = /^[\w/.+@~-]+$/;

/** Makes a text safe to show: no controls, no invisible or direction-changing characters, at most 120 characters. */
export function displayed(text: string): string {
  const characters = [...cleanText(text)];
  return characters.length <= SHOWN_LENGTH_MAX
    ? characters.join("")
    : `${characters.slice(0, SHOWN_LENGTH_MAX - 1).join("")}…`;
}

/** A line about a thing, made safe and cut to its columns. */
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

/** The starter of a program chooses its path. A path that could imitate the head of a prompt stands in quotes. */
export function displayedPath(path: string): string {
  const characters = [...cleanText(path)];
  const half = PATH_LENGTH_MAX / 2;
  // Its folder shows who could have put it there. Its last name shows what it is.
  const kept =
    characters.length <= PATH_LENGTH_MAX
      ? characters
      : [...characters.slice(0, half - 1), "…", ...characters.slice(-half)];
  return PLAIN_PATH.test(path) ? kept.join("") : JSON.stringify(kept.join(""));
}

/** The most columns of a text. From Hangul on, letters may be two columns wide, though not all are. */
function columnsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (character < "\u1100" ? 1 : 2), 0);
}
