// Makes a name safe to show in a prompt and on the page of a share. A name comes from a vault or a program. So it loses every
// character that could redraw a terminal, reorder a line, or look like nothing.

/** Control characters, surrogates, private, unassigned and invisible characters, and separators of lines and paragraphs. */
const UNSHOWABLE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu;

/** The Braille pattern without a dot is drawn as a blank, although its class is no space. */
const BLANKS = /[\s\u2800]+/gu;

/** The text on one line, without invisible or direction-changing characters (Unicode TR 36, section 2.6). Of any length. */
export function cleanText(text: string): string {
  return text.normalize("NFC").replace(UNSHOWABLE, "").replace(BLANKS, " ");
}
