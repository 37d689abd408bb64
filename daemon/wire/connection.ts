// The life of one connection. Lines come in under a limit, answers go out as they are made, and everything that waits is bounded. The shape
// of requests, batches and running requests have files of their own.
import type { Duplex } from "node:stream";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import { createLineReader } from "../../protocol/framing.ts";
import { limits } from "../../protocol/limits.ts";
import type { Connection, DoorName, OpenClient } from "../call/connection.ts";
import { discard, lineOf } from "../call/encoded.ts";
import type { Log } from "../host/log.ts";
import { createLaunch } from "../peer/launch.ts";
import type { Peer } from "../peer/peer.ts";
import { leftTerminal, type Subject, terminalSessionOf } from "../peer/subject.ts";
import { createBatches } from "./batch.ts";
import { chunkStep } from "./chunk-step.ts";
import type { Dispatch } from "./dispatch.ts";
import { createRefuse, type Refuse, tooLong, tooMuchWaits } from "./error-response.ts";
import type { HeldShare } from "./held-bytes.ts";
import { createInFlight } from "./in-flight.ts";
import type { LargeLines } from "./large-lines.ts";
import { createLongAnswers } from "./long-answers.ts";
import { PARTS_MAX, parseLine, STRANGER_PARTS_MAX, weightOf } from "./request-shape.ts";
import { type AnswerSdk, createSdkLines, type SdkLines } from "./sdk-lines.ts";
import { createSending, type Sending } from "./sending.ts";
import type { Trace } from "./trace.ts";
import type { Place } from "./turns.ts";

/** The parts of a connection. The socket arrives paused, and its peer is known already. */
export type ConnectionParts = {
  readonly socket: Duplex;
  readonly peer: Peer;
  readonly subject: Subject;
  /** Whether the peer, and the process that it speaks for, still run the same program. */
  readonly isSame: () => boolean;
  readonly dispatch: Dispatch;
  readonly log: Log;
  /** Whether the peer has closed its end in both directions. */
  readonly hasHungUp: () => boolean;
  /** The bytes that this connection may make the agent hold. */
  readonly held: HeldShare;
  /** The place of the connection among those that wait for a turn. */
  readonly place: (connection: Connection, idle: () => void) => Place;
  /** What of each request is written down; undefined where nothing is. */
  readonly trace?: Trace | undefined;
  /** The one question that a page of the app was opened for. */
  readonly shows?: string | undefined;
  /** The official SDKs' door. `join` returns the clients of this peer's process, until the connection ends. */
  readonly sdk: {
    readonly answer: AnswerSdk;
    readonly large: LargeLines;
    readonly join: () => { readonly clients: Map<string, OpenClient>; leave(): void };
  };
};

/** Milliseconds between two checks whether a peer that stopped sending still listens. After it has gone, its requests end soon. */
const HANG_UP_LOOK_MS = 100;

