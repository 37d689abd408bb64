// How a secret is written into a place of a template: as it is, or so that JSON, YAML or a shell reads it back.

export const escapes = ["json", "yaml", "shell"] as const;
export type Escape = (typeof escapes)[number];

/** What stands around a place, as far as its own line tells. */
type Around = "nothing" | '"' | "'";

/** A place whose surroundings leave no way to write a value. */
export class WrongPlace extends Error {
  override readonly name = "WrongPlace";
}

/** Beside what JSON escapes: what YAML 1.1 takes for unprintable or for a line's end. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff]/g;

/** The value, in quotes of its own, or fit for those that it stands between. Throws WrongPlace. */
export function escaped(value: string, form: Escape, line: string): string {
  const around = aroundEnd(line, form);
  if (form === "shell") return shellWord(value, around);
  if (around === "'") throw new WrongPlace(`${form} cannot be written between single quotes`);
  const literal = JSON.stringify(value).replace(
    UNPRINTABLE,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return around === '"' ? literal.slice(1, -1) : literal;
}

function shellWord(value: string, around: Around): string {
  if (around === '"') return value.replace(/["\\$`]/g, "\\$&");
  const inside = value.replaceAll("'", `'\\''`);
  return around === "'" ? inside : `'${inside}'`;
}

/** Which quote is open at the end of what stands before a place in its line. */
function aroundEnd(line: string, form: Escape): Around {
  let open: Around = "nothing";
  for (let at = 0; at < line.length; at++) {
    const one = line[at];
    if (one === "\\" && (open === '"' || (open === "nothing" && form === "shell"))) at++;
    else if (open !== "nothing") open = one === open ? "nothing" : open;
    else if (one === '"' || (one === "'" && opensSingle(line, at, form))) open = one;
  }
  return open;
}

/** An apostrophe in the middle of a YAML text is one. JSON has none outside of double quotes: what writes it so is no JSON. */
function opensSingle(line: string, at: number, form: Escape): boolean {
  if (form !== "yaml") return true;
  return at === 0 || " \t[{,".includes(line[at - 1] ?? "");
}
