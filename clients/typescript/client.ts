// The client of the Postern agent under the official SDKs' names: createClient, DesktopAuth, client.secrets,
// client.items, client.vaults. One connection, opened at the first call; after an agent's restart it connects once more.
import { homedir } from "node:os";
import { type CallOptions, type Channel, type Listener, openChannel } from "./channel.ts";
import { type Methods, repeatable } from "./generated.ts";
import { socketPath } from "./generated-socket-path.ts";
import { ClientClosed, ConnectionLost } from "./local-error.ts";

export type { CallOptions } from "./channel.ts";
export * as errors from "./generated.ts";
export { AgentNotRunning, ClientClosed, ConnectionLost, TimedOut, UntrustedSocket } from "./local-error.ts";

/** Sign-in through the agent, by the account's name or id; the agent's only account when it is empty. */
export class DesktopAuth {
  readonly accountName: string;
  constructor(accountName = "") {
    this.accountName = accountName;
  }
}

export const DEFAULT_INTEGRATION_NAME = "Unknown";
export const DEFAULT_INTEGRATION_VERSION = "Unknown";

/** How to reach the agent, and as whom. */
export type ClientOptions = {
  /** DesktopAuth, or a service-account token (which the agent answers with "not yet"). */
  readonly auth: DesktopAuth | string;
  readonly integrationName?: string;
  readonly integrationVersion?: string;
  /** The agent's socket; where the agent puts it by default. */
  readonly socket?: string;
  /** Told the match code when a person must approve. Without it nothing is shown; the call just waits. */
  readonly onPrompt?: (prompt: { code: string; expiresAt: Date }) => void;
};

export type Item = Methods["items.get"]["result"];
export type ItemCreateParams = Methods["items.create"]["params"]["item"];
export type ItemOverview = Methods["items.list"]["result"]["items"][number];
export type VaultOverview = Methods["vaults.getOverview"]["result"];
export type ItemCategory = Item["category"];
export type ItemFieldType = Item["fields"][number]["fieldType"];

/** What a reference led to, as the official SDKs answer it. */
export type ResolvedReference = { readonly secret: string; readonly itemId: string; readonly vaultId: string };
export type ResolveAllResponse = {
  readonly individualResponses: Readonly<
    Record<
      string,
      { content: ResolvedReference; error?: never } | { error: { type: string; message: string }; content?: never }
    >
  >;
};
export type ItemsGetAllResponse = {
  readonly individualResponses: readonly (
    | { content: Item; error?: never }
    | { error: { type: string; message: string }; content?: never }
  )[];
};
export type ItemListFilter = {
  readonly type: "ByState";
  readonly content: { readonly active: boolean; readonly archived: boolean };
};

type Call = <M extends keyof Methods>(
  method: M,
  params: Methods[M]["params"],
  options?: CallOptions,
) => Promise<Methods[M]["result"]>;

/** An open client. */
export type Client = {
  readonly secrets: Secrets;
  readonly items: Items;
  readonly vaults: Vaults;
  /** Any method of the agent, with its own names. */
  readonly call: Call;
  /** Events of the agent that concern this client. */
  onEvent(listener: Listener): void;
  /** Ends the connection; pending calls fail with ClientClosed. */
  close(): void;
};

export type Secrets = {
  resolve(secretReference: string, options?: CallOptions): Promise<string>;
  resolveAll(secretReferences: readonly string[], options?: CallOptions): Promise<ResolveAllResponse>;
};

export type Items = {
  create(params: ItemCreateParams, options?: CallOptions): Promise<Item>;
  createAll(vaultId: string, params: readonly ItemCreateParams[], options?: CallOptions): Promise<ItemsGetAllResponse>;
  get(vaultId: string, itemId: string, options?: CallOptions): Promise<Item>;
  getAll(vaultId: string, itemIds: readonly string[], options?: CallOptions): Promise<ItemsGetAllResponse>;
  put(item: Item, options?: CallOptions): Promise<Item>;
  delete(vaultId: string, itemId: string, options?: CallOptions): Promise<void>;
  archive(vaultId: string, itemId: string, options?: CallOptions): Promise<void>;
  list(vaultId: string, ...filters: readonly ItemListFilter[]): Promise<ItemOverview[]>;
};

export type Vaults = {
  create(params: { title: string; description?: string }, options?: CallOptions): Promise<VaultOverview>;
  list(options?: CallOptions): Promise<VaultOverview[]>;
  getOverview(vaultId: string, options?: CallOptions): Promise<VaultOverview>;
  update(
    vaultId: string,
    params: { title?: string; description?: string },
    options?: CallOptions,
  ): Promise<VaultOverview>;
  delete(vaultId: string, options?: CallOptions): Promise<void>;
};

/** Where the agent listens for this user. */
export function defaultSocket(): string {
  return socketPath({ env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() });
}

/** Opens a client. Throws AgentNotRunning, UntrustedSocket, or what the agent answers (signedOut, accountNotFound, notYet). */
export async function createClient(options: ClientOptions): Promise<Client> {
  const link = createLink(options);
  await link.open();
  return {
    secrets: secretsOf(link.call),
    items: itemsOf(link.call),
    vaults: vaultsOf(link.call),
    call: link.call,
    onEvent: link.onEvent,
    close: link.close,
  };
}

