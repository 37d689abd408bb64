// Reads NAME=… in options, for fields and for variables.
import { UsageError } from "../terminal/exit-code.ts";

/**
 * The name, and the text behind the first `=`. Throws UsageError, which does not repeat the text: a text without a name may be a secret
 * in a wrong place.
 */
export function namedPart(text: string, option: string, what: "VALUE" | "PATH" | "N"): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`${option} takes NAME=${what}`, `for one, ${option} ${examples[what]}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

const examples = { VALUE: "REGION=eu", PATH: "PASSWORD=password.txt", N: "PASSWORD=3 3< password.txt" } as const;
