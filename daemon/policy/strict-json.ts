// JSON without what two readers could read in two ways: a key twice in one object, or bytes that are no UTF-8.
import { nestsAtMost } from "../../protocol/framing.ts";

/** Reads a JSON text of at most `depth` levels. `fault` makes the error to throw. */
export function parseStrictJson(bytes: Uint8Array, depth: number, fault: (why: string) => Error): unknown {
  if (!nestsAtMost(bytes, depth)) throw fault(`it is nested deeper than ${depth} levels`);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    // The parser's words quote the file.
    throw fault("it is no JSON in UTF-8");
  }
  if (hasKeyTwice(text)) throw fault("an object has the same key twice");
  return value;
}

/** A string, or a sign that matters to the place in the tree. The text is valid JSON by then. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

function hasKeyTwice(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key) === true) return true;
      keys?.add(key);
    }
    last = token;
  }
  return false;
}
