// One JSON value per line, UTF-8, LF. Turns chunks of bytes into lines under a byte limit, and checks nesting before
// any parser sees the line (a deep line would otherwise cost a stack, not an error).

const LF = 0x0a;
const CR = 0x0d;

/** The callbacks of a reader. It delivers each line without its LF (and a CR before it), or says once that a line was too long. */
export type LineSink = { line(bytes: Uint8Array): void; tooLong(): void };

export type LineReader = {
  push(chunk: Uint8Array): void;
  /** Reads on from `from`, at most until one line was delivered. Returns where to read on; the chunk's length once all of it is read. */
  pushLine(chunk: Uint8Array, from: number): number;
  /** Bytes of the unfinished line. */
  readonly pendingBytes: number;
  /** Forgets the unfinished line and delivers nothing more. */
  drop(): void;
};

/**
 * Reads lines of at most `limit()` bytes. It asks for the limit at each line, so a hello takes effect for the next line of the same
 * chunk. After `tooLong` it delivers nothing more, since it cannot find the next line.
 */
export function createLineReader(limit: () => number, sink: LineSink): LineReader {
  let pending: Uint8Array[] = [];
  let pendingSize = 0;
  let broken = false;

  function take(tail: Uint8Array): Uint8Array {
    const parts = pending;
    const size = pendingSize;
    pending = [];
    pendingSize = 0;
    if (parts.length === 0) return withoutCr(tail);
    const line = new Uint8Array(size + tail.length);
    let at = 0;
    for (const part of parts) {
      line.set(part, at);
      at += part.length;
      part.fill(0);
    }
    line.set(tail, at);
    return withoutCr(line);
  }

  function drop(): void {
    broken = true;
    for (const part of pending) part.fill(0);
    pending = [];
    pendingSize = 0;
  }

  function pushLine(chunk: Uint8Array, from: number): number {
    if (broken) return chunk.length;
    const end = chunk.indexOf(LF, from);
    const size = pendingSize + (end === -1 ? chunk.length : end) - from;
    if (size > limit()) {
      drop();
      sink.tooLong();
      return chunk.length;
    }
    if (end === -1) {
      // This must be a copy, and a Buffer's slice is none. A view would keep the socket's whole chunk alive, or see it reused.
      pending.push(Uint8Array.from(chunk.subarray(from)));
      pendingSize = size;
      return chunk.length;
    }
    sink.line(take(chunk.subarray(from, end)));
    return end + 1;
  }

  function push(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) from = pushLine(chunk, from);
  }

  return {
    push,
    pushLine,
    drop,
    get pendingBytes() {
      return pendingSize;
    },
  };
}

function withoutCr(line: Uint8Array): Uint8Array {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}

/**
 * Whether the JSON text has at most so many parts: arrays, objects, texts and fractions. Each costs a parser many times its length, so
 * megabytes of `{},` would fill the memory. Whole numbers do not count, since a file may come as a list of them.
 */
export function hasPartsAtMost(text: Uint8Array, most: number): boolean {
  return partsOf(text, most) <= most;
}

/** The number of such parts. The count ends past `most`. */
export function partsOf(text: Uint8Array, most: number): number {
  let parts = 0;
  for (let index = 0; index < text.length; index++) {
    const byte = text[index];
    if (byte === undefined || costly[byte] === 0) continue;
    parts++;
    if (parts > most) return parts;
    if (byte === QUOTE) index = endOfString(text, index + 1);
  }
  return parts;
}

/** Bytes of a string that are looked at one by one. Behind them the engine's own search for a byte is faster than its call costs. */
const LOOKED_BYTES = 64;

/** The place of the quote that ends a string, or the text's length. */
function endOfString(text: Uint8Array, from: number): number {
  let index = from;
  // Each is looked for again once it is passed, so that no byte is searched twice.
  let quote = -1;
  let backslash = -1;
  for (;;) {
    for (const until = index + LOOKED_BYTES; index < until; index++) {
      const byte = text[index];
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE || byte === undefined) return Math.min(index, text.length);
    }
    if (quote < index) quote = text.indexOf(QUOTE, index);
    if (quote === -1) return text.length;
    if (backslash < index) backslash = placeOf(text, BACKSLASH, index);
    if (quote < backslash) return quote;
    index = backslash;
  }
}

