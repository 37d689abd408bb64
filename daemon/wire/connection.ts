// First room: bytes, ids, limits and cancellation of one connection. Everything about the outer shape of a request
// (UTF-8, nesting, ids, params by name, batch length) is settled here, before the JSON-RPC library sees it.
import type { Socket } from "node:net";
import type { JSONRPCResponse } from "json-rpc-2.0";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import { createLineReader, nestsAtMost } from "../../protocol/framing.ts";
import { limits } from "../../protocol/limits.ts";
import { discard, encodedBytes, lineOf, wipeEncoded } from "../call/encoded.ts";
import type { Log } from "../host/log.ts";
import type { Peer } from "../peer/peer.ts";
import { isStill } from "../peer/process-facts.ts";
import type { Subject } from "../peer/subject.ts";
import type { TokenSession } from "../session/token-sessions.ts";
import type { CheckedRequest, Dispatch } from "./dispatch.ts";
import type { HeldShare } from "./held-bytes.ts";
import { createLongAnswers, type LongAnswers } from "./long-answers.ts";
import { createSending } from "./sending.ts";
import { wireError } from "./wire-error.ts";

/** A client: the account it works on, and who integrates it. */
export type OpenClient = {
  readonly account: string;
  /** Set where a token was presented: the session it opened, which no other client can use. */
  readonly bearer?: TokenSession;
  /** Lets go what the client held. */
  readonly release: () => void;
  readonly integrationName: string;
  readonly integrationVersion: string;
};

/** What the other rooms know of a connection. */
export type Connection = {
  readonly peer: Peer;
  /** Who holds the grants that this peer uses. */
  readonly subject: Subject;
  /** Whether the peer, and the process it speaks for, still run the program that was seen. */
  isSame(): boolean;
  /** Throws peerRefused where they do not. */
  demandSame(): void;
  /** The clients that were opened on this connection. */
  readonly clients: Map<string, OpenClient>;
  /** The client that a request names; undefined where it names none and means the agent's only account. Throws clientNotFound. */
  clientOf(client: string | undefined): OpenClient | undefined;
  /** Set by agent.hello; raises the line limit. */
  hello(): void;
  /** Set by agent.subscribe; without it `notify` sends nothing. */
  subscribe(): void;
  readonly subscribed: boolean;
  /** Sends a notification to a subscriber. */
  notify(method: string, params: object): void;
  /** Where answers of megabytes wait for their turn. */
  readonly longAnswers: LongAnswers;
  /** Runs when the connection has ended; whatever the connection owns (clients, file handles) is let go there. */
  onEnd(end: () => void): void;
  /** Ends the connection. */
  close(): void;
};

type RequestId = string | number;

/** What a connection is made of. The socket arrives paused, its peer already known. */
export type ConnectionParts = {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly subject: Subject;
  readonly dispatch: Dispatch;
  readonly log: Log;
  /** Whether the peer has closed its end altogether. */
  readonly hasHungUp: () => boolean;
  /** What this connection may make the agent hold. */
  readonly held: HeldShare;
};

/** Milliseconds between two looks whether a peer that stopped sending still listens: what it waits for ends soon after it has gone. */
const HANG_UP_LOOK_MS = 100;

