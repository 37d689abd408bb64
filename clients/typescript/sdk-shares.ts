// client.items.shares: links to copies of items, under the official names.

import type { Call } from "./call.ts";
import type { CallOptions } from "./channel.ts";
import type { Item, ItemShareAccountPolicy, ItemShareParams, ValidRecipient } from "./sdk-types.ts";

export type Shares = {
  /** How the item may be shared. Throws sharingUnavailable where the account's service has no public address. */
  getAccountPolicy(vaultId: string, itemId: string, options?: CallOptions): Promise<ItemShareAccountPolicy>;
  /** Reads recipients. Named ones need mail, which the service does not send yet: any is refused, saying so. */
  validateRecipients(
    policy: ItemShareAccountPolicy,
    recipients: readonly string[],
    options?: CallOptions,
  ): Promise<ValidRecipient[]>;
  /** A link to a copy of the item; whoever has it can open it. Without `expireAfter` the policy says how long. */
  create(item: Item, policy: ItemShareAccountPolicy, params: ItemShareParams, options?: CallOptions): Promise<string>;
};

export function sharesOf(call: Call): Shares {
  return {
    getAccountPolicy: (vaultId, itemId, options) => call("items.shares.getAccountPolicy", { vaultId, itemId }, options),
    validateRecipients: async (policy, recipients, options) =>
      (await call("items.shares.validateRecipients", { policy, recipients: [...recipients] }, options)).recipients,
    create: async ({ vaultId, id: itemId, version }, policy, params, options) =>
      (await call("items.shares.create", { vaultId, itemId, version, policy, params }, options)).url,
  };
}
