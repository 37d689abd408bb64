// The connection to the system bus against anything that the other end may send. The other end is the test.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bus, openBus, Unavailable } from "../../../daemon/polkit/bus.ts";
import { BusBroken, firstMessage, kinds, MESSAGE_BYTES_MAX } from "../../../daemon/polkit/bus-message.ts";

const method = { destination: "a.b", path: "/a", interface: "a.b", member: "Do" } as const;
/** What the kernel says of a socket that root made, and of one that this user made. */
const madeBy = (uid: number) => ({ peerCredentials: () => ({ pid: 1, uid, gid: uid }) });
const never = new AbortController().signal;

let folder: string;
let path: string;
let server: Server;
let sockets: Socket[];
/** What the other end answers to each chunk. */
let answers: (chunk: Buffer, socket: Socket) => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-bus-"));
  path = join(folder, "bus");
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).on("data", (chunk: Buffer) => answers(chunk, socket));
  }).listen(path);
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

/** An answer to a call, as the bus writes it. */
function answerOf(
  serial: number,
  kind: number,
  signature: string,
  body: Buffer,
  { error = "", more = [] }: { error?: string; more?: readonly (readonly number[])[] } = {},
): Buffer {
  const text = (value: string) => [value.length, 0, 0, 0, ...Buffer.from(value), 0];
  const fields = [
    ...more,
    [5, 1, "u".charCodeAt(0), 0, serial, 0, 0, 0],
    ...(error === "" ? [] : [[4, 1, "s".charCodeAt(0), 0, ...text(error)]]),
    ...(signature === "" ? [] : [[8, 1, "g".charCodeAt(0), 0, signature.length, ...Buffer.from(signature), 0]]),
  ];
  const padded = (bytes: readonly number[]) => [...bytes, ...Array.from({ length: -bytes.length & 7 }, () => 0)];
  // The space behind the last field is not counted.
  const all = fields.reduce((made, field) => [...padded(made), ...field], []);
  const head = Buffer.from([108, kind, 0, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(all.length, 12);
  return Buffer.concat([head, Buffer.from(padded(all)), body]);
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** A message without fields, up to its body. */
function headOf(order: "l" | "B" | "x", kind: number, bodyBytes: number): Buffer {
  const head = Buffer.alloc(16);
  head.set([order.charCodeAt(0), kind, 0, 1]);
  if (order === "B") head.writeUInt32BE(bodyBytes, 4);
  else head.writeUInt32LE(bodyBytes, 4);
  return head;
}

const signalOf = (order: "l" | "B", body: Buffer) => Buffer.concat([headOf(order, kinds.signal, body.length), body]);

/** The bus lets us in, and answers the first call so. */
const answersWith = (answer: Buffer) => (chunk: Buffer, socket: Socket) => {
  if (chunk.includes("AUTH EXTERNAL")) return void socket.write("OK 0123456789abcdef\r\n");
  socket.write(answer);
};

const nothing = { types: "", write: () => undefined };
const ask = (bus: Bus, types = "u") => bus.call(method, nothing, { types, read: (answer) => answer.u32() });

describe("the system bus", () => {
  test("is told who connects, and answers a call", async () => {
    const sent: string[] = [];
    const answer = answersWith(answerOf(1, kinds.answer, "u", number(7)));
    answers = (chunk, socket) => {
      sent.push(chunk.toString("latin1"));
      answer(chunk, socket);
    };
    const bus = await openBus(madeBy(0), never, path);
    expect(await ask(bus)).toBe(7);
    expect(sent[0]).toBe(`\0AUTH EXTERNAL ${Buffer.from(`${process.geteuid?.()}`).toString("hex")}\r\n`);
    bus.close();
    await expect(ask(bus)).rejects.toThrow("the question has ended");
  });

  test("that this user made, and not root, is told nothing", async () => {
    const sent: Buffer[] = [];
    answers = (chunk) => sent.push(chunk);
    await expect(openBus(madeBy(1000), never, path)).rejects.toThrow("the system's bus is not root's");
    expect(sent).toEqual([]);
  });

  test("that is not there is unavailable", async () => {
    await expect(openBus(madeBy(0), never, join(folder, "none"))).rejects.toThrow(Unavailable);
  });

  test.each([
    ["a refusal", "REJECTED DBUS_COOKIE_SHA1\r\n", "the system's bus refuses this user"],
    ["a line without an end", "x".repeat(2000), "the system's bus is broken: its line is too long"],
  ])("that greets with %s is unavailable", async (_what, line, why) => {
    answers = (_chunk, socket) => socket.write(line);
    await expect(openBus(madeBy(0), never, path)).rejects.toThrow(why);
  });

  test.each<[string, Buffer, string]>([
    ["a big-endian answer", headOf("B", kinds.answer, 0), "another form of the protocol"],
    ["a message of another order of bytes", headOf("x", kinds.signal, 0), "another form of the protocol"],
    ["a signal that no bus passes on", headOf("l", kinds.signal, 2 ** 27), "its message is too long"],
    [
      "an error, without its text",
      answerOf(1, kinds.error, "", Buffer.alloc(0), { error: "org.freedesktop.PolicyKit1.Error.Failed" }),
      "polkit refuses the question (Failed)",
    ],
    [
      "that nobody has the name",
      answerOf(1, kinds.error, "", Buffer.alloc(0), { error: "org.freedesktop.DBus.Error.ServiceUnknown" }),
      "polkit is not on this machine",
    ],
    ["an answer of another type", answerOf(1, kinds.answer, "s", number(7)), "the system answers in another form"],
    ["an answer that is too short", answerOf(1, kinds.answer, "u", Buffer.alloc(2)), "its message ends too soon"],
    ["an answer that is too long", headOf("l", kinds.answer, MESSAGE_BYTES_MAX), "its message is too long"],
  ])("that sends %s is unavailable", async (_what, answer, why) => {
    answers = answersWith(answer);
    await expect(openBus(madeBy(0), never, path).then((bus) => ask(bus))).rejects.toThrow(why);
  });

  const answer = () => answerOf(1, kinds.answer, "u", number(7));
  const field = (kind: number, type: string, ...value: number[]) => [
    kind,
    type.length,
    ...Buffer.from(type),
    0,
    ...value,
  ];

  test.each<[string, Buffer]>([
    ["a signal of 70 KiB", signalOf("l", Buffer.alloc(70 * 1024, 0xff))],
    ["a big-endian signal", signalOf("B", Buffer.alloc(300, 0xff))],
    ["a call", headOf("l", kinds.call, 0)],
    ["a message of a kind that is not known", headOf("l", 9, 0)],
  ])("still answers a call after %s that another program sent", async (_what, stray) => {
    answers = answersWith(Buffer.concat([stray, stray, answer()]));
    expect(await ask(await openBus(madeBy(0), never, path))).toBe(7);
  });

  test("keeps no byte of a signal, however slowly it comes", async () => {
    answers = (chunk, socket) => {
      if (chunk.includes("AUTH EXTERNAL")) return void socket.write("OK 0123456789abcdef\r\n");
      const all = Buffer.concat([signalOf("l", Buffer.alloc(100, 0xff)), answer()]);
      const next = (at: number): void => {
        if (at < all.length) socket.write(all.subarray(at, at + 7), () => setImmediate(next, at + 7));
      };
      next(0);
    };
    expect(await ask(await openBus(madeBy(0), never, path))).toBe(7);
  });

  test.each<[string, number[]]>([
    ["a number", field(200, "t", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["a known number with another type", field(5, "y", 9)],
    ["an array of structs", field(200, "a(ys)", 0, 0, 0, 0, 0, 0, 0, 0)],
    ["a struct with an array and a text", field(200, "(aay(y)s)", ...Array.from({ length: 21 }, () => 0))],
    ["a variant", field(200, "v", 1, 121, 0, 7)],
  ])("answers with a header field that nobody knows: %s", async (_what, more) => {
    answers = answersWith(answerOf(1, kinds.answer, "u", number(7), { more: [more] }));
    expect(await ask(await openBus(madeBy(0), never, path))).toBe(7);
  });

  test("ends with the signal, before it has answered and after", async () => {
    answers = () => undefined;
    const early = new AbortController();
    const opening = openBus(madeBy(0), early.signal, path);
    early.abort();
    await expect(opening).rejects.toThrow("the question has ended");
    answers = answersWith(Buffer.alloc(0));
    const late = new AbortController();
    const asked = ask(await openBus(madeBy(0), late.signal, path));
    late.abort();
    await expect(asked).rejects.toThrow("the question has ended");
  });

  test("that ends takes every open question with it", async () => {
    answers = answersWith(Buffer.alloc(0));
    const asked = ask(await openBus(madeBy(0), never, path));
    for (const socket of sockets) socket.end();
    await expect(asked).rejects.toThrow("the system's bus has ended");
  });
});

describe("a message", () => {
  test("is read back in pieces of any size, and never before it is whole", () => {
    const whole = answerOf(3, kinds.answer, "u", number(5));
    for (let size = 0; size < whole.length; size++) expect(firstMessage(whole.subarray(0, size))).toBeUndefined();
    expect(firstMessage(whole)).toMatchObject({
      message: { kind: kinds.answer, answers: 3, signature: "u" },
      length: whole.length,
    });
  });

  test("of any bytes is read, waited for, or refused as broken, and nothing else", () => {
    const any = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.concat([Buffer.from([108, 2, 0, 1]), bytes]));
    fc.assert(
      fc.property(any, (bytes) => {
        try {
          const found = firstMessage(bytes);
          const body = found?.message?.body;
          body?.array(8, () => void body.text());
        } catch (error) {
          expect(error).toBeInstanceOf(BusBroken);
        }
      }),
    );
  });
});
