// Writes a secret into a place of a template: as it is, or so that JSON, YAML or a shell reads it back.

export const escapes = ["json", "yaml", "shell"] as const;
export type Escape = (typeof escapes)[number];

/** The quotes around a place, as far as its own line shows them. */
type Around = "nothing" | '"' | "'";

/** A place in which no value can be written. */
export class WrongPlace extends Error {
  override readonly name = "WrongPlace";
}

/** Characters that JSON does not escape, and that YAML 1.1 takes for unprintable or for a line's end. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff]/g;

/** The value in quotes of its own, or escaped for the quotes around it. Throws WrongPlace. */
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

/** The quote that is open at a place, judged by the line before it. */
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

/** An apostrophe inside a YAML word is no quote. JSON has no apostrophe outside of double quotes, so such a text is no JSON. */
function opensSingle(line: string, at: number, form: Escape): boolean {
  if (form !== "yaml") return true;
  return at === 0 || " \t[{,".includes(line[at - 1] ?? "");
}
