// A connection of the official SDKs' door after its hello: an envelope in, an envelope out, one at a time. Whoever sends again before the
// answer is closed. `sdk/` knows what an envelope means.
import type { Duplex } from "node:stream";
import type { JSONRPCResponse } from "json-rpc-2.0";
import type { MethodName } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import { failureOf, failureText } from "../../protocol/sdk/failure.ts";
import type { Connection } from "../call/connection.ts";
import type { Log } from "../host/log.ts";
import type { Dispatch } from "./dispatch.ts";
import type { LargeLine, LargeLines } from "./large-lines.ts";
import { type SdkAnswer, sendEnvelope, tooLongFor } from "./sdk-envelope.ts";
import type { ConnectionTrace } from "./trace.ts";
import { wireError } from "./wire-error.ts";

/** A request, as the meaning of an envelope sees it. */
export type SdkCall = {
  readonly connection: Connection;
  /** Whether the line is one of those that are read one at a time. */
  readonly isLarge: boolean;
  /** A large line became a request of so many bytes, and the next one may be read. Throws busy where too many are held already. */
  read(bytes: number): void;
  /** So many bytes of the answer are held already. Throws busy where the agent has no room for them. */
  hold(bytes: number): void;
  /** Runs a method of the catalogue, like a request that came as JSON-RPC. */
  ask(method: MethodName, params: object, contents?: ReadonlyMap<object, Uint8Array>): PromiseLike<JSONRPCResponse>;
};

/** Answers one envelope. Rejects with errors of the table, and where nobody foresaw it. */
export type AnswerSdk = (line: Uint8Array<ArrayBuffer>, call: SdkCall) => Promise<SdkAnswer>;

export type SdkLinesParts = {
  readonly socket: Duplex;
  readonly connection: Connection;
  readonly dispatch: Dispatch;
  readonly answer: AnswerSdk;
  readonly large: LargeLines;
  readonly trace: ConnectionTrace | undefined;
  readonly log: Log;
  /** Whether the connection may hold so many bytes of an answer. */
  readonly mayHold: (bytes: number) => boolean;
};

export type SdkLines = {
  /** Stops reading until the one long line of the agent may be this connection's. Does nothing where it is already. */
  enlarge(): void;
  /** Whether the unfinished line has its turn. Then it is bounded in another way. */
  readonly isLarge: boolean;
  readonly isWaiting: boolean;
  /** Answers a line. Ends once the answer is written, or the connection closed. */
  answer(line: Uint8Array): Promise<void>;
  /** Answers in place of a line that is too long. */
  refuse(error: PosternError): void;
  /** Cancels the request. */
  abort(): void;
};

export function createSdkLines(parts: SdkLinesParts): SdkLines {
  const { socket, connection, dispatch, trace, log } = parts;
  const ended = new AbortController();
  let requests = 0;
  let large: LargeLine | undefined;
  let waiting = false;

  function ask(...[method, params, contents]: Parameters<SdkCall["ask"]>): PromiseLike<JSONRPCResponse> {
    const request = { jsonrpc: "2.0", id: ++requests, method, params } as const;
    const work = { timing: { arrivedMs: performance.now(), waitedMs: 0 }, about: {} };
    const beside = contents === undefined ? {} : { contents };
    const call = { connection, requestId: request.id, signal: () => ended.signal, ...work, ...beside };
    const answered = dispatch(request, call);
    return (trace === undefined ? answered : trace.follow(request, work, answered)) as PromiseLike<JSONRPCResponse>;
  }

  function read(bytes: number): void {
    if (large?.read(bytes) === false) throw new PosternError("busy", "too many long requests wait for an answer");
  }

  function hold(bytes: number): void {
    if (!parts.mayHold(bytes)) throw new PosternError("busy", "too much waits to be read");
  }

  const refused = (thrown: unknown): SdkAnswer => failed(wireError(thrown, log));

  /** The same answer, or an error where it is too long, or the peer has not read enough. */
  function bounded(answer: SdkAnswer): SdkAnswer {
    const tooLong = tooLongFor(answer);
    if (tooLong === undefined && parts.mayHold(answer.payload.length)) return answer;
    answer.payload.fill(0);
    return refused(tooLong ?? new PosternError("busy", "too much waits to be read"));
  }

  async function enter(): Promise<void> {
    waiting = true;
    socket.pause();
    try {
      // The clients are the same for all connections of a process.
      large = await parts.large.enter(connection.clients, ended.signal, () => socket.destroy());
      socket.resume();
    } catch (error) {
      // The connection ended while it waited. Nothing else rejects.
      if (!ended.signal.aborted) throw error;
    } finally {
      waiting = false;
    }
  }

  return {
    enlarge: () => {
      if (large === undefined && !waiting) void enter();
    },
    get isLarge() {
      return large !== undefined;
    },
    get isWaiting() {
      return waiting;
    },
    answer: async (line) => {
      const before = requests;
      large?.arrived();
      const call = { connection, isLarge: large !== undefined, read, hold, ask };
      const answered = await parts.answer(line as Uint8Array<ArrayBuffer>, call).catch(refused);
      // What reached no method has no line in the trace yet.
      if (requests === before && !answered.success) trace?.refused({ error: { data: { name: "invalidRequest" } } });
      large?.end();
      large = undefined;
      const sent = bounded(answered);
      await sendEnvelope(socket, sent);
      parts.mayHold(0);
    },
    refuse: (error) => {
      large?.end();
      trace?.refused({ error: { data: { name: error.name } } });
      void sendEnvelope(socket, refused(error));
    },
    abort: () => {
      ended.abort();
      large?.end();
    },
  };
}

function failed({ message, data }: ReturnType<typeof wireError>): SdkAnswer {
  return { success: false, payload: Buffer.from(failureText(failureOf({ message, ...(data as { name: string }) }))) };
}
