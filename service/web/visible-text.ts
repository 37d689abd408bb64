// A value as it may be shown: what is drawn as nothing, as a blank, or turns the order of a line around stands there by its
// code. Whoever compares or types off what they see then has what was shared; the Copy button has the exact text in any case.

/** A stretch of a text. `code` is there where it is one character that a reader could not see. */
export type Stretch = { readonly raw: string; readonly code?: string };

/** Line ends and tabs are drawn as what they are. */
const DRAWN = String.raw`\n\t`;

/** Inside an emoji these join its parts: of two pictures one is made, or a picture is drawn in colour. */
const JOINS = String.raw`(?<=\p{Extended_Pictographic})\ufe0f|(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})`;

/** Controls, format characters, lone surrogates, private and unassigned ones; what is drawn as nothing; every space but the usual one. */
const UNSEEN = new RegExp(
  String.raw`(?<join>${JOINS}|\r(?=\n))|(?![ ${DRAWN}])[\p{C}\p{Default_Ignorable_Code_Point}\p{Z}\u2800]`,
  "gu",
);

/** The text in stretches, in order; their `raw` together are the text again. */
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