/** Serves a socket until it ends. */
export function serveConnection(parts: ConnectionParts): Connection {
  const { socket, dispatch, log, held } = parts;
  const trace = parts.trace?.connection();
  const refuse = createRefuse(log);
  /** Where no request is answered: an answer to a request gets its line with the request. */
  const refuseLine: Refuse = (...why) => {
    const response = refuse(...why);
    trace?.refused(response);
    return response;
  };
  const sending = createSending({
    socket,
    mayHold,
    onUnread: (unsentBytes) => log.note("connection closed: the peer does not read", { unsentBytes }),
  });
  const send = createSend(sending, refuseLine);
  const work = { requests: 0, bytes: 0, unreadBytes: 0, answerBytes: 0 };
  const input: Input = {
    lineBytes: limits.lineBytesBeforeHello,
    lines: 0,
    isBatch: false,
    door: "native",
    ended: false,
  };
  const life = createLife();
  const connection = connectionOf(parts, { send, sending, life, input });
  const inFlight = createInFlight(refuse, (request, work, signal) =>
    dispatch(request, { connection, requestId: request.id, signal, ...work }),
  );
  const place = parts.place(connection, readOn);
  const batches = createBatches(refuseLine, answer, mayHold, place.turn);
  let sdk: SdkLines | undefined;

  /** Made late, since most connections never speak so. */
  function sdkLines(): SdkLines {
    sdk ??= createSdkLines({
      ...{ socket, connection, dispatch, trace, log, ...parts.sdk },
      mayHold: (bytes) => {
        work.answerBytes = bytes;
        return mayHold();
      },
    });
    return sdk;
  }

  function answer(value: unknown): PromiseLike<object | null> {
    const work = { timing: { arrivedMs: performance.now(), waitedMs: 0 }, about: {} };
    const answered = inFlight.answer(value, work);
    return trace === undefined ? answered : trace.follow(value, work, answered);
  }

  /** False where this connection holds more than its share. */
  function mayHold(): boolean {
    // A long line of the official SDKs' door is bounded by its turn.
    const unread = sdk?.isLarge === true ? 0 : reader.pendingBytes;
    const read = work.bytes + work.answerBytes + batches.heldBytes + socket.writableLength;
    const waiting = unread + work.unreadBytes + read;
    return held.hold(life.closed ? 0 : waiting);
  }

  async function settle(answer: PromiseLike<object | null>, weight: number): Promise<void> {
    work.requests++;
    const response = await answer;
    work.requests--;
    work.bytes -= weight;
    mayHold();
    if (response !== null) send(response);
    if (Array.isArray(response)) batches.sent(response);
    endWhenDone();
  }

  /** Answers an envelope. The next one may come only then. */
  async function onEnvelope(bytes: Uint8Array): Promise<void> {
    if (work.requests > 0) return breakOff();
    const heldBytes = sdkLines().isLarge ? 0 : bytes.length;
    work.requests++;
    work.bytes += heldBytes;
    await sdkLines().answer(bytes);
    // A long line went to a thread, and with it its bytes. Here nothing is left of them, and a fill would throw.
    if (bytes.length > 0) bytes.fill(0);
    work.requests--;
    work.bytes -= heldBytes;
    mayHold();
    endWhenDone();
  }

  function breakOff(): void {
    log.note("connection closed: another request before the answer");
    // Nothing of what has come already is read: a chunk may hold tens of thousands of lines.
    reader.drop();
    input.ended = true;
    socket.destroy();
  }

  function onLine(bytes: Uint8Array): void {
    if (life.closed) return;
    input.lines++;
    if (input.door === "sdk") return void onEnvelope(bytes);
    const weight = weightOf(bytes, place.standing === "stranger" ? STRANGER_PARTS_MAX : PARTS_MAX);
    const value = weight instanceof PosternError ? weight : parseLine(bytes);
    // A proof or a value may stand in it.
    bytes.fill(0);
    if (value instanceof PosternError || weight instanceof PosternError)
      return send(refuseLine(null, value as PosternError));
    input.isBatch = Array.isArray(value);
    if (Array.isArray(value) && value.length === 0) return send(refuseLine(null, "invalidRequest", "an empty batch"));
    if (Array.isArray(value) && value.length > limits.batch)
      return send(refuseLine(null, "invalidRequest", `a batch of more than ${limits.batch} requests`));
    // A request is held until its answer, and a person may take two minutes.
    work.bytes += weight;
    if (!mayHold()) {
      work.bytes -= weight;
      return send(tooMuchWaits(refuseLine, value));
    }
    void settle(Array.isArray(value) ? batches.answer(value) : answer(value), weight);
  }

  /** Refuses new requests. Earlier ones are still answered. */
  function endInput(name: ErrorName, detail: string): void {
    reader.drop();
    if (input.door === "sdk") sdkLines().refuse(new PosternError(name, detail));
    else send(refuseLine(null, name, detail));
    input.ended = true;
    endWhenDone();
  }

  function endWhenDone(): void {
    if (!input.ended || work.requests > 0 || place.isWaiting) return;
    setImmediate(() => {
      sending.flush();
      socket.end();
    });
  }

  const reader = createLineReader(() => input.lineBytes, {
    line: onLine,
    tooLong: () => endInput("lineTooLong", lineLimit(input.lineBytes)),
  });
  /** All of a chunk was read. */
  function chunkRead(): void {
    if (input.door === "sdk" && reader.pendingBytes > limits.lineBytes) sdkLines().enlarge();
    if (!input.ended && !mayHold()) endInput("busy", "too much waits to be answered");
  }

  /** Reads on, unless something else stops it. */
  function readOn(): void {
    mayHold();
    endWhenDone();
    if (sdk?.isWaiting === true || place.isWaiting || socket.writableLength > limits.unsentBytesPause) return;
    socket.resume();
  }

  socket.on("data", (chunk: Uint8Array) => {
    if (input.ended) return;
    const breaksOff = () => input.door === "sdk" && work.requests > 0;
    const begin = () => void (breaksOff() && breakOff());
    const step = chunkStep(chunk, { begin, reader, hasEnded: () => input.ended, read: chunkRead });
    place.do(step);
    if (!place.isWaiting) return;
    work.unreadBytes += chunk.length;
    step.onDone(() => {
      work.unreadBytes -= chunk.length;
    });
    socket.pause();
  });
  socket.on("drain", () => {
    readOn();
    connection.longAnswers.wake();
  });
  socket.on("end", () => {
    const ended = () => {
      input.ended = true;
      endWhenDone();
      if (work.requests > 0) watchHangUp(parts, life);
      return false;
    };
    place.do({ run: ended });
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    life.close();
    place.leave();
    mayHold();
    inFlight.abortAll();
    sdk?.abort();
    life.end();
    if (input.door === "native") for (const client of connection.clients.values()) client.release();
  });
  socket.resume();
  return connection;
}

