// Texts of others as a person is shown them. Names come from vaults and programs, so they are stripped of whatever could
// redraw a terminal or reorder the line, and cut.

/** Characters of one shown name: a line of a terminal holds it, and a long name cannot push the question away. */
export const SHOWN_LENGTH_MAX = 120;

/** Columns of a line about a thing: with its indentation it fits a terminal of 80, so that none goes on in the next row. */
export const LINE_COLUMNS_MAX = 76;

/** Controls, surrogates, private and unassigned characters; what is drawn as nothing; line and paragraph separators. */
const UNSHOWABLE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu;

/** The Braille pattern without a dot is drawn as a blank, and is none by its class. */
const BLANKS = /[\s\u2800]+/gu;

/** Makes a text safe to show: no controls, no invisible or direction-changing characters, at most 120 characters. */
export function shown(text: string): string {
  const characters = [...clean(text)];
  return characters.length <= SHOWN_LENGTH_MAX
    ? characters.join("")
    : `${characters.slice(0, SHOWN_LENGTH_MAX - 1).join("")}…`;
}

/** A line about a thing as it is shown: safe, and cut to its columns. */
export function shownLine(text: string): string {
  const line = clean(text).trimEnd();
  if (columnsOf(line) <= LINE_COLUMNS_MAX) return line;
  let kept = "";
  for (const character of line) {
    if (columnsOf(kept + character) >= LINE_COLUMNS_MAX) break;
    kept += character;
  }
  return `${kept}…`;
}

function clean(text: string): string {
  return text.normalize("NFC").replace(UNSHOWABLE, "").replace(BLANKS, " ");
}

/** At most: from Hangul on letters may be two columns wide, and not all are. */
function columnsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (character < "\u1100" ? 1 : 2), 0);
}
