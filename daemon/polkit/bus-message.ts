// Messages of the system bus, as the D-Bus specification (1.0, section "Message Protocol") has them: little endian, each value at a multiple of its
// size. Only what a question to polkit needs is written and read: calls, answers and errors. The bus refuses an answer that nobody asked for, but any
// program on it may send us a signal. So a signal is passed over unread, whatever it holds.

/** Bytes of an answer that is read. What polkit answers takes some hundred. */
export const MESSAGE_BYTES_MAX = 64 * 1024;

/** The other end does not speak the protocol. The text holds nothing of what it sent. */
export class BusBroken extends Error {
  override readonly name = "BusBroken";
}

export type Method = {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
};

/** The kinds of messages. */
export const kinds = { call: 1, answer: 2, error: 3, signal: 4 } as const;

/** The kinds of header fields. */
const fields = { path: 1, interface: 2, member: 3, error: 4, replySerial: 5, destination: 6, signature: 8 } as const;

const LITTLE_ENDIAN = "l".charCodeAt(0);
const BIG_ENDIAN = "B".charCodeAt(0);
const VERSION = 1;

/** Bytes of a header before its fields. */
const HEAD_BYTES = 16;

/** Bytes of any message, by the specification's section "Message Format". No bus passes on a longer one. */
const ANY_BYTES_MAX = 128 * 1024 * 1024;

/** Writes values behind one another. Each aligns itself. */
export type Writer = {
  byte(value: number): void;
  u32(value: number): void;
  i32(value: number): void;
  u64(value: number): void;
  text(value: string): void;
  signature(value: string): void;
  /** Moves to a multiple of so many bytes. A struct and an entry of a dictionary begin at one of eight. */
  align(size: number): void;
  /** An array. Its length in bytes is set once its elements, which align to `size`, are written. */
  array(size: number, elements: () => void): void;
  bytes(): Buffer;
};

export function createWriter(): Writer {
  let made = Buffer.alloc(0);
  const add = (bytes: Uint8Array): void => {
    made = Buffer.concat([made, bytes]);
  };
  const align = (size: number): void => add(Buffer.alloc((size - (made.length % size)) % size));
  const number = (size: number, set: (bytes: Buffer) => void): void => {
    align(size);
    const bytes = Buffer.alloc(size);
    set(bytes);
    add(bytes);
  };
  const u32 = (value: number): void => number(4, (bytes) => bytes.writeUInt32LE(value));
  return {
    align,
    u32,
    byte: (value) => add(Buffer.from([value])),
    i32: (value) => number(4, (bytes) => bytes.writeInt32LE(value)),
    u64: (value) => number(8, (bytes) => bytes.writeBigUInt64LE(BigInt(value))),
    text: (value) => {
      u32(Buffer.byteLength(value));
      add(Buffer.from(`${value}\0`));
    },
    signature: (value) => add(Buffer.from([value.length, ...Buffer.from(value), 0])),
    array: (size, elements) => {
      u32(0);
      const place = made.length - 4;
      align(size);
      const begin = made.length;
      elements();
      made.writeUInt32LE(made.length - begin, place);
    },
    bytes: () => made,
  };
}

/** A call of a method, with its parameters as `body` writes them in the types of `signature`. */
export function callOf(serial: number, method: Method, signature: string, body: (writer: Writer) => void): Buffer {
  const parameters = createWriter();
  body(parameters);
  const writer = createWriter();
  for (const value of [LITTLE_ENDIAN, kinds.call, 0, VERSION]) writer.byte(value);
  writer.u32(parameters.bytes().length);
  writer.u32(serial);
  writer.array(8, () => {
    const field = (kind: number, type: string, value: string) => {
      writer.align(8);
      writer.byte(kind);
      writer.signature(type);
      if (type === "g") writer.signature(value);
      else writer.text(value);
    };
    field(fields.path, "o", method.path);
    field(fields.interface, "s", method.interface);
    field(fields.member, "s", method.member);
    field(fields.destination, "s", method.destination);
    if (signature !== "") field(fields.signature, "g", signature);
  });
  writer.align(8);
  return Buffer.concat([writer.bytes(), parameters.bytes()]);
}

/** Reads values behind one another. Each throws BusBroken where there is none. */
export type Reader = {
  u32(): number;
  flag(): boolean;
  text(): string;
  align(size: number): void;
  /** Reads elements until the end of the array. */
  array(size: number, element: () => void): void;
};

export type Message = {
  readonly kind: number;
  /** The number of the call that it answers. */
  readonly answers: number | undefined;
  /** The name of an error. */
  readonly error: string | undefined;
  readonly signature: string;
  readonly body: Reader;
};

/** A message at the beginning of the bytes: how many it takes, and what it says where it answers a call. */
export type Found = { readonly length: number; readonly message: Message | undefined };

