// A pattern of references: `*` stands for any characters within one part. It is compared with a reference as it was sent, in any case, as titles
// are. Nothing is looked up.
import { parseReference } from "../../protocol/secret/reference.ts";

export type Pattern = { readonly parts: readonly string[] };

/** A part: the characters that a reference may have, and the star. */
const PART = /^[A-Za-z0-9 \-_.*]+$/;

const PREFIX = "op://";

/** Undefined where the text is no pattern. */
export function parsePattern(text: string): Pattern | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const parts = text.slice(PREFIX.length).split("/");
  if (parts.length < 3 || parts.length > 4 || !parts.every((part) => PART.test(part))) return undefined;
  return { parts: parts.map((part) => part.toLowerCase()) };
}

/** The parts of a reference as it was sent, in lower case. Undefined where the text is no reference. Its query is not looked at. */
export function sentParts(reference: string): readonly string[] | undefined {
  try {
    const { vault, item, section, field } = parseReference(reference);
    return [vault, item, ...(section === undefined ? [] : [section]), field].map((part) => part.toLowerCase());
  } catch {
    // The gate refuses such a text by itself.
    return undefined;
  }
}

export function matches({ parts }: Pattern, sent: readonly string[]): boolean {
  return parts.length === sent.length && parts.every((part, at) => fits(part, sent[at] ?? ""));
}

/** Takes the leftmost place of each piece between two stars, so that no pattern makes it try again. */
function fits(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  const middle = text.slice(first.length, text.length - last.length);
  let at = 0;
  for (const piece of rest) {
    const found = middle.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
}
