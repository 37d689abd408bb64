// Names that others have chosen, as they may be shown: in a prompt, and on the page of a share. A name comes from a vault or a
// program, so it loses whatever could redraw a terminal, reorder a line, or look like nothing.

/** Controls, surrogates, private and unassigned characters; what is drawn as nothing; line and paragraph separators. */
const UNSHOWABLE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu;

/** The Braille pattern without a dot is drawn as a blank, and is none by its class. */
const BLANKS = /[\s\u2800]+/gu;

/** The text on one line, without invisible or direction-changing characters (Unicode TR 36, section 2.6). Of any length. */
export function cleanText(text: string): string {
  return text.normalize("NFC").replace(UNSHOWABLE, "").replace(BLANKS, " ");
}
