// The client of the Postern agent under the official SDKs' names: createClient, DesktopAuth, client.secrets, items, vaults,
// groups, environments. One connection, opened at the first call; after an agent's restart it connects once more.

import { homedir } from "node:os";
import type { Call } from "./call.ts";
import { type CallOptions, type Channel, type Listener, openChannel } from "./channel.ts";
import { LockedError, type Methods, repeatable, takesClient } from "./generated.ts";
import { socketPath } from "./generated-socket-path.ts";
import { ClientClosed, ConnectionLost } from "./local-error.ts";
import { type Items, itemsOf } from "./sdk-items.ts";
import { Secrets } from "./sdk-secrets.ts";
import { type Environments, environmentsOf, type Groups, groupsOf, type Vaults, vaultsOf } from "./sdk-vaults.ts";

export type { CallOptions } from "./channel.ts";
export * as errors from "./generated.ts";
export { DesktopSessionExpiredError } from "./generated.ts";
export { AgentNotRunning, ClientClosed, ConnectionLost, TimedOut, UntrustedSocket } from "./local-error.ts";
export type { Files, Items } from "./sdk-items.ts";
export { Secrets } from "./sdk-secrets.ts";
export type { Shares } from "./sdk-shares.ts";
export * from "./sdk-types.ts";
export type { Environments, Groups, Vaults } from "./sdk-vaults.ts";

/** Sign-in through the agent, by the account's name or id; the agent's default account when it is empty. */
export class DesktopAuth {
  readonly accountName: string;
  constructor(accountName = "") {
    this.accountName = accountName;
  }
}

export const DEFAULT_INTEGRATION_NAME = "Unknown";
export const DEFAULT_INTEGRATION_VERSION = "Unknown";

/** The agent's address, and the account or token to use. */
export type ClientOptions = {
  /** DesktopAuth, or the token of a service account. With a token nobody is asked, and the client sees the token's vaults only. */
  readonly auth: DesktopAuth | string;
  readonly integrationName?: string;
  readonly integrationVersion?: string;
  /** The agent's socket. By default, the agent's own default. */
  readonly socket?: string;
  /** Called with the match code when a person must approve. Without it, nothing is shown and the call waits. */
  readonly onPrompt?: (prompt: { code: string; expiresAt: Date }) => void;
};

/** An open client. */
export type Client = {
  readonly secrets: Secrets;
  readonly items: Items;
  readonly vaults: Vaults;
  readonly groups: Groups;
  readonly environments: Environments;
  /** Any method of the agent, with its own names. */
  readonly call: Call;
  /** Events of the agent that concern this client. */
  onEvent(listener: Listener): void;
  /** Ends the connection. Pending calls fail with ClientClosed. */
  close(): void;
};

/** The socket at which the agent listens for this user. */
export function defaultSocket(): string {
  return socketPath({ env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() });
}

/** Opens a client. Throws AgentNotRunning, UntrustedSocket, or what the agent answers (signedOut, accountNotFound, tokenInvalid, tokenRefused). */
export async function createClient(options: ClientOptions): Promise<Client> {
  const link = createLink(options);
  await link.open();
  return {
    secrets: new Secrets(link.call),
    items: itemsOf(link.call),
    vaults: vaultsOf(link.call),
    groups: groupsOf(link.call),
    environments: environmentsOf(link.call),
    call: link.call,
    onEvent: link.onEvent,
    close: link.close,
  };
}

type Link = { open(): Promise<void>; call: Call; onEvent(listener: Listener): void; close(): void };

/** The connection under a client, opened again when it must be. */
type Open = { readonly channel: Channel; readonly client: string };

function createLink(options: ClientOptions): Link {
  const name = options.integrationName ?? DEFAULT_INTEGRATION_NAME;
  const version = options.integrationVersion ?? DEFAULT_INTEGRATION_VERSION;
  let listener: Listener = () => undefined;
  let state: Promise<Open> | undefined;
  let closed = false;

  async function connect(): Promise<Open> {
    const channel = await openChannel(options.socket ?? defaultSocket(), { name, version });
    channel.onNotification((method, params) => {
      if (method === "prompt.opened" && typeof params.request === "number") {
        options.onPrompt?.({ code: String(params.code), expiresAt: new Date(String(params.expiresAt)) });
      }
      listener(method, params);
    });
    try {
      await channel.call("agent.subscribe", {});
      return { channel, client: await openClient(channel) };
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  async function openClient(channel: Channel): Promise<string> {
    const { auth } = options;
    const account = typeof auth === "string" ? "" : auth.accountName;
    const { client } = await channel.call("clients.open", {
      integrationName: name,
      integrationVersion: version,
      ...(typeof auth === "string" ? { token: auth } : {}),
      ...(account === "" ? {} : { account }),
    });
    return client;
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

  const send = async (
    method: keyof Methods,
    params: object,
    callOptions: CallOptions | undefined,
  ): Promise<unknown> => {
    const through = ({ channel, client }: Open) =>
      channel.call(method, (takesClient.has(method) ? { ...params, client } : params) as never, callOptions);
    const open = await current();
    try {
      return await through(open);
    } catch (error) {
      // A lock ends a token's session before anything was done. Presenting the token again begins the next session.
      if (!(error instanceof LockedError) || typeof options.auth !== "string" || !takesClient.has(method)) throw error;
      return through(await presentAgain(open));
    }
  };

  return {
    open: async () => {
      await current();
    },
    call: (async (method: keyof Methods, params: object, callOptions?: CallOptions) => {
      try {
        return await send(method, params, callOptions);
      } catch (error) {
        // Repeats a call once, and only one that changes nothing. The caller must find out whether a lost write was done.
        if (!(error instanceof ConnectionLost) || closed || !repeatable.has(method)) throw error;
        return send(method, params, callOptions);
      }
    }) as Call,
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
