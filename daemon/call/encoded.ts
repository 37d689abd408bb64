// A result that is JSON already, and how it is sent: a list of names is megabytes, and taken apart only to be put together
// again it costs several times what sending it does. Nothing here looks into the bytes.
import type { Writable } from "node:stream";

/** What a handler may answer with: the result, or its JSON. */
export type Answer<T> = T | Encoded<T>;

/** A result as the bytes of its JSON: on one line, since a line break would end the answer. Whoever sends or drops it wipes it. */
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

/** One line to be sent, without its end: text, or bytes that stand between two texts; and how many bytes it has. */
export type Line = { readonly bytes: number } & (
  | { readonly text: string }
  | { readonly before: string; readonly json: Uint8Array; readonly after: string }
);

const decoder = new TextDecoder();

/** The line of a message; of an answer whose result is JSON already, the bytes of that. */
export function lineOf(message: object): Line {
  const result = "result" in message ? message.result : undefined;
  if (!(result instanceof Encoded)) {
    const text = JSON.stringify(message);
    return { text, bytes: Buffer.byteLength(text) };
  }
  // The result comes last: JSON-RPC gives its members no order, and what follows it is then the same for every answer.
  const rest = JSON.stringify({ ...message, result: undefined });
  const before = `${rest.slice(0, -1)},"result":`;
  const { json } = result;
  return { before, json, after: "}", bytes: Buffer.byteLength(before) + json.length + 1 };
}

/** Wipes the bytes of a line that is not sent. */
export function discard(line: Line): void {
  if ("json" in line) line.json.fill(0);
}

/** Bytes of a response's result where that is JSON already, else 0. */
export function encodedBytes(response: object | null): number {
  return encodedOf(response)?.json.length ?? 0;
}

/** Wipes the bytes of a response that is not sent as they are. */
export function wipeEncoded(response: object | null): void {
  encodedOf(response)?.json.fill(0);
}

function encodedOf(response: object | null): Encoded<unknown> | undefined {
  const result = response !== null && "result" in response ? response.result : undefined;
  return result instanceof Encoded ? result : undefined;
}

/** Hands lines to a stream; bytes are wiped once they have left, or never will. */
export function writeLines(out: Writable, lines: readonly Line[]): void {
  let text = "";
  // Several writes then go out as one. The many answers that are texts alone are one write anyway.
  if (lines.some((line) => "json" in line)) out.cork();
  for (const line of lines) {
    if ("text" in line) {
      text += `${line.text}\n`;
      continue;
    }
    out.write(text + line.before);
    out.write(line.json, () => line.json.fill(0));
    text = `${line.after}\n`;
  }
  if (text !== "") out.write(text);
  out.uncork();
}
