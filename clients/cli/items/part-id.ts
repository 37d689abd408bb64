// Ids of the fields and sections that the command makes. A reference names an id letter for letter, and may hold few
// letters, so a name that is no id gets one that resembles it.
import { randomBytes } from "node:crypto";
import { normalTitle } from "./normal-title.ts";

/** What an id may hold, as a reference may. */
export const LEGAL = /^[A-Za-z0-9 \-_.]+$/;

/** Characters of an id, as the agent takes them; room is left for a number behind it, and for the prefix of a code's field. */
const ID_LENGTH_MAX = 100;

/**
 * The id of something called `name`: the name itself where it may be one. `taken` are the ids and titles that are there. Ids
 * come before titles in a reference, so an id that is another's title would take its place.
 */
export function partId(name: string, taken: readonly string[]): string {
  const others = new Set(taken.map(normalTitle));
  const wanted = LEGAL.test(name) && name.length <= ID_LENGTH_MAX ? name : resembling(name);
  for (let number = 1; ; number++) {
    const id = number === 1 ? wanted : `${wanted}-${number}`;
    if (!others.has(normalTitle(id))) return id;
  }
}

/** `Schlüssel` is Schlussel, `API key (live)` is API key live. Where nothing is left, as of other scripts, any id will do. */
function resembling(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Za-z0-9\-_.]+/g, " ")
    .trim()
    .slice(0, ID_LENGTH_MAX)
    .trim();
  return /[A-Za-z0-9]/.test(plain) ? plain : randomBytes(10).toString("hex");
}
