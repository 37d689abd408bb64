// Messages of the system bus, as the D-Bus specification (1.0, section "Message Protocol") has them: little endian, each value at a multiple of its
// size. Only what a question to polkit needs is written and read. Whatever else comes ends the conversation.

/** Bytes of a message that is read. What polkit answers takes some hundred. */
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
const VERSION = 1;

/** Bytes of a header before its fields. */
const HEAD_BYTES = 16;

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
  /** Bytes that it took. */
  readonly length: number;
};

/** The first message in these bytes. Undefined where it is not whole yet. Throws BusBroken. */
export function firstMessage(bytes: Buffer): Message | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  if (bytes[0] !== LITTLE_ENDIAN || bytes[3] !== VERSION) throw new BusBroken("it speaks another form of the protocol");
  const bodyBytes = bytes.readUInt32LE(4);
  const fieldBytes = bytes.readUInt32LE(12);
  const bodyAt = HEAD_BYTES + Math.ceil(fieldBytes / 8) * 8;
  const length = bodyAt + bodyBytes;
  if (length > MESSAGE_BYTES_MAX) throw new BusBroken("its message is too long");
  if (bytes.length < length) return undefined;
  const found = fieldsIn(bytes.subarray(0, HEAD_BYTES + fieldBytes));
  const body = createReader(bytes.subarray(bodyAt, length), 0);
  return { kind: bytes[1] ?? 0, ...found, body, length };
}

function fieldsIn(head: Buffer): Pick<Message, "answers" | "error" | "signature"> {
  const reader = createReader(head, HEAD_BYTES - 4);
  const texts = new Map<number, string>();
  let answers: number | undefined;
  reader.array(8, () => {
    reader.align(8);
    const kind = reader.byte();
    const type = reader.signature();
    if (type === "s" || type === "o") texts.set(kind, reader.text());
    else if (type === "g") texts.set(kind, reader.signature());
    else if (type !== "u") throw new BusBroken("its header has a field of another type");
    else {
      const value = reader.u32();
      if (kind === fields.replySerial) answers = value;
    }
  });
  return { answers, error: texts.get(fields.error), signature: texts.get(fields.signature) ?? "" };
}

function createReader(bytes: Buffer, begin: number): Reader & { byte(): number; signature(): string } {
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
