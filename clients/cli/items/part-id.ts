// Makes ids for new fields and sections. A reference names an id letter for letter, and can hold few letters. So a name that is no id
// gets an id that resembles it. It runs in a browser too.
import { normalTitle } from "./normal-title.ts";

/** The characters of an id: those of a reference. */
export const LEGAL = /^[A-Za-z0-9 \-_.]+$/;

/** Characters of an id. The agent takes more, which leaves room for a number behind it and for the prefix of a one-time code's field. */
const ID_LENGTH_MAX = 100;

/**
 * The id for something called `name`: the name itself, where it can be an id. `taken` are the existing ids and titles. In a reference ids
 * come before titles, so an id that equals another thing's title would hide it.
 */
export function partId(name: string, taken: readonly string[]): string {
  const others = new Set(taken.map(normalTitle));
  const wanted = LEGAL.test(name) && name.length <= ID_LENGTH_MAX ? name : resembling(name);
  for (let number = 1; ; number++) {
    const id = number === 1 ? wanted : `${wanted}-${number}`;
    if (!others.has(normalTitle(id))) return id;
  }
}

/** `Schlüssel` becomes Schlussel, and `API key (live)` becomes API key live. Where nothing is left, as in other scripts, any id will do. */
function resembling(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Za-z0-9\-_.]+/g, " ")
    .trim()
    .slice(0, ID_LENGTH_MAX)
    .trim();
  return /[A-Za-z0-9]/.test(plain) ? plain : randomHex(10);
}

const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