type Link = { open(): Promise<void>; call: Call; onEvent(listener: Listener): void; close(): void };

/** Methods whose parameters take the client that asks. */
const takesClient = (method: string) => /^(secrets\.resolve|items\.|vaults\.|files\.open)/.test(method);

function createLink(options: ClientOptions): Link {
  const name = options.integrationName ?? DEFAULT_INTEGRATION_NAME;
  const version = options.integrationVersion ?? DEFAULT_INTEGRATION_VERSION;
  let listener: Listener = () => undefined;
  let state: Promise<{ channel: Channel; client: string }> | undefined;
  let closed = false;

  async function connect(): Promise<{ channel: Channel; client: string }> {
    const channel = await openChannel(options.socket ?? defaultSocket(), { name, version });
    channel.onNotification((method, params) => {
      if (method === "prompt.opened" && typeof params.request === "number") {
        options.onPrompt?.({ code: String(params.code), expiresAt: new Date(String(params.expiresAt)) });
      }
      listener(method, params);
    });
    try {
      await channel.call("agent.subscribe", {});
      const account = typeof options.auth === "string" ? options.auth : options.auth.accountName;
      const { client } = await channel.call("clients.open", {
        integrationName: name,
        integrationVersion: version,
        ...(account === "" ? {} : { account }),
      });
      return { channel, client };
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  async function current(): Promise<{ channel: Channel; client: string }> {
    if (closed) throw new ClientClosed();
    const before = state;
    if (before !== undefined && (await before).channel.isOpen) return before;
    // Others may have begun to connect anew while we waited.
    if (state === before) {
      const next = connect();
      next.catch(() => {
        if (state === next) state = undefined;
      });
      state = next;
    }
    return state as Promise<{ channel: Channel; client: string }>;
  }

  const send = async (
    method: keyof Methods,
    params: object,
    callOptions: CallOptions | undefined,
  ): Promise<unknown> => {
    const { channel, client } = await current();
    const full = takesClient(method) ? { ...params, client } : params;
    return channel.call(method, full as never, callOptions);
  };

  return {
    open: async () => {
      await current();
    },
    call: (async (method: keyof Methods, params: object, callOptions?: CallOptions) => {
      try {
        return await send(method, params, callOptions);
      } catch (error) {
        // Once, and only what changes nothing: whether a lost write was done is the caller's to find out.
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

function secretsOf(call: Call): Secrets {
  return {
    resolve: async (reference, options) => (await call("secrets.resolve", { reference }, options)).secret,
    resolveAll: async (references, options) => {
      const { outcomes } = await call("secrets.resolveAll", { references: [...references] }, options);
      const entries = outcomes.map((outcome, index): [string, ResolveAllResponse["individualResponses"][string]] => [
        references[index] ?? "",
        "error" in outcome
          ? { error: { type: typeOf(outcome.error.name), message: outcome.error.message } }
          : { content: { secret: outcome.secret, itemId: outcome.itemId, vaultId: outcome.vaultId } },
      ]);
      return { individualResponses: Object.fromEntries(entries) };
    },
  };
}

/** The official SDKs' tag of a resolve error; our own names where they are the same. */
function typeOf(name: string): string {
  const tags: Readonly<Record<string, string>> = {
    invalidReference: "parsing",
    incompatibleQuery: "incompatibleTOTPQueryParameterField",
  };
  return Object.hasOwn(tags, name) ? (tags[name] ?? name) : name;
}

function itemsOf(call: Call): Items {
  return {
    create: (item, options) => call("items.create", { item }, options),
    createAll: async (vaultId, items, options) =>
      responses(await call("items.createAll", { vaultId, items: [...items] }, options)),
    get: (vaultId, itemId, options) => call("items.get", { vaultId, itemId }, options),
    getAll: async (vaultId, itemIds, options) =>
      responses(await call("items.getAll", { vaultId, itemIds: [...itemIds] }, options)),
    put: (item, options) => call("items.put", { item }, options),
    delete: async (vaultId, itemId, options) => void (await call("items.delete", { vaultId, itemId }, options)),
    archive: async (vaultId, itemId, options) => void (await call("items.archive", { vaultId, itemId }, options)),
    list: async (vaultId, ...filters) => {
      // Several filters add up; none means the active items.
      const states =
        filters.length === 0
          ? { active: true, archived: false }
          : {
              active: filters.some(({ content }) => content.active),
              archived: filters.some(({ content }) => content.archived),
            };
      return (await call("items.list", { vaultId, ...states })).items;
    },
  };
}

function responses({ outcomes }: Methods["items.getAll"]["result"]): ItemsGetAllResponse {
  return {
    individualResponses: outcomes.map((outcome) =>
      "error" in outcome
        ? { error: { type: outcome.error.name, message: outcome.error.message } }
        : { content: outcome },
    ),
  };
}

function vaultsOf(call: Call): Vaults {
  return {
    create: (params, options) => call("vaults.create", params, options),
    list: async (options) => (await call("vaults.list", {}, options)).vaults,
    getOverview: (vaultId, options) => call("vaults.getOverview", { vaultId }, options),
    update: (vaultId, params, options) => call("vaults.update", { vaultId, ...params }, options),
    delete: async (vaultId, options) => void (await call("vaults.delete", { vaultId }, options)),
  };
}
