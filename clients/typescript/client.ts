// The client of the Postern agent under the official SDKs' names: createClient, DesktopAuth, client.secrets, items, vaults,
// groups, environments. One connection, opened at the first call; after an agent's restart it connects once more.

import { homedir } from "node:os";
import type { Call } from "./call.ts";
import { type CallOptions, type Channel, type Listener, openChannel } from "./channel.ts";
import { LockedError, type Methods, repeatable, takesClient } from "./generated.ts";
import { socketPath } from "./generated-socket-path.ts";
import { ClientClosed, ConnectionLost } from "./local-error.ts";
import { type Items, itemsOf } from "./sdk-items.ts";
import { Secrets, type SecretsApi } from "./sdk-secrets.ts";
import { type Environments, environmentsOf, type Groups, groupsOf, type Vaults, vaultsOf } from "./sdk-vaults.ts";

export type { CallOptions } from "./channel.ts";
export * as errors from "./generated.ts";
export { DesktopSessionExpiredError, RateLimitExceededError } from "./generated.ts";
export { AgentNotRunning, ClientClosed, ConnectionLost, TimedOut, UntrustedSocket } from "./local-error.ts";
export type { Files, Items } from "./sdk-items.ts";
export { AuthExpiredError, ReplacerFunc, ReviverFunc, throwError } from "./sdk-machinery.ts";
export { Secrets, type SecretsApi } from "./sdk-secrets.ts";
export type { Shares } from "./sdk-shares.ts";
export * from "./sdk-types.ts";
export type { Environments, Groups, Vaults } from "./sdk-vaults.ts";
export type { Given } from "./wire-words.ts";

/** Sign-in through the agent, by the account's name or id; the agent's default account when it is empty. */
export class DesktopAuth {
  accountName: string;
  constructor(accountName = "") {
    this.accountName = accountName;
  }
}

export const DEFAULT_INTEGRATION_NAME = "Unknown";
export const DEFAULT_INTEGRATION_VERSION = "Unknown";

/** What a client is opened with, as the official package has it. */
export interface ClientConfiguration {
  /** DesktopAuth, or the token of a service account. With a token nobody is asked, and the client sees the token's vaults only. */
  auth?: string | DesktopAuth;
  integrationName: string;
  integrationVersion: string;
  /** Of a workload's identity, which the agent does not have. With it `createClient` refuses. */
  oidcFetcher?: (audience: string) => Promise<string>;
  workloadDetails?: { customerManagedSecret: string; workloadUuid: string };
}

/** The same, where everything may be left out that need not be there, and what ours has beyond it. */
export type ClientOptions = {
  [Key in keyof ClientConfiguration]?: ClientConfiguration[Key] | undefined;
} & {
  /** The agent's socket. By default, the agent's own default. */
  socket?: string;
  /** Called with the match code when a person must approve. Without it, nothing is shown and the call waits. */
  onPrompt?: (prompt: { code: string; expiresAt: Date }) => void;
};

/** An open client, as the official package has it. A mock needs no more than this. */
export class Client {
  secrets: SecretsApi;
  items: Items;
  vaults: Vaults;
  groups: Groups;
  environments: Environments;

  constructor(call: Call) {
    this.secrets = new Secrets(call);
    this.items = itemsOf(call);
    this.vaults = vaultsOf(call);
    this.groups = groupsOf(call);
    this.environments = environmentsOf(call);
  }
}

/** What `createClient` gives: an open client, and what ours has beyond the official one. */
export type OpenClient = Client & {
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
export function createClient(options: ClientOptions): Promise<OpenClient>;
/** The official form. It is the last one, which a mock takes its type from. So a mock need not have what is ours alone. */
export function createClient(config: ClientConfiguration): Promise<Client>;
export async function createClient(options: ClientOptions): Promise<OpenClient> {
  const link = createLink(options, usableAuth(options));
  await link.open();
  const { call, onEvent, close } = link;
  return Object.assign(new Client(call), { call, onEvent, close });
}

/** The way to sign in. Throws in the official words where there is none. */
function usableAuth({ auth, oidcFetcher }: ClientOptions): DesktopAuth | string {
  if (oidcFetcher !== undefined) {
    if (auth instanceof DesktopAuth) throw new Error("OIDC authentication is not supported with desktop auth");
    throw new Error(
      "the agent has no workload identity (`oidcFetcher`); use `auth` with the token of a service account",
    );
  }
  if (auth === undefined || auth === "")
    throw new Error(
      "createClient requires either `auth` (service account token) or `oidcFetcher` (workload identity).",
    );
  return auth;
}

type Link = { open(): Promise<void>; call: Call; onEvent(listener: Listener): void; close(): void };

/** The connection under a client, opened again when it must be. */
type Open = { readonly channel: Channel; readonly client: string };

function createLink(options: ClientOptions, auth: DesktopAuth | string): Link {
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
      if (!(error instanceof LockedError) || typeof auth !== "string" || !takesClient.has(method)) throw error;
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
