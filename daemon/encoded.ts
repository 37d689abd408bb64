// A result that is JSON already, and how it is sent: a list of names is megabytes, and taken apart only to be put together
// again it costs several times what sending it does. Nothing here looks into the bytes.
import type { Writable } from "node:stream";

/** What a handler may answer with: the result, or its JSON. */
export type Answer<T> = T | Encoded<T>;

/** A result as the bytes of its JSON: on one line, since a line break would end the answer. Sent as it is, it is wiped after. */
export class Encoded<T> {
  readonly json: Uint8Array;

  constructor(json: Uint8Array) {
    this.json = json;
  }

  /** For an answer that is put together with others, in a batch. */
  toJSON(): T {
    return JSON.parse(decoder.decode(this.json)) as T;
  }
}

/** One line to be sent, without its end: text, or bytes that stand between two texts. */
export type Line = string | { readonly before: string; readonly json: Uint8Array; readonly after: string };

const decoder = new TextDecoder();

/** The line of a message; of an answer whose result is JSON already, the bytes of that. */
export function lineOf(message: object): Line {
  const result = "result" in message ? message.result : undefined;
  if (!(result instanceof Encoded)) return JSON.stringify(message);
  // The result comes last: JSON-RPC gives its members no order, and what follows it is then the same for every answer.
  const rest = JSON.stringify({ ...message, result: undefined });
  return { before: `${rest.slice(0, -1)},"result":`, json: result.json, after: "}" };
}

export function bytesOf(line: Line): number {
  if (typeof line === "string") return Buffer.byteLength(line);
  return Buffer.byteLength(line.before) + line.json.length + line.after.length;
}

/** Bytes of a response's result where that is JSON already, else 0. */
export function encodedBytes(response: object | null): number {
  const result = response !== null && "result" in response ? response.result : undefined;
  return result instanceof Encoded ? result.json.length : 0;
}

/** Hands lines to a stream; bytes are wiped once they have left, or never will. */
export function writeLines(out: Writable, lines: readonly Line[]): void {
  let text = "";
  // Several writes then go out as one. The many answers that are texts alone are one write anyway.
  if (lines.some((line) => typeof line !== "string")) out.cork();
  for (const line of lines) {
    if (typeof line === "string") {
      text += `${line}\n`;
      continue;
    }
    out.write(text + line.before);
    out.write(line.json, () => line.json.fill(0));
    text = `${line.after}\n`;
  }
  if (text !== "") out.write(text);
  out.uncork();
}
