// Values of an import that need not be concealed. Concealing every `true` and `5432` would garble a program's output.
import { PREFIX } from "../text/reference-text.ts";

/** Digits of a number that is no secret: a port, a size, a count. A number of six digits may be a PIN or a code. */
const PLAIN_DIGITS_MAX = 5;

/**
 * Whether a value is plain: `true` or `false`, a short number, or a variable named in `--plain`. A reference is plain too: the field
 * that it leads to decides whether its value is concealed.
 */
export function isPlain(name: string, value: string, named: ReadonlySet<string>): boolean {
  if (named.has(name) || value.startsWith(PREFIX) || /^(?:true|false)$/i.test(value)) return true;
  return /^[+-]?\d+(?:\.\d+)?$/.test(value) && value.replace(/\D/g, "").length <= PLAIN_DIGITS_MAX;
}
