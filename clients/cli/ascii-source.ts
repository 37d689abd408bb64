// The shipped programs in ASCII alone. V8 keeps a program's text for as long as the program runs, and one character beyond Latin-1 doubles
// its size: three such characters cost the agent 1.4 MB.

/** A backslash that escapes a character beyond ASCII. An escape of that character would then read as a backslash and the letters of it. */
const ESCAPED = /(?<!\\)(?:\\\\)*\\[^\0-\x7f]/;

/** A raw template with a character beyond ASCII. An escape stays an escape in it. */
const RAW = /String\.raw`[^`]*[^\0-\x7f][^`]*`/;

/** The same program, with its characters beyond ASCII as escapes. Throws where an escape would mean something else. */
export function asciiSource(code: string): string {
  const found = ESCAPED.exec(code) ?? RAW.exec(code);
  if (found !== null) throw new Error(`the program cannot be written in ASCII: ${JSON.stringify(found[0])}`);
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