function lineLimit(bytes: number): string {
  return `the limit is ${bytes} bytes${bytes === limits.lineBytesBeforeHello ? " before agent.hello" : ""}`;
}

type Send = (message: object) => void;

function createSend(sending: Sending, refuse: Refuse): Send {
  return (message) => {
    const line = lineOf(message);
    if (line.bytes <= limits.answerBytes) return sending.send(line);
    discard(line);
    sending.send(lineOf(tooLong(refuse, message)));
  };
}

/** The end of a connection, and the release of its resources. */
type Life = {
  readonly closed: boolean;
  onEnd(end: () => void): void;
  /** Marks it as closed. */
  close(): void;
  /** Releases everything that the connection owned. */
  end(): void;
};

function createLife(): Life {
  const endings: (() => void)[] = [];
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    onEnd: (end) => {
      if (closed) end();
      else endings.push(end);
    },
    close: () => {
      closed = true;
    },
    end: () => {
      for (const end of endings) end();
    },
  };
}

/** A peer that shut down its sending side may still read (`nc -N`). One that closed does not, and only a question to the kernel shows it. */
function watchHangUp({ socket, hasHungUp }: ConnectionParts, life: Life): void {
  const timer = setInterval(() => {
    if (hasHungUp()) socket.destroy();
  }, HANG_UP_LOOK_MS).unref();
  life.onEnd(() => clearInterval(timer));
}

/** What a connection reads: lines of this length, in this form of the wire. */
type Input = {
  lineBytes: number;
  lines: number;
  /** Whether the last line was a batch. */
  isBatch: boolean;
  door: DoorName;
  ended: boolean;
};

type Inside = {
  readonly send: Send;
  readonly sending: Sending;
  readonly life: Life;
  readonly input: Input;
};

/** The connection, as the other rooms see it. */
function connectionOf(
  { socket, peer, subject, isSame, shows, sdk }: ConnectionParts,
  { send, sending, life, input }: Inside,
): Connection {
  let clients = new Map<string, OpenClient>();
  let subscribed = false;
  const later = leftTerminal(subject);
  const present = () => (peer.hasLeftTerminal() ? later : subject);
  const launch = createLaunch(subject.holder ?? peer.identity);
  return {
    peer,
    get subject() {
      return present();
    },
    launch: () => launch(present()),
    isSame,
    demandSame: () => {
      if (!isSame()) throw new PosternError("peerRefused", "the program was replaced by another");
    },
    terminal: subject.throughCommand ? terminalSessionOf(peer.identity) : undefined,
    isInFront: () => isSame() && peer.isInFront(),
    shows,
    get clients() {
      return clients;
    },
    clientOf: (client) => {
      if (client === undefined) return undefined;
      const open = clients.get(client);
      if (open === undefined) throw new PosternError("clientNotFound");
      return open;
    },
    hello: (door) => {
      if (door === "sdk") {
        // An answer in the other form must not come between.
        if (input.lines > 1 || input.isBatch)
          throw new PosternError("invalidRequest", "such a hello must be the first line, and no batch");
        const joined = sdk.join();
        clients = joined.clients;
        life.onEnd(joined.leave);
      }
      input.door = door;
      input.lineBytes = door === "sdk" ? limits.sdkLineBytes : limits.lineBytes;
    },
    subscribe: () => {
      subscribed = true;
    },
    get subscribed() {
      return subscribed;
    },
    notify: (method, params) => {
      if (subscribed && input.door === "native") send({ jsonrpc: "2.0", method, params });
    },
    longAnswers: createLongAnswers(() => sending.unsentBytes),
    onEnd: life.onEnd,
    close: () => socket.destroy(),
  };
}
