// A connection of the official SDKs' door after its hello: an envelope in, an envelope out, one at a time. Whoever sends again before the
// answer is closed. `sdk/` knows what an envelope means.
import type { Socket } from "node:net";
import type { JSONRPCResponse } from "json-rpc-2.0";
import type { MethodName } from "../../protocol/catalogue.ts";
import type { PosternError } from "../../protocol/errors.ts";
import { failureOf, failureText } from "../../protocol/sdk/failure.ts";
import type { Connection } from "../call/connection.ts";
import type { Log } from "../host/log.ts";
import type { Dispatch } from "./dispatch.ts";
import type { ConnectionTrace } from "./trace.ts";
import { wireError } from "./wire-error.ts";

/** The outcome of a request: the text of the official document, or of the error. */
export type SdkAnswer = { readonly success: boolean; readonly payload: string };

/** A request, as the meaning of an envelope sees it. */
export type SdkCall = {
  readonly connection: Connection;
  /** Runs a method of the catalogue, like a request that came as JSON-RPC. */
  ask(method: MethodName, params: object, contents?: ReadonlyMap<object, Uint8Array>): PromiseLike<JSONRPCResponse>;
};

/** Answers one envelope. Rejects only where nobody foresaw it. */
export type AnswerSdk = (line: Uint8Array, call: SdkCall) => Promise<SdkAnswer>;

export type SdkLinesParts = {
  readonly socket: Socket;
  readonly connection: Connection;
  readonly dispatch: Dispatch;
  readonly answer: AnswerSdk;
  readonly trace: ConnectionTrace | undefined;
  readonly log: Log;
};

export type SdkLines = {
  /** Answers a line. Ends once the answer is written, or the connection closed. */
  answer(line: Uint8Array): Promise<void>;
  /** Answers in place of a line that is too long. */
  refuse(error: PosternError): void;
  /** Cancels the request. */
  abort(): void;
};

export function createSdkLines(parts: SdkLinesParts): SdkLines {
  const { socket, connection, dispatch, trace, log } = parts;
  let requests = 0;
  let controller = new AbortController();

  function ask(...[method, params, contents]: Parameters<SdkCall["ask"]>): PromiseLike<JSONRPCResponse> {
    const request = { jsonrpc: "2.0", id: ++requests, method, params } as const;
    const work = { timing: { arrivedMs: performance.now(), waitedMs: 0 }, about: {} };
    const { signal } = controller;
    const beside = contents === undefined ? {} : { contents };
    const answered = dispatch(request, { connection, requestId: request.id, signal: () => signal, ...work, ...beside });
    const followed = trace === undefined ? answered : trace.follow(request, work, answered);
    return followed as PromiseLike<JSONRPCResponse>;
  }

  return {
    answer: async (line) => {
      controller = new AbortController();
      const before = requests;
      const answered = await parts
        .answer(line, { connection, ask })
        .catch((thrown: unknown) => failed(wireError(thrown, log)));
      // What reached no method has no line in the trace yet.
      if (requests === before && !answered.success) trace?.refused({ error: { data: { name: "invalidRequest" } } });
      sendEnvelope(socket, answered);
    },
    refuse: (error) => {
      trace?.refused({ error: { data: { name: error.name } } });
      sendEnvelope(socket, failed(wireError(error, log)));
    },
    abort: () => controller.abort(),
  };
}

function failed({ message, data }: ReturnType<typeof wireError>): SdkAnswer {
  return { success: false, payload: failureText(failureOf({ message, ...(data as { name: string }) })) };
}

function sendEnvelope(socket: Socket, { success, payload }: SdkAnswer): void {
  if (socket.destroyed) return;
  const bytes = Buffer.from(payload);
  const before = `{"success":${success},"payload":[`;
  socket.write(`${before}${bytes.join(",")}]}\n`);
}
