// Makes a value safe to show. Characters that are drawn as nothing or as a blank, or that reverse a line, are replaced by their
// codes. A person who types the value off the screen then types the shared value. The Copy button always has the exact text.

/** A stretch of a text. It has a `code` where it is one character that a reader could not see. */
export type Stretch = { readonly raw: string; readonly code?: string };

/** Line ends and tabs, which are drawn as such. */
const DRAWN = String.raw`\n\t`;

/** Characters that join the parts of an emoji: two pictures become one, or a picture gets its colour. */
const JOINS = String.raw`(?<=\p{Extended_Pictographic})\ufe0f|(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})`;

/** Control and format characters, lone surrogates, private and unassigned ones, invisible ones, and every space but the usual one. */
const UNSEEN = new RegExp(
  String.raw`(?<join>${JOINS}|\r(?=\n))|(?![ ${DRAWN}])[\p{C}\p{Default_Ignorable_Code_Point}\p{Z}\u2800]`,
  "gu",
);

/** Cuts the text into stretches, in order. All their `raw` parts joined are the text again. */
export function visibleStretches(text: string): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (found.groups?.join !== undefined) continue;
    const [raw] = found;
    if (found.index > from) stretches.push({ raw: text.slice(from, found.index) });
    stretches.push({ raw, code: codeOf(raw) });
    from = found.index + raw.length;
  }
  if (from < text.length) stretches.push({ raw: text.slice(from) });
  return stretches;
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
