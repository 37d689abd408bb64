// client.items.shares: links to copies of items, under the official names.

import type { Call } from "./call.ts";
import type { CallOptions } from "./channel.ts";
import { linkParams, policyOf } from "./generated-sdk-share-params.ts";
import type { Item } from "./sdk-item-types.ts";
import type { ItemShareAccountPolicy, ItemShareParams, ValidRecipient } from "./sdk-share-types.ts";
import { type Given, official } from "./wire-words.ts";

export type Shares = {
  /** The policy for sharing the item. Throws sharingUnavailable where the account's service has no public address. */
  getAccountPolicy(vaultId: string, itemId: string, options?: CallOptions): Promise<ItemShareAccountPolicy>;
  /** Reads recipients. Named recipients would need mail, and the service does not send mail yet. So each is refused with that reason. */
  validateRecipients(
    policy: Given<ItemShareAccountPolicy>,
    recipients: readonly string[],
    options?: CallOptions,
  ): Promise<ValidRecipient[]>;
  /** Makes a link to a copy of the item. Everyone with the link can open it. Without `expireAfter` the policy gives the duration. */
  create(
    item: Given<Item>,
    policy: Given<ItemShareAccountPolicy>,
    params: Given<ItemShareParams>,
    options?: CallOptions,
  ): Promise<string>;
};

export function sharesOf(call: Call): Shares {
  return {
    getAccountPolicy: async (vaultId, itemId, options) =>
      official<ItemShareAccountPolicy>(await call("items.shares.getAccountPolicy", { vaultId, itemId }, options)),
    validateRecipients: async (policy, recipients, options) =>
      (
        await call(
          "items.shares.validateRecipients",
          { policy: policyOf(policy), recipients: [...recipients] },
          options,
        )
      ).recipients,
    create: async ({ vaultId, id: itemId, version }, policy, params, options) => {
      const terms = { policy: policyOf(policy), params: linkParams(params) };
      return (await call("items.shares.create", { vaultId, itemId, version, ...terms }, options)).url;
    },
  };
}
