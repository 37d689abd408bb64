// JSON for a person's terminal as much as for a program. A title may hold characters that move the cursor, turn the direction of a line or are not
// seen. JSON.stringify escapes only the first 32. All others of them are escaped here: every reader of JSON gets the same text back.

/** Controls that JSON.stringify leaves as they are (the second set, C1, begins an escape sequence by one character), separators of lines, and characters that are not seen. */
const UNSEEN = /[\x7f-\x9f\p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** The value as JSON, on one line where no indent is given. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(UNSEEN, escapedUnits);

/** A character beyond U+FFFF is two units, each with an escape of its own (RFC 8259, section 7). */
const escapedUnits = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => escapedUnit(character.charCodeAt(at))).join("");

const escapedUnit = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;
