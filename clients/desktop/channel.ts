// The connection of the page to the agent: our ordinary protocol, a line each way, carried by HTTP on loopback. One endless request brings the
// agent's lines. Each line of ours is a request of its own. After a lost stream the channel connects again by itself; what had been asked is
// not asked again, since nobody knows whether it was done.
import type { Methods } from "../typescript/generated.ts";
import { VERSION } from "../typescript/generated.ts";
import { PROTOCOL } from "../typescript/generated-limits.ts";
import { AgentError, ConnectionLost, SessionEnded } from "./agent-error.ts";
import type { Session } from "./entrance.ts";
import { linesOf } from "./lines.ts";

/** `lost`: the agent cannot be reached, and the channel tries again. `ended`: the session is over for good. */
export type ChannelState = "connecting" | "open" | "lost" | "ended";

export type Notification = { readonly method: string; readonly params: Readonly<Record<string, unknown>> };

export type Channel = {
  readonly state: ChannelState;
  /** Milliseconds by which the agent's clock is ahead of this page's. */
  readonly aheadMs: number;
  /** Throws AgentError, ConnectionLost, SessionEnded. */
  call<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
  /** The returned function ends it. Called at once with the present state too. */
  onState(listener: (state: ChannelState) => void): () => void;
  onNotification(listener: (notification: Notification) => void): () => void;
  close(): void;
};

type Answer = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly data?: { readonly name?: string; readonly hint?: string } };
};

type Pending = { resolve(value: unknown): void; reject(error: Error): void };

/** Milliseconds before the next try, from the first on. An agent that starts again is there within a second. */
const AGAIN_MS = [200, 500, 1_000, 2_000, 4_000] as const;

/** The header names the second that has begun. Its end is taken: a page must not show more time than there is. */
const HEADER_MS = 1_000;

/** A clock that differs by less is the same clock: the header has whole seconds. */
const SAME_CLOCK_MS = 2_000;

/**
 * Opens the channel of a session. It connects by itself, until it is closed or the session ends. `renewed` is called with the next
 * session: at a lock an open page of the app gets a session of its own, since somebody may have copied the old token.
 */
export function openChannel(first: Pick<Session, "session" | "agent">, renewed: (next: Session) => void): Channel {
  const listeners = new Set<(state: ChannelState) => void>();
  const hearers = new Set<(notification: Notification) => void>();
  const pending = new Map<number, Pending>();
  const closing = new AbortController();
  let { session, agent } = first;
  let state: ChannelState = "connecting";
  let connection: string | undefined;
  let stream = new AbortController();
  let aheadMs = 0;
  let nextId = 1;

  function become(next: ChannelState): void {
    if (state === next || state === "ended") return;
    state = next;
    for (const listener of [...listeners]) listener(next);
  }

  function failAll(error: Error): void {
    connection = undefined;
    const calls = [...pending.values()];
    pending.clear();
    for (const { reject } of calls) reject(error);
  }

  function end(): void {
    become("ended");
    failAll(new SessionEnded());
    stream.abort();
  }

  function hear(line: string): void {
    if (line === "") return;
    const { id, method, params = {}, result, error } = JSON.parse(line) as Answer;
    if (method === "app.session") return renew({ session: String(params.session), agent: String(params.agent) });
    if (method !== undefined) return notify({ method, params });
    const call = id === undefined ? undefined : pending.get(id);
    if (call === undefined || id === undefined) return;
    pending.delete(id);
    if (error === undefined) return call.resolve(result);
    call.reject(new AgentError(error.data?.name ?? "internal", error.message, error.data?.hint));
  }

  function notify(notification: Notification): void {
    for (const hearer of [...hearers]) hearer(notification);
  }

  /** The stream of the old session ends now, and the next one begins with this token. */
  function renew(next: Session): void {
    ({ session, agent } = next);
    renewed(next);
  }

  async function send(id: number, method: string, params: object): Promise<void> {
    const sentOn = connection ?? "";
    const sentIn = session;
    const answer = await post("/send", sentIn, JSON.stringify({ jsonrpc: "2.0", id, method, params }), {
      "postern-connection": sentOn,
    });
    // What was under way at a lock still has the token of the old session. The next session is not over for that.
    if (isOver(answer) && sentIn === session) return end();
    // The agent has closed this connection, and the stream may not have said so yet.
    if (answer.status === 404 && connection === sentOn) stream.abort();
    if (answer.status !== 202) pending.get(id)?.reject(new ConnectionLost());
  }

  function call(method: string, params: object): Promise<unknown> {
    if (state === "ended") return Promise.reject(new SessionEnded());
    if (connection === undefined) return Promise.reject(new ConnectionLost());
    const id = nextId++;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      send(id, method, params).catch(() => {
        pending.delete(id);
        reject(new ConnectionLost());
      });
    });
  }

  /** Says hello before anything else may be asked. Notifications follow from then on. */
  async function greet(): Promise<void> {
    await call("agent.hello", { protocol: PROTOCOL, client: { name: "postern app", version: VERSION } });
    await call("agent.subscribe", {});
    become("open");
  }

  /** One connection, from its start to its end. Returns whether it was ever open. */
  async function connect(): Promise<boolean> {
    stream = new AbortController();
    const answer = await post("/receive", session, "{}", {}, AbortSignal.any([stream.signal, closing.signal]));
    // A stranger on the port of an agent that has ended. Nothing more is said to it.
    const isStranger = answer.ok && answer.headers.get("postern-agent") !== agent;
    if (isOver(answer) || isStranger) end();
    if (!answer.ok || isStranger || answer.body === null) return false;
    aheadMs = clockAhead(answer.headers.get("date"));
    connection = answer.headers.get("postern-connection") ?? undefined;
    const greeted = greet().then(
      () => true,
      () => {
        stream.abort();
        return false;
      },
    );
    try {
      for await (const line of linesOf(answer.body)) hear(line);
    } catch {
      // The agent has gone. The calls that waited are told below.
    }
    failAll(new ConnectionLost());
    return greeted;
  }

  async function keepConnected(): Promise<void> {
    for (let tries = 0; !closing.signal.aborted && state !== "ended"; tries++) {
      const wasOpen = await connect().catch(() => false);
      if (closing.signal.aborted) return;
      become("lost");
      if (wasOpen) tries = 0;
      await pause(AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)] ?? 0, closing.signal);
    }
  }

  keepConnected();
  return {
    get state() {
      return state;
    },
    get aheadMs() {
      return aheadMs;
    },
    call: call as Channel["call"],
    onState: (listener) => {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    onNotification: (hearer) => {
      hearers.add(hearer);
      return () => hearers.delete(hearer);
    },
    close: () => closing.abort(),
  };
}

/**
 * 401: the agent knows no such session. 421 (RFC 9110, section 15.5.20): an agent listens here that has another host name, since it started again. Each
 * start draws a new name.
 */
const isOver = ({ status }: Response) => status === 401 || status === 421;

/** A body without an end must not be kept by the browser, and no referrer need leave the page. */
function post(path: string, session: string, body: string, more: Record<string, string>, signal?: AbortSignal) {
  const headers = { "content-type": "application/json", authorization: `Postern ${session}`, ...more };
  return fetch(path, { method: "POST", headers, body, cache: "no-store", ...(signal === undefined ? {} : { signal }) });
}

function clockAhead(date: string | null): number {
  const ahead = date === null ? 0 : Date.parse(date) + HEADER_MS - Date.now();
  return Number.isFinite(ahead) && Math.abs(ahead) >= SAME_CLOCK_MS ? ahead : 0;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
