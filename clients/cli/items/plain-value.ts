// What of an import nobody has to hide: to conceal every `true` and `5432` would garble what a program prints.
import { PREFIX } from "../text/reference-text.ts";

/** Digits of a number that is no secret: a port, a size, a count. From six on it may be a PIN or a code. */
const PLAIN_DIGITS_MAX = 5;

/**
 * Whether a value is shown: `true` or `false`, a short number, one whose name was given to `--plain`; and a reference, which is no
 * secret: what it leads to is hidden or not by its own field.
 */
export function isPlain(name: string, value: string, named: ReadonlySet<string>): boolean {
  if (named.has(name) || value.startsWith(PREFIX) || /^(?:true|false)$/i.test(value)) return true;
  return /^[+-]?\d+(?:\.\d+)?$/.test(value) && value.replace(/\D/g, "").length <= PLAIN_DIGITS_MAX;
}
