// The forms of a payload in an answer of the official SDKs' door. Every official client reads a list of numbers, which takes up to four bytes for
// each. JavaScript also reads a text, and Go base64. Where a list of numbers is too long for a line, they get those.
import { byteList, byteListLength } from "../../protocol/sdk/byte-list.ts";

/** The shorter form that a client reads beside the list of numbers. */
export type ShortForm = "text" | "base64";
export type Form = "numbers" | ShortForm;

/** A document: its bytes, or the bytes of the file that it holds. A file is written as a document while it is sent. */
export type Document = { readonly payload: Uint8Array; readonly isFile?: true };

/** Bytes of the payload that are written at once. Writing them delays no other request. Base64 takes three at a time. */
const PART_BYTES = 63 * 1024;

const digitsAndComma = (byte: number) => byteListLength(Uint8Array.of(byte)) + 1;
const tableOf = (length: (byte: number) => number) => Uint8Array.from({ length: 256 }, (_, byte) => length(byte));

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isEscaped = (byte: number) => byte === QUOTE || byte === BACKSLASH;

/** Bytes in the line for each byte of a document, and for each byte of a file with the comma behind it. */
const makeLengths = () => ({
  numbers: tableOf(digitsAndComma),
  text: tableOf((byte) => (isEscaped(byte) ? 2 : 1)),
  numbersOfFile: tableOf((byte) => byteList(Buffer.from(`${byte},`)).length + 1),
  textOfFile: tableOf(digitsAndComma),
});

/** Made at the first answer through that door. They take 3 ms, and the agent's first answer does not wait for them. */
let madeLengths: ReturnType<typeof makeLengths> | undefined;
function lengthsOf(form: keyof ReturnType<typeof makeLengths>): Uint8Array {
  madeLengths ??= makeLengths();
  return madeLengths[form];
}

/** By index: an iterator takes ten times as long, and this is megabytes between two requests of others. */
function sum(bytes: Uint8Array, table: Uint8Array): number {
  let all = 0;
  for (let at = 0; at < bytes.length; at++) all += table[bytes[at] as number] as number;
  return all;
}

const base64Length = (bytes: number) => 4 * Math.ceil(bytes / 3);

/** Bytes of the payload in the line, with its brackets or quotation marks. */
export function formLength({ payload, isFile }: Document, form: Form): number {
  const { length } = payload;
  if (form === "base64") return 2 + base64Length(isFile ? 2 + base64Length(length) : length);
  if (!isFile) return 2 + sum(payload, lengthsOf(form)) - (form === "numbers" && length > 0 ? 1 : 0);
  // The document's own brackets, and no comma behind its last number.
  if (form === "text") return 4 + sum(payload, lengthsOf("textOfFile")) - Math.min(1, length);
  return 2 + "91,93".length + sum(payload, lengthsOf("numbersOfFile")) - (length > 0 ? ",44".length : 0);
}

/** The payload in this form, part by part. */
export function* formParts(document: Document, form: Form): Generator<Uint8Array> {
  const encode = encoders[form]();
  yield Buffer.from(form === "numbers" ? "[" : '"');
  for (const part of documentParts(document, form)) yield encode(part);
  yield encode(undefined);
  yield Buffer.from(form === "numbers" ? "]" : '"');
}

function* documentParts({ payload, isFile }: Document, form: Form): Generator<Uint8Array> {
  const marks = !isFile ? "" : form === "base64" ? '""' : "[]";
  if (isFile) yield Buffer.from(marks.slice(0, 1));
  for (let at = 0; at < payload.length; at += PART_BYTES) {
    const part = payload.subarray(at, at + PART_BYTES);
    if (!isFile) yield part;
    else if (form === "base64") yield Buffer.from(part.toBase64());
    else yield Buffer.concat([Buffer.from(at === 0 ? "" : ","), byteList(part)]);
  }
  if (isFile) yield Buffer.from(marks.slice(1));
}

/** Encodes one part after the other. Undefined is the end. */
type Encode = (part: Uint8Array | undefined) => Uint8Array;

const NOTHING = new Uint8Array(0);

const encoders: Readonly<Record<Form, () => Encode>> = {
  numbers: () => {
    let comma = "";
    return (part) => {
      if (part === undefined || part.length === 0) return NOTHING;
      const list = Buffer.concat([Buffer.from(comma), byteList(part)]);
      comma = ",";
      return list;
    };
  },
  // A document is JSON, so it has no control characters.
  text: () => (part) => (part === undefined ? NOTHING : escaped(part)),
  base64: () => {
    let rest: Uint8Array = NOTHING;
    return (part) => {
      const all = Buffer.concat([rest, part ?? NOTHING]);
      const whole = part === undefined ? all.length : all.length - (all.length % 3);
      rest = all.subarray(whole);
      return Buffer.from(all.subarray(0, whole).toBase64());
    };
  },
};

function escaped(part: Uint8Array): Uint8Array {
  const text = new Uint8Array(sum(part, lengthsOf("text")));
  let at = 0;
  for (let index = 0; index < part.length; index++) {
    const byte = part[index] as number;
    if (isEscaped(byte)) text[at++] = BACKSLASH;
    text[at++] = byte;
  }
  return text;
}