function placeOf(text: Uint8Array, byte: number, from: number): number {
  const found = text.indexOf(byte, from);
  return found === -1 ? text.length : found;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
/** A quote, a bracket, or a sign of a fraction: `.`, `e`, `E`. The words true and false count for it. */
const costly = new Uint8Array(256);
for (const byte of [QUOTE, OPEN_ARRAY, OPEN_OBJECT, 0x2e, 0x65, 0x45]) costly[byte] = 1;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Whether arrays and objects in the JSON text nest no deeper than `depth`. Brackets inside strings do not count. */
export function nestsAtMost(line: Uint8Array, depth: number): boolean {
  let open = 0;
  for (let index = 0; index < line.length; index++) {
    const byte = line[index];
    if (byte === QUOTE) index = endOfString(line, index + 1);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      open++;
      if (open > depth) return false;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) open--;
  }
  return true;
}

/** The shape of a JSON text that comes in chunks: its parts, as `partsOf` counts them, and its deepest nesting. */
export type Shape = { add(chunk: Uint8Array): void; readonly parts: number; readonly deepest: number };

export function createShape(): Shape {
  let parts = 0;
  let open = 0;
  let deepest = 0;
  let inString = false;
  /** Whether the last chunk ended with a backslash that escapes the next byte. */
  let isEscaped = false;

  /** Reads on in a string. Returns the place behind it, or behind the chunk. */
  function readString(chunk: Uint8Array, from: number): number {
    const end = endOfString(chunk, from + (isEscaped ? 1 : 0));
    inString = end >= chunk.length;
    isEscaped = inString && endsEscaping(chunk, from + (isEscaped ? 1 : 0));
    return end + 1;
  }

  return {
    add: (chunk) => {
      if (chunk.length === 0) return;
      let index = inString ? readString(chunk, 0) : 0;
      for (; index < chunk.length; index++) {
        const byte = chunk[index];
        if (byte === undefined) break;
        if (costly[byte] === 1) parts++;
        if (byte === QUOTE) index = readString(chunk, index + 1) - 1;
        else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) deepest = Math.max(deepest, ++open);
        else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) open--;
      }
    },
    get parts() {
      return parts;
    },
    get deepest() {
      return deepest;
    },
  };
}

/** Whether an odd number of backslashes ends the bytes of a string from here on. */
function endsEscaping(chunk: Uint8Array, from: number): boolean {
  let at = chunk.length;
  while (at > from && chunk[at - 1] === BACKSLASH) at--;
  return (chunk.length - at) % 2 === 1;
}

/**
 * Whether a JSON text in UTF-8 has an escape of half a surrogate pair without its other half. JSON has such texts, and UTF-8 has not. It is
 * looked for in the bytes: a function that JSON.parse calls for each value takes minutes and gigabytes for a list of millions.
 */
export function hasHalfCharacter(text: Uint8Array): boolean {
  for (let at = text.indexOf(BACKSLASH); at !== -1; at = text.indexOf(BACKSLASH, at)) {
    const half = halfAt(text, at);
    if (half === "low" || (half === "high" && halfAt(text, at + ESCAPE_BYTES) !== "low")) return true;
    at += half === "high" ? 2 * ESCAPE_BYTES : 2;
  }
  return false;
}

/** Bytes of an escape with its four digits. */
const ESCAPE_BYTES = 6;
const SMALL_U = 0x75;

function halfAt(text: Uint8Array, at: number): "high" | "low" | undefined {
  if (text[at] !== BACKSLASH || text[at + 1] !== SMALL_U) return undefined;
  // Of D8 to DB and DC to DF the first digit is a letter, so the case bit can be set in all.
  const first = (text[at + 2] ?? 0) | CASE_BIT;
  const second = (text[at + 3] ?? 0) | CASE_BIT;
  if (first !== SMALL_D) return undefined;
  if (second === 0x38 || second === 0x39 || second === 0x61 || second === 0x62) return "high";
  return second >= 0x63 && second <= 0x66 ? "low" : undefined;
}

const CASE_BIT = 0x20;
const SMALL_D = 0x64;
