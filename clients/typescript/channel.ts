// One connection to the agent: dial, call, decode. Every pending call ends exactly once: with its answer, with an
// error of the agent, with the caller's abort or deadline, or with ConnectionLost.
import type { Socket } from "node:net";
import { dial } from "./dial.ts";
import { errorClasses, type Methods, PosternError, ProtocolMismatchError } from "./generated.ts";
import { limits, PROTOCOL } from "./generated-limits.ts";
import { ClientClosed, ConnectionLost, TimedOut } from "./local-error.ts";
import { tableError } from "./table-error.ts";

/** An AbortSignal, as far as a call needs one. The global type is not there in a program that compiles without DOM and @types/node. */
export type StopSignal = {
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
};

/** The deadline of a call, and the signal that stops it. */
export type CallOptions = {
  /** Stops the call, here and in the agent: an AbortSignal. */
  readonly signal?: StopSignal;
  /** Milliseconds until the call fails with TimedOut. Without it a call waits as long as the agent does. */
  readonly deadlineMs?: number;
};

/** A notification of the agent: prompt.opened, prompt.closed, unlock.awaited, session.changed, item.changed, secret.changed, secret.ended. */
export type Listener = (method: string, params: Readonly<Record<string, unknown>>) => void;

/** An open connection. */
export type Channel = {
  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options?: CallOptions,
  ): Promise<Methods[M]["result"]>;
  onNotification(listener: Listener): void;
  readonly isOpen: boolean;
  /** Calls the listener when the connection has ended, from either side. */
  onEnd(listener: () => void): void;
  /** Keeps the program alive for somebody who waits for a notification, until `release` with the same value. */
  hold(waiting: object): void;
  release(waiting: object): void;
  /** The features that the agent announced in its hello. A parameter of another feature would be refused. */
  readonly features: readonly string[];
  /** The agent's notices for a person, where the client asked for them. */
  readonly notices: readonly string[];
  /** Waits until either side has ended the connection. Keeps the program alive meanwhile. */
  untilClosed(): Promise<void>;
  close(): void;
};

type Pending = { resolve(value: unknown): void; reject(error: Error): void };

/** Bytes of an answer after which the client gives the connection up. The agent's largest result has fewer. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Characters after which a turn's lines are written at once: some eight small requests. With more, the agent has nothing to do while the rest
 * is put together.
 */
const TURN_LENGTH_MAX = 1024;

/**
 * The connecting program. With `notices`, it shows the agent's notices to a person. With `anyProtocol`, it also connects to an agent of
 * another protocol. Such an agent takes agent.status and agent.stop without a hello, and nothing else may be asked of it.
 */
export type Greeting = {
  readonly name: string;
  readonly version: string;
  readonly notices?: true;
  readonly anyProtocol?: true;
};

/** A connection, as its own hello sees it. */
type Talk = Channel & { notices: readonly string[]; features: readonly string[] };

/** Connects to the agent at `path` and says hello. Throws AgentNotRunning, UntrustedSocket or an error of the agent. */
export async function openChannel(path: string, greeting: Greeting): Promise<Channel> {
  const channel = await dialChannel(path);
  try {
    await sayHello(channel, greeting);
  } catch (error) {
    if (greeting.anyProtocol !== true || !(error instanceof ProtocolMismatchError)) {
      channel.close();
      throw error;
    }
  }
  return channel;
}

/** Connects to the agent at `path`. The hello must be the first call. Throws AgentNotRunning and UntrustedSocket. */
export async function dialChannel(path: string): Promise<Talk> {
  return createTalk(await dial(path));
}

/** Says hello. Calls that follow in the same turn leave in the same write. */
export async function sayHello(channel: Talk, greeting: Greeting): Promise<void> {
  const { notices: asked, anyProtocol: _any, ...client } = greeting;
  const more = asked === undefined ? {} : { notices: asked };
  const { notices = [], features = [] } = await channel.call("agent.hello", { protocol: PROTOCOL, client, ...more });
  channel.notices = notices;
  channel.features = features;
}

/** Joins the arriving bytes to lines. Calls `tooLong` where a line is longer than an answer may be. */
function linesOf(line: (text: string) => void, tooLong: () => void): (text: string) => void {
  let buffered: string[] = [];
  let bufferedSize = 0;
  return (text) => {
    bufferedSize += text.length;
    if (bufferedSize > ANSWER_BYTES_MAX) return tooLong();
    const parts = text.split("\n");
    buffered.push(parts[0] ?? "");
    for (const part of parts.slice(1)) {
      line(buffered.join(""));
      buffered = [part];
      bufferedSize = part.length;
    }
  };
}

