// The connection under a client, with one client of the agent on it. It is opened at the first call, and again after a restart of the agent.
import { homedir } from "node:os";
import type { Call } from "./call.ts";
import { type CallOptions, type Channel, dialChannel, type Listener, type StopSignal, sayHello } from "./channel.ts";
import type { Integration } from "./configuration.ts";
import { InvalidParamsError, LockedError, type Methods, repeatable, takesClient } from "./generated.ts";
import { socketPath } from "./generated-socket-path.ts";
import { AgentNotRunning, ClientClosed, ConnectionLost } from "./local-error.ts";
import { createPromptNotice, createUnlockNotice } from "./prompt-notice.ts";
import { startedAgent } from "./start-agent.ts";
import { stopOf, untilStopped } from "./stop.ts";
import type { Watch } from "./watch.ts";
import { createWatchNotices } from "./watch-notices.ts";

/** What ours has beyond the official options. */
export type LinkOptions = {
  /** The agent's socket. By default, the agent's own default. */
  socket?: string;
  /**
   * Called with the match code when a person must approve. Without it, the client says on stderr what to do, where that is a terminal, and
   * nothing elsewhere. The call waits either way.
   */
  onPrompt?: (prompt: { code: string; expiresAt: Date }) => void;
};

/** The socket at which the agent listens for this user. */
export function defaultSocket(): string {
  return socketPath({ env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() });
}

export type Link = {
  open(): Promise<void>;
  call: Call;
  watch: Watch;
  onEvent(listener: Listener): void;
  close(): void;
};

/** The connection under a client, opened again when it must be. */
type Open = { readonly channel: Channel; readonly client: string };

export function createLink({ auth, name, version }: Integration, options: LinkOptions): Link {
  const watches = createWatchNotices();
  const tellAtTerminal = createPromptNotice(name);
  const accountName = typeof auth === "string" ? "" : auth.accountName;
  const tellUnlock = createUnlockNotice(name, accountName);
  let listener: Listener = () => undefined;
  let state: Promise<Open> | undefined;
  let closed = false;
  let hasOpened = false;

  /** Connects, and starts an agent where none runs. A client that was open does not: a person may have stopped the agent. */
  async function dialled() {
    const path = options.socket ?? defaultSocket();
    const open = () => dialChannel(path);
    try {
      return await open();
    } catch (error) {
      const mayStart = typeof auth === "string" && options.socket === undefined && !hasOpened;
      if (!(error instanceof AgentNotRunning) || !mayStart) throw error;
      return startedAgent(error, open);
    }
  }

  async function connect(): Promise<Open> {
    const channel = await dialled();
    channel.onNotification((method, params) => {
      if (method === "prompt.opened" && typeof params.request === "number") {
        const code = String(params.code);
        if (options.onPrompt === undefined) tellAtTerminal(String(params.prompt), code);
        else options.onPrompt({ code, expiresAt: new Date(String(params.expiresAt)) });
      }
      if (method === "unlock.awaited" && typeof params.request === "number") tellUnlock(String(params.expiresAt));
      watches.heard(method, params);
      listener(method, params);
    });
    try {
      // All three leave in one write, so that a client is open after one round trip.
      const greeted = sayHello(channel, { name, version });
      const subscribed = channel.call("agent.subscribe", {});
      const opened = openClient(channel, waiting);
      // The first failure counts. Those after it follow from it.
      for (const later of [subscribed, opened]) later.catch(() => undefined);
      await greeted;
      await subscribed;
      const client = await opened.catch((error: unknown) => openPlainly(channel, error));
      hasOpened = true;
      return { channel, client };
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  /** Calls on a locked account wait. A token never does. */
  const waiting = typeof auth === "string" ? {} : ({ waitForUnlock: true } as const);

  async function openClient(channel: Channel, more: { waitForUnlock?: true } = {}): Promise<string> {
    const { client } = await channel.call("clients.open", {
      integrationName: name,
      integrationVersion: version,
      ...(typeof auth === "string" ? { token: auth } : {}),
      ...(accountName === "" ? {} : { account: accountName }),
      ...more,
    });
    return client;
  }

  /** Opens a client at an older agent, which refuses the waiting since it does not know it. Its hello came too late to ask it. */
  async function openPlainly(channel: Channel, refused: unknown): Promise<string> {
    const isOlder = "waitForUnlock" in waiting && !channel.features.includes("waitForUnlock");
    if (!isOlder || !(refused instanceof InvalidParamsError)) throw refused;
    return openClient(channel);
  }

  async function current(): Promise<Open> {
    if (closed) throw new ClientClosed();
    const before = state;
    if (before !== undefined && (await before).channel.isOpen) return before;
    // Another call may have begun to connect again meanwhile.
    if (state === before) {
      const next = connect();
      next.catch(() => {
        if (state === next) state = undefined;
      });
      state = next;
    }
    return state as Promise<Open>;
  }

  /** Keyed by the ended client: many calls may find it ended, and the token is presented once. */
  const presented = new WeakMap<Open, Promise<Open>>();

  function presentAgain(ended: Open): Promise<Open> {
    const begun = presented.get(ended);
    if (begun !== undefined) return begun;
    const begins = openClient(ended.channel).then((client) => ({ channel: ended.channel, client }));
    presented.set(ended, begins);
    state = begins;
    begins.then(
      // Closes the old client, since a connection has only so many and a lock may come often. A lost connection fails its own calls.
      () => ended.channel.call("clients.close", { client: ended.client }).catch(() => undefined),
      () => {
        presented.delete(ended);
        if (state === begins) state = Promise.resolve(ended);
      },
    );
    return begins;
  }

  /** An answer, and the open client that it came through. */
  type Answered<M extends keyof Methods> = { readonly by: Open; readonly result: Methods[M]["result"] };

  async function send<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    signal: StopSignal | undefined,
  ): Promise<Answered<M>> {
    const through = async (by: Open) => ({
      by,
      result: await by.channel.call(
        method,
        takesClient.has(method) ? { ...params, client: by.client } : params,
        signal === undefined ? undefined : { signal },
      ),
    });
    const open = await untilStopped(current(), signal);
    try {
      return await through(open);
    } catch (error) {
      // A lock ends a token's session before anything was done. Presenting the token again begins the next session.
      if (!(error instanceof LockedError) || typeof auth !== "string" || !takesClient.has(method)) throw error;
      return through(await untilStopped(presentAgain(open), signal));
    }
  }

  async function answered<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    callOptions: CallOptions = {},
  ): Promise<Answered<M>> {
    const { signal, done } = stopOf(callOptions);
    try {
      return await send(method, params, signal);
    } catch (error) {
      // Repeats a call once, and only one that changes nothing. The caller must find out whether a lost write was done.
      if (!(error instanceof ConnectionLost) || closed || !repeatable.has(method)) throw error;
      return await send(method, params, signal);
    } finally {
      done();
    }
  }

  return {
    open: async () => {
      await current();
    },
    call: async (method, params, callOptions) => (await answered(method, params, callOptions)).result,
    watch: async (reference, callOptions) => {
      const { by, result } = await answered("secrets.watch", { reference }, callOptions);
      return watches.of(result.watch, by.channel);
    },
    onEvent: (next) => {
      listener = next;
    },
    close: () => {
      closed = true;
      state?.then(
        ({ channel }) => channel.close(),
        () => undefined,
      );
    },
  };
}
