// A result that is JSON already, and its sending. A list of names has megabytes. Parsing it and joining it again costs several times as much
// as sending it. Nothing here reads the bytes.
import type { Writable } from "node:stream";

/** The answer of a handler: the result, or its JSON. */
export type Answer<T> = T | Encoded<T>;

/** A result as bytes of JSON, on one line, since a line break would end the answer. The code that sends or drops it wipes it. */
export class Encoded<T> {
  readonly json: Uint8Array;

  constructor(json: Uint8Array) {
    this.json = json;
  }

  /** The parsed value, for an answer in a batch. */
  toJSON(): T {
    return JSON.parse(decoder.decode(this.json)) as T;
  }
}

/** One line to send, without its end: a text, or bytes between two texts. It knows its number of bytes. */
export type Line = { readonly bytes: number } & (
  | { readonly text: string }
  | { readonly before: string; readonly json: Uint8Array; readonly after: string }
);

const decoder = new TextDecoder();

/** The line of a message. It holds the bytes themselves where the result is JSON already. */
export function lineOf(message: object): Line {
  const result = "result" in message ? message.result : undefined;
  if (!(result instanceof Encoded)) {
    const text = JSON.stringify(message);
    return { text, bytes: Buffer.byteLength(text) };
  }
  // The result comes last. JSON-RPC has no order of members, and the text after it is then the same for every answer.
  const rest = JSON.stringify({ ...message, result: undefined });
  const before = `${rest.slice(0, -1)},"result":`;
  const { json } = result;
  return { before, json, after: "}", bytes: Buffer.byteLength(before) + json.length + 1 };
}

/** Wipes the bytes of a line that is not sent. */
export function discard(line: Line): void {
  if ("json" in line) line.json.fill(0);
}

/** The bytes of a response's result where it is JSON already, or 0. */
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

/** Writes lines to a stream. Bytes are wiped once they have left, or never will. */
export function writeLines(out: Writable, lines: readonly Line[]): void {
  let text = "";
  // Several writes then leave as one. Answers of text only are one write anyway.
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
