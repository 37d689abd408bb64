// One connection to the agent: dial, call, decode. Every pending call ends exactly once: with its answer, with an
// error of the agent, with the caller's abort or deadline, or with ConnectionLost.
import { lstatSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname } from "node:path";
import { errorClasses, type Methods, PosternError, ProtocolMismatchError } from "./generated.ts";
import { PROTOCOL } from "./generated-limits.ts";
import { AgentNotRunning, ClientClosed, ConnectionLost, TimedOut, UntrustedSocket } from "./local-error.ts";

/** How long a call may take and who may stop it. */
export type CallOptions = {
  /** Stops the call, here and in the agent. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with TimedOut. Without it a call waits as long as the agent does. */
  readonly deadlineMs?: number;
};

/** A notification of the agent: prompt.opened, prompt.closed, session.changed, item.changed. */
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
  /** What the agent had for a person, where it was asked for. */
  readonly notices: readonly string[];
  /** Waits, keeping the program alive, until the connection has ended by either side. */
  untilClosed(): Promise<void>;
  close(): void;
};

type Pending = { resolve(value: unknown): void; reject(error: Error): void };

/** Bytes of an answer after which the connection is given up: more than the largest result the agent sends. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Who connects; with `notices`, one that shows a person what the agent has for them. With `anyProtocol` an agent of another protocol
 * is connected to as well: it takes agent.status and agent.stop without a hello, and nothing else is to be asked of it.
 */
export type Greeting = {
  readonly name: string;
  readonly version: string;
  readonly notices?: true;
  readonly anyProtocol?: true;
};

/** Connects to the agent at `path` and says hello. Throws AgentNotRunning, UntrustedSocket or an error of the agent. */
export async function openChannel(path: string, greeting: Greeting): Promise<Channel> {
  checkSocket(path);
  const socket = await dial(path);
  const channel = createTalk(socket);
  const { notices: asked, anyProtocol, ...client } = greeting;
  const more = asked === undefined ? {} : { notices: asked };
  try {
    const { notices = [] } = await channel.call("agent.hello", { protocol: PROTOCOL, client, ...more });
    channel.notices = notices;
  } catch (error) {
    if (anyProtocol !== true || !(error instanceof ProtocolMismatchError)) {
      channel.close();
      throw error;
    }
  }
  return channel;
}

const WAY_TO_IT =
  "look at it and at the folders on the way to it, which must let you in, and at POSTERN_SOCKET, POSTERN_HOME and XDG_RUNTIME_DIR, which say where it is";

/** Another user who made the socket, or can write to its folder, would read what we send. */
function checkSocket(path: string): void {
  if (process.platform === "win32") return;
  try {
    const uid = process.getuid?.();
    const socket = lstatSync(path);
    const folder = lstatSync(dirname(path));
    if (!socket.isSocket()) throw new UntrustedSocket("it is not a socket");
    if (socket.uid !== uid) throw new UntrustedSocket("it belongs to another user");
    if (folder.uid !== uid) throw new UntrustedSocket("its folder belongs to another user");
    if ((folder.mode & 0o077) !== 0) throw new UntrustedSocket("its folder is open to other users");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new AgentNotRunning("there is no socket", error);
    if (code === undefined) throw error;
    throw new UntrustedSocket(`${path} cannot be looked at (${code})`, WAY_TO_IT);
  }
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => reject(notDialled(path, error)));
  });
}

function notDialled(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === "ECONNREFUSED" || error.code === "ENOENT")
    return new AgentNotRunning("the socket is left over from an agent that has ended", error);
  return new UntrustedSocket(`${path} cannot be connected to (${error.code})`, WAY_TO_IT);
}

/** Puts lines together of what arrives; `tooLong` is told where one is longer than an answer may be. */
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

function createTalk(socket: Socket): Channel & { notices: readonly string[] } {
  const pending = new Map<number, Pending>();
  let listener: Listener = () => undefined;
  let nextId = 1;
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
    if (pending.size === 0) socket.unref();
  }

  function end(): void {
    open = false;
    const error = closedByUs ? new ClientClosed() : new ConnectionLost();
    for (const call of pending.values()) call.reject(error);
    pending.clear();
  }

  function call(method: string, params: object, options: CallOptions = {}): Promise<unknown> {
    if (!open) return Promise.reject(closedByUs ? new ClientClosed() : new ConnectionLost());
    options.signal?.throwIfAborted();
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const stop = stopwatch(options, (error) => {
        if (!pending.delete(id)) return;
        socket.write(`${JSON.stringify({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } })}\n`);
        reject(error);
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
      // A program with nothing else to do ends when no call is pending, as it would without us.
      socket.ref();
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
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
    notices: [],
    close: () => {
      closedByUs = true;
      open = false;
      socket.destroy();
    },
  };
}

/** Watches the caller's signal and deadline; the returned function ends the watch. */
function stopwatch(options: CallOptions, stop: (error: Error) => void): () => void {
  const { signal, deadlineMs } = options;
  const onAbort = () => stop(signal?.reason instanceof Error ? signal.reason : new Error("the call was aborted"));
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = deadlineMs === undefined ? undefined : setTimeout(() => stop(new TimedOut(deadlineMs)), deadlineMs);
  return () => {
    signal?.removeEventListener("abort", onAbort);
    clearTimeout(timer);
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