function createTalk(socket: Socket): Talk {
  const pending = new Map<number, Pending>();
  const holders = new Set<object>();
  const onEnd: (() => void)[] = [];
  let listener: Listener = () => undefined;
  let nextId = 1;
  let unsent = "";
  let open = true;
  let closedByUs = false;

  socket.setEncoding("utf8");
  socket.removeAllListeners("error");
  socket.on("error", () => socket.destroy());
  socket.on("close", end);
  socket.on(
    "data",
    linesOf(receive, () => socket.destroy()),
  );

  function receive(line: string): void {
    const message = JSON.parse(line) as {
      id?: number;
      method?: string;
      params?: Record<string, unknown>;
      result?: unknown;
      error?: WireError;
    };
    if (message.method !== undefined) return listener(message.method, message.params ?? {});
    const call = message.id === undefined ? undefined : pending.get(message.id);
    if (call === undefined || message.id === undefined) return;
    pending.delete(message.id);
    if (message.error === undefined) call.resolve(message.result);
    else call.reject(errorOf(message.error));
    letGo();
  }

  /** Lines of one turn of the event loop leave together, since each write is a system call. */
  function send(line: string): void {
    if (unsent === "") process.nextTick(flush);
    unsent += line;
    if (unsent.length > TURN_LENGTH_MAX) flush();
  }

  function flush(): void {
    const lines = unsent;
    unsent = "";
    if (lines !== "") socket.write(lines);
  }

  /** A program with nothing else to do ends when it waits for nothing. The connection does not keep it alive. */
  function letGo(): void {
    if (pending.size === 0 && holders.size === 0) socket.unref();
  }

  function end(): void {
    open = false;
    const error = closedByUs ? new ClientClosed() : new ConnectionLost();
    for (const call of pending.values()) call.reject(error);
    pending.clear();
    for (const one of onEnd.splice(0)) one();
  }

  function call(method: string, params: object, options: CallOptions = {}): Promise<unknown> {
    if (!open) return Promise.reject(closedByUs ? new ClientClosed() : new ConnectionLost());
    options.signal?.throwIfAborted();
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const line = requestLine(id, method, params);
      const stop = stopwatch(options, (error) => {
        if (!pending.delete(id)) return;
        send(`${JSON.stringify({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } })}\n`);
        reject(error);
        letGo();
      });
      pending.set(id, {
        resolve: (value) => {
          stop();
          resolve(value);
        },
        reject: (error) => {
          stop();
          reject(error);
        },
      });
      socket.ref();
      send(line);
    });
  }

  return {
    call: call as Channel["call"],
    onNotification: (next) => {
      listener = next;
    },
    untilClosed: () => {
      if (!open) return Promise.resolve();
      socket.ref();
      return new Promise((resolve) => socket.once("close", () => resolve()));
    },
    get isOpen() {
      return open;
    },
    onEnd: (one) => {
      onEnd.push(one);
    },
    hold: (waiting) => {
      holders.add(waiting);
      socket.ref();
    },
    release: (waiting) => {
      holders.delete(waiting);
      letGo();
    },
    features: [],
    notices: [],
    close: () => {
      closedByUs = true;
      open = false;
      // A call may have been stopped in this turn, and the agent should hear of it.
      flush();
      socket.destroy();
    },
  };
}

/** Bytes of one character in UTF-8, for each unit of a text in JavaScript. */
const UNIT_BYTES_MAX = 3;

/** A request with its end. The agent closes a connection that sends a longer one, and with it every other call. */
function requestLine(id: number, method: string, params: object): string {
  const line = `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
  const mayBeTooLong = line.length * UNIT_BYTES_MAX > limits.lineBytes;
  if (mayBeTooLong && Buffer.byteLength(line) - 1 > limits.lineBytes)
    throw tableError("lineTooLong", `the limit is ${limits.lineBytes} bytes`);
  return line;
}

/** The error of a call that its signal stopped. */
export const reasonOf = (signal: StopSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new Error("the call was aborted");

/** Milliseconds of the longest timer: 24 days. Node takes a longer one for one that is due at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Calls `then` at the deadline. The returned function forgets it. */
export function afterDeadline(deadlineMs: number, then: () => void): () => void {
  const timer = setTimeout(then, Math.min(deadlineMs, TIMER_MS_MAX));
  return () => clearTimeout(timer);
}

/** Watches the caller's signal and deadline; the returned function ends the watch. */
function stopwatch(options: CallOptions, stop: (error: Error) => void): () => void {
  const { signal, deadlineMs } = options;
  const onAbort = () => stop(reasonOf(signal));
  signal?.addEventListener("abort", onAbort, { once: true });
  const forget = deadlineMs === undefined ? undefined : afterDeadline(deadlineMs, () => stop(new TimedOut(deadlineMs)));
  return () => {
    signal?.removeEventListener("abort", onAbort);
    forget?.();
  };
}

type WireError = { code: number; message: string; data?: { name?: string; hint?: string; incident?: string } };

function errorOf(error: WireError): PosternError {
  const name = error.data?.name ?? "internal";
  const Class = Object.hasOwn(errorClasses, name) ? errorClasses[name] : undefined;
  return new (Class ?? PosternError)(error.message, {
    errorName: name,
    code: error.code,
    hint: error.data?.hint,
    incident: error.data?.incident,
  });
}