/** Serves a socket until it ends. */
export function serveConnection({
  socket,
  peer,
  subject,
  dispatch,
  log,
  hasHungUp,
  held: share,
}: ConnectionParts): Connection {
  const inFlight = new Map<RequestId | symbol, Cancellation>();
  const endings: (() => void)[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let lineBytes: number = limits.lineBytesBeforeHello;
  let subscribed = false;
  let working = 0;
  let workingBytes = 0;
  let inputEnded = false;
  let closed = false;
  /** Of results that are there, in batches of which others are not. */
  let batchedBytes = 0;

  const clients = new Map<string, OpenClient>();
  const sending = createSending({
    socket,
    mayHold: noteHeld,
    onUnread: (unsentBytes) => log.note("connection closed: the peer does not read", { unsentBytes }),
  });
  const longAnswers = createLongAnswers(() => sending.unsentBytes);

  const isSame = () => peer.recheck() && (subject.holder === undefined || isStill(subject.holder));

  const connection: Connection = {
    peer,
    subject,
    isSame,
    demandSame: () => {
      if (!isSame()) throw new PosternError("peerRefused", "the program was replaced by another");
    },
    clients,
    clientOf: (client) => {
      if (client === undefined) return undefined;
      const open = clients.get(client);
      if (open === undefined) throw new PosternError("clientNotFound");
      return open;
    },
    hello: () => {
      lineBytes = limits.lineBytes;
    },
    subscribe: () => {
      subscribed = true;
    },
    get subscribed() {
      return subscribed;
    },
    notify: (method, params) => {
      if (subscribed) send({ jsonrpc: "2.0", method, params });
    },
    longAnswers,
    onEnd: (end) => {
      if (closed) end();
      else endings.push(end);
    },
    close: () => socket.destroy(),
  };

  function send(message: object): void {
    const line = lineOf(message);
    if (line.bytes <= limits.answerBytes) return sending.send(line);
    discard(line);
    sending.send(lineOf(tooLong(message)));
  }

  function refuse(id: RequestId | null, name: ErrorName, detail?: string): JSONRPCResponse {
    return { jsonrpc: "2.0", id, error: wireError(new PosternError(name, detail), log) };
  }

  /** What is answered instead: a peer that has not read as much as that would be closed for it. */
  function tooLong(message: object): JSONRPCResponse {
    const detail = `an answer has at most ${limits.answerBytes} bytes; ask for less at a time`;
    return refuse(Array.isArray(message) ? null : idOf(message), "tooLarge", detail);
  }

  /** False where this connection holds more than there is left for it. */
  function noteHeld(): boolean {
    return share.hold(closed ? 0 : reader.pendingBytes + workingBytes + batchedBytes + socket.writableLength);
  }

  async function settle(work: PromiseLike<object | null>, lineBytes: number): Promise<void> {
    working++;
    const response = await work;
    working--;
    workingBytes -= lineBytes;
    noteHeld();
    if (response !== null) send(response);
    if (Array.isArray(response)) response.forEach(letGo);
    if (inputEnded && working === 0) endGently();
  }

  function onLine(bytes: Uint8Array): void {
    if (closed) return;
    const value = parse(bytes);
    if (value instanceof PosternError) return send({ jsonrpc: "2.0", id: null, error: wireError(value, log) });
    if (Array.isArray(value) && value.length === 0) return send(refuse(null, "invalidRequest", "an empty batch"));
    if (Array.isArray(value) && value.length > limits.batch)
      return send(refuse(null, "invalidRequest", `a batch of more than ${limits.batch} requests`));
    // A request is held until it is answered, and a person may take two minutes.
    workingBytes += bytes.length;
    if (!noteHeld()) {
      workingBytes -= bytes.length;
      return send(refuse(Array.isArray(value) ? null : idOf(value), "busy", "too much waits to be answered"));
    }
    void settle(Array.isArray(value) ? answerBatch(value) : answer(value), bytes.length);
  }

  function parse(bytes: Uint8Array): unknown {
    if (!nestsAtMost(bytes, limits.depth))
      return new PosternError("invalidRequest", `nested deeper than ${limits.depth}`);
    try {
      return JSON.parse(decoder.decode(bytes));
    } catch {
      // The parser's own text quotes the input; ours does not.
      return new PosternError("parseError");
    }
  }

  /** In a batch results are taken apart, since it is one text: what they were opened to is wiped when that is made. */
  async function answerBatch(values: unknown[]): Promise<object | null> {
    let bytes = 0;
    const responses = await Promise.all(
      values.map(async (value) => {
        const response = await answer(value);
        bytes += encodedBytes(response);
        return mayWait(response, bytes) ? response : instead(value, response);
      }),
    );
    const answered = responses.filter((response) => response !== null);
    if (bytes <= limits.answerBytes) return answered.length === 0 ? null : answered;
    answered.forEach(letGo);
    return tooLong(values);
  }

  /** Whether a result may be held until the others of its batch are there; not where the whole will be refused for its length. */
  function mayWait(response: object | null, bytes: number): boolean {
    batchedBytes += encodedBytes(response);
    return bytes <= limits.answerBytes && noteHeld();
  }

  function instead(value: unknown, response: object | null): object {
    letGo(response);
    return refuse(idOf(value), "busy", "too much waits to be answered");
  }

  function letGo(response: object | null): void {
    batchedBytes -= encodedBytes(response);
    wipeEncoded(response);
  }

  function answer(value: unknown): PromiseLike<object | null> {
    const request = checkRequest(value);
    if (request instanceof PosternError)
      return Promise.resolve({ jsonrpc: "2.0", id: idOf(value), error: wireError(request, log) });
    if (request.method === "$/cancelRequest") return cancel(request);
    const id = request.id;
    if (inFlight.size >= limits.inFlight)
      return Promise.resolve(
        id === undefined ? null : refuse(id, "tooManyRequests", `the limit is ${limits.inFlight}`),
      );
    if (id !== undefined && inFlight.has(id)) return Promise.resolve(refuse(id, "duplicateId"));
    return start(request);
  }

  function start(request: CheckedRequest): PromiseLike<object | null> {
    const cancellation = cancellable();
    // A notification has no id of its own, yet it counts towards the limit until it is done.
    const key = request.id ?? Symbol("notification");
    inFlight.set(key, cancellation);
    const work = dispatch(request, {
      connection,
      requestId: request.id,
      signal: cancellation.signal,
      timing: { arrivedMs: performance.now(), waitedMs: 0 },
    });
    return work.then((response) => {
      inFlight.delete(key);
      return response;
    });
  }

  function cancel(request: CheckedRequest): PromiseLike<object | null> {
    const target = (request.params as { id?: unknown } | undefined)?.id;
    if (typeof target === "string" || typeof target === "number") inFlight.get(target)?.abort();
    if (request.id === undefined) return Promise.resolve(null);
    return Promise.resolve(refuse(request.id, "invalidRequest", "$/cancelRequest is a notification and has no id"));
  }

  function endGently(): void {
    setImmediate(() => {
      sending.flush();
      socket.end();
    });
  }

  /** A peer that shut down its sending side may still read (`nc -N`); one that closed does not, and the kernel tells only when asked. */
  function watchHangUp(): void {
    const timer = setInterval(() => {
      if (hasHungUp()) socket.destroy();
    }, HANG_UP_LOOK_MS).unref();
    endings.push(() => clearInterval(timer));
  }

  const reader = createLineReader(() => lineBytes, {
    line: onLine,
    tooLong: () =>
      endInput(
        "lineTooLong",
        `the limit is ${lineBytes} bytes${lineBytes === limits.lineBytesBeforeHello ? " before agent.hello" : ""}`,
      ),
  });

  /** Refuses what comes in; what was asked before is still answered. */
  function endInput(name: ErrorName, detail: string): void {
    reader.drop();
    send(refuse(null, name, detail));
    inputEnded = true;
    if (working === 0) endGently();
  }

  socket.on("data", (chunk: Uint8Array) => {
    if (inputEnded) return;
    reader.push(chunk);
    if (!noteHeld()) endInput("busy", "too much waits to be answered");
  });
  socket.on("drain", () => {
    noteHeld();
    socket.resume();
    longAnswers.wake();
  });
  socket.on("end", () => {
    inputEnded = true;
    if (working === 0) endGently();
    else watchHangUp();
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    closed = true;
    noteHeld();
    for (const cancellation of inFlight.values()) cancellation.abort();
    for (const end of endings) end();
    for (const client of clients.values()) client.release();
  });
  socket.resume();
  return connection;
}

/** What a request in flight is called off with. */
type Cancellation = { readonly signal: () => AbortSignal; readonly abort: () => void };

/** Most requests are answered in the turn they came in, and a controller costs as much as the rest of what is kept of them. */
function cancellable(): Cancellation {
  let controller: AbortController | undefined;
  let aborted = false;
  return {
    signal: () => {
      controller ??= new AbortController();
      if (aborted) controller.abort();
      return controller.signal;
    },
    abort: () => {
      aborted = true;
      controller?.abort();
    },
  };
}

/** The id to answer a malformed request under: its own where it is a proper one, else null (JSON-RPC 2.0, section 5). */
function idOf(value: unknown): RequestId | null {
  const id = typeof value === "object" && value !== null ? (value as { id?: unknown }).id : undefined;
  return isId(id) ? id : null;
}

function isId(id: unknown): id is RequestId {
  return (
    (typeof id === "string" && id.length <= limits.idLength) || (typeof id === "number" && Number.isSafeInteger(id))
  );
}

function checkRequest(value: unknown): CheckedRequest | PosternError {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return new PosternError("invalidRequest", "not an object");
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (jsonrpc !== "2.0") return new PosternError("invalidRequest", 'jsonrpc must be "2.0"');
  if (Object.hasOwn(value, "id") && !isId(id)) {
    return new PosternError(
      "invalidRequest",
      `id must be an integer or a string of at most ${limits.idLength} characters`,
    );
  }
  if (typeof method !== "string") return new PosternError("invalidRequest", "method must be a string");
  if (params !== undefined && (typeof params !== "object" || params === null))
    return new PosternError("invalidRequest", "params must be an object");
  if (Array.isArray(params)) return new PosternError("invalidParams", "params are given by name, not by position");
  return {
    jsonrpc: "2.0",
    method,
    ...(id === undefined ? {} : { id: id as RequestId }),
    ...(params === undefined ? {} : { params: params as object }),
  };
}