/** The first message in these bytes. One that answers nothing is known by its head. Undefined where more bytes must come. Throws BusBroken. */
export function firstMessage(bytes: Buffer): Found | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const [order, kind = 0, , version] = bytes;
  const isLittle = order === LITTLE_ENDIAN;
  if (version !== VERSION || !(isLittle || order === BIG_ENDIAN)) throw new BusBroken(OTHER_FORM);
  const u32 = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const fieldBytes = u32(12);
  const bodyAt = HEAD_BYTES + Math.ceil(fieldBytes / 8) * 8;
  const length = bodyAt + u32(4);
  const isAnswer = kind === kinds.answer || kind === kinds.error;
  if (length > (isAnswer ? MESSAGE_BYTES_MAX : ANY_BYTES_MAX)) throw new BusBroken("its message is too long");
  if (!isAnswer) return { length, message: undefined };
  if (!isLittle) throw new BusBroken(OTHER_FORM);
  if (bytes.length < length) return undefined;
  const found = fieldsIn(bytes.subarray(0, HEAD_BYTES + fieldBytes));
  const body = createReader(bytes.subarray(bodyAt, length), 0);
  return { length, message: { kind, ...found, body } };
}

const OTHER_FORM = "it speaks another form of the protocol";

/** The fields that are needed. The specification wants every other one ignored. */
function fieldsIn(head: Buffer): Pick<Message, "answers" | "error" | "signature"> {
  const reader = createReader(head, HEAD_BYTES - 4);
  let answers: number | undefined;
  let error: string | undefined;
  let signature = "";
  reader.array(8, () => {
    reader.align(8);
    const kind = reader.byte();
    const type = reader.signature();
    if (kind === fields.replySerial && type === "u") answers = reader.u32();
    else if (kind === fields.error && type === "s") error = reader.text();
    else if (kind === fields.signature && type === "g") signature = reader.signature();
    else skip(reader, type);
  });
  return { answers, error, signature };
}

type FullReader = Reader & { byte(): number; signature(): string; take(count: number): Buffer };

/** Bytes of the types of one size, by the specification's section "Summary of types". */
const sizes: Readonly<Record<string, number>> = { y: 1, n: 2, q: 2, b: 4, i: 4, u: 4, h: 4, x: 8, t: 8, d: 8 };

const alignments: Readonly<Record<string, number>> = { ...sizes, g: 1, v: 1, s: 4, o: 4, a: 4, "(": 8, "{": 8 };

/** Variants in one another, by the specification's section "Container types". */
const DEPTH_MAX = 64;

/** Passes over values of these types. */
function skip(reader: FullReader, types: string, depth = 0): void {
  if (depth > DEPTH_MAX) throw new BusBroken("its values lie too deep in one another");
  for (let at = 0; at < types.length; at++) {
    const type = types[at] ?? "";
    const size = sizes[type];
    if (type === ")" || type === "}") continue;
    if (type === "a") {
      const count = reader.u32();
      reader.align(alignments[types[at + 1] ?? ""] ?? 1);
      reader.take(count);
      at = endOfType(types, at + 1) - 1;
    } else if (type === "(" || type === "{") reader.align(8);
    else if (type === "s" || type === "o") reader.text();
    else if (type === "g") reader.signature();
    else if (type === "v") skip(reader, reader.signature(), depth + 1);
    else if (size === undefined) throw new BusBroken("its header has a field of another type");
    else {
      reader.align(size);
      reader.take(size);
    }
  }
}

/** The place behind the one whole type that begins here. */
function endOfType(types: string, begin: number): number {
  let at = begin;
  while (types[at] === "a") at++;
  for (let open = 0; at < types.length; at++) {
    if (types[at] === "(" || types[at] === "{") open++;
    else if (types[at] === ")" || types[at] === "}") open--;
    if (open <= 0) break;
  }
  return at + 1;
}

function createReader(bytes: Buffer, begin: number): FullReader {
  let at = begin;
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new BusBroken("its message ends too soon");
    at += count;
    return bytes.subarray(at - count, at);
  };
  const align = (size: number): void => void take((size - (at % size)) % size);
  const byte = (): number => take(1)[0] ?? 0;
  const u32 = (): number => {
    align(4);
    return take(4).readUInt32LE();
  };
  const ended = (count: number): string => {
    const text = take(count).toString("utf8");
    if (byte() !== 0) throw new BusBroken("its text does not end");
    return text;
  };
  return {
    byte,
    u32,
    align,
    take,
    flag: () => u32() === 1,
    text: () => ended(u32()),
    signature: () => ended(byte()),
    array: (size, element) => {
      const count = u32();
      align(size);
      const end = at + count;
      if (end > bytes.length) throw new BusBroken("its array ends too late");
      while (at < end) element();
      if (at !== end) throw new BusBroken("its array ends too soon");
    },
  };
}
