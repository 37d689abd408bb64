// A connection to the system bus. The bus names this process to polkit by itself, so nobody else can speak for it. Each question has a connection
// of its own: its end, also that of a killed agent, makes polkit take the dialogue away.
import { connect, type Socket } from "node:net";
import type { Native } from "../host/native.ts";
import {
  BusBroken,
  callOf,
  firstMessage,
  kinds,
  type Message,
  type Method,
  type Reader,
  type Writer,
} from "./bus-message.ts";

/** The one place of it. The variable that could name another place is not looked at. */
export const BUS_SOCKET = "/run/dbus/system_bus_socket";

/** Bytes of a line before the first message. */
const LINE_BYTES_MAX = 1024;

/** The bus cannot be used, or what stands behind it. The text is for a person, and holds nothing of what was sent. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

export type Bus = {
  /** Calls a method. Throws Unavailable where it fails, and where the answer is not what `answer` reads. */
  call<T>(method: Method, asked: Asked, answer: Answer<T>): Promise<T>;
  close(): void;
};

/** The parameters of a call: their types, as the specification's section "Type System" writes them, and their values. */
export type Asked = { readonly types: string; write(writer: Writer): void };

/** What is expected of an answer, and how its values are read. */
export type Answer<T> = { readonly types: string; read(reader: Reader): T };

type Waiting = { answered(message: Message): void; reject(error: Error): void };

/** Connects. The signal ends the connection. Throws Unavailable where there is no bus, or none of root's. */
export async function openBus(
  native: Pick<Native, "peerCredentials">,
  signal: AbortSignal,
  path = BUS_SOCKET,
): Promise<Bus> {
  const socket = connect({ path });
  const waiting = new Map<number, Waiting>();
  let onBytes: (bytes: Buffer) => void = () => undefined;
  let pending: Buffer = Buffer.alloc(0);
  let why: Unavailable | undefined;
  let begun: Waiting["reject"] = () => undefined;
  let serial = 0;

  const end = (error: Error): void => {
    why ??= error instanceof Unavailable ? error : new Unavailable("the system's bus has ended");
    socket.destroy();
    begun(why);
    for (const { reject } of waiting.values()) reject(why);
    waiting.clear();
  };
  const abort = () =>
    end(signal.reason instanceof Unavailable ? signal.reason : new Unavailable("the question has ended"));
  signal.addEventListener("abort", abort, { once: true });
  socket.on("close", () => signal.removeEventListener("abort", abort));
  socket.on("error", () => end(new Unavailable("there is no system bus")));
  socket.on("close", () => end(new Unavailable("the system's bus has ended")));
  socket.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    try {
      onBytes(pending);
    } catch (error) {
      end(error instanceof BusBroken ? new Unavailable(broken(error)) : (error as Error));
    }
  });

  /** The line that answers our introduction, as the specification's section "Authentication Protocol" has it. */
  const introduced = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (why !== undefined) return reject(why);
      begun = reject;
      onBytes = (bytes) => {
        const line = bytes.indexOf("\r\n");
        if (line === -1 && bytes.length > LINE_BYTES_MAX) throw new BusBroken("its line is too long");
        if (line === -1) return;
        if (!bytes.subarray(0, line).toString("latin1").startsWith("OK "))
          return end(new Unavailable("the system's bus refuses this user"));
        pending = bytes.subarray(line + 2);
        resolve();
      };
      socket.on("connect", () => {
        if (ownerOf(socket, native) !== 0) return end(new Unavailable("the system's bus is not root's"));
        const uid = Buffer.from(`${process.geteuid?.()}`).toString("hex");
        socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
      });
    });

  const answered = (message: Message): void => {
    const one = message.answers === undefined ? undefined : waiting.get(message.answers);
    if (one === undefined || message.answers === undefined) return;
    waiting.delete(message.answers);
    if (message.kind === kinds.error) one.reject(new Unavailable(refusal(message.error)));
    else one.answered(message);
  };

  const call: Bus["call"] = (method, { types, write }, answer) =>
    new Promise((resolve, reject) => {
      if (why !== undefined) return reject(why);
      const answered = ({ signature, body }: Message): void => {
        if (signature !== answer.types) return reject(new Unavailable("the system answers in another form"));
        try {
          resolve(answer.read(body));
        } catch (error) {
          reject(error instanceof BusBroken ? new Unavailable(broken(error)) : (error as Error));
        }
      };
      serial++;
      waiting.set(serial, { answered, reject });
      socket.write(callOf(serial, method, types, write));
    });

  if (signal.aborted) abort();
  await introduced();
  /** Bytes of a message that is passed over. They are counted off as they come, and none of them is kept. */
  let unread = 0;
  onBytes = () => {
    for (;;) {
      const gone = Math.min(unread, pending.length);
      pending = pending.subarray(gone);
      unread -= gone;
      const next = unread > 0 ? undefined : firstMessage(pending);
      if (next === undefined) return;
      unread = next.length;
      if (next.message !== undefined) answered(next.message);
    }
  };
  socket.write("BEGIN\r\n");
  return { call, close: abort };
}

const broken = ({ message }: BusBroken): string => `the system's bus is broken: ${message}`;

/** The user who made the listening socket, as the kernel tells it. */
function ownerOf(socket: Socket, native: Pick<Native, "peerCredentials">): number | undefined {
  // Undocumented, and there on every supported Node.
  const { fd } = (socket as Socket & { _handle?: { fd?: number } | null })._handle ?? {};
  if (fd === undefined || fd < 0) return undefined;
  try {
    return native.peerCredentials(fd).uid;
  } catch {
    return undefined;
  }
}

/** The last part of an error's name. The rest of an error could hold what was sent. */
function refusal(error = ""): string {
  const [, name] = /\.(\w{1,64})$/.exec(error) ?? [];
  if (name === "ServiceUnknown" || name === "NameHasNoOwner") return "polkit is not on this machine";
  return `polkit refuses the question (${name ?? "no reason"})`;
}
