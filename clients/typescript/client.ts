// The client of the Postern agent under the official SDKs' names: createClient, DesktopAuth, client.secrets, items, vaults,
// groups, environments.

import type { Call } from "./call.ts";
import type { Listener } from "./channel.ts";
import { type ClientConfiguration, type GivenConfiguration, usable } from "./configuration.ts";
import { createLink, type LinkOptions } from "./link.ts";
import { type Items, itemsOf } from "./sdk-items.ts";
import { Secrets, type SecretsApi, type WatchingSecrets, watchingSecrets } from "./sdk-secrets.ts";
import { type Environments, environmentsOf, type Groups, groupsOf, type Vaults, vaultsOf } from "./sdk-vaults.ts";

export type { CallOptions } from "./channel.ts";
export {
  type ClientConfiguration,
  DEFAULT_INTEGRATION_NAME,
  DEFAULT_INTEGRATION_VERSION,
  DesktopAuth,
} from "./configuration.ts";
export * as errors from "./generated.ts";
export { DesktopSessionExpiredError, RateLimitExceededError } from "./generated.ts";
export { defaultSocket } from "./link.ts";
export {
  AgentNotRunning,
  ClientClosed,
  ConnectionLost,
  InvalidConfiguration,
  TimedOut,
  UntrustedSocket,
  WatchEnded,
} from "./local-error.ts";
export type { Files, Items } from "./sdk-items.ts";
export { AuthExpiredError, ReplacerFunc, ReviverFunc, throwError } from "./sdk-machinery.ts";
export { Secrets, type SecretsApi, type WatchingSecrets } from "./sdk-secrets.ts";
export type { Shares } from "./sdk-shares.ts";
export * from "./sdk-types.ts";
export type { Environments, Groups, Vaults } from "./sdk-vaults.ts";
export type { SecretChange, SecretWatch } from "./watch.ts";
export type { Given } from "./wire-words.ts";

/** The same, where everything may be left out that need not be there, and what ours has beyond it. */
export type ClientOptions = GivenConfiguration & LinkOptions;

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
  readonly secrets: WatchingSecrets;
  /** Any method of the agent, with its own names. */
  readonly call: Call;
  /** Events of the agent that concern this client. */
  onEvent(listener: Listener): void;
  /** Ends the connection. Pending calls fail with ClientClosed. */
  close(): void;
};

/** Opens a client. Throws InvalidConfiguration, AgentNotRunning, UntrustedSocket, or what the agent answers (signedOut, accountNotFound, tokenInvalid, tokenRefused). */
export function createClient(options: ClientOptions): Promise<OpenClient>;
/** The official form. It is the last one, which a mock takes its type from. So a mock need not have what is ours alone. */
export function createClient(config: ClientConfiguration): Promise<Client>;
export async function createClient(options: ClientOptions): Promise<OpenClient> {
  const link = createLink(usable(options), options);
  await link.open();
  const { call, watch, onEvent, close } = link;
  const secrets = watchingSecrets(call, watch);
  return Object.assign(new Client(call), { secrets, call, onEvent, close });
}
