// Links to copies of items, as the official SDKs have them.
import type { AllowedRecipientType, AllowedType, ItemShareDuration } from "./generated-enums.js";

/** What may be shared of an item's files. */
export interface ItemShareFiles {
  allowed: boolean;
  /** In bytes. */
  maxSize: number;
  allowedTypes?: AllowedType[];
  allowedRecipientTypes?: AllowedRecipientType[];
  maxExpiry?: ItemShareDuration;
  defaultExpiry?: ItemShareDuration;
  maxViews?: number;
}

/** What the account's service allows of links. */
export interface ItemShareAccountPolicy {
  maxExpiry: ItemShareDuration;
  defaultExpiry: ItemShareDuration;
  maxViews?: number;
  allowedTypes: AllowedType[];
  allowedRecipientTypes: AllowedRecipientType[];
  files: ItemShareFiles;
}

/** A person, or everybody of a domain. */
export type ValidRecipient =
  | { type: "Email"; parameters: { email: string } }
  | { type: "Domain"; parameters: { domain: string } };

export interface ItemShareParams {
  /** Without recipients everyone with the link can open it. */
  recipients?: ValidRecipient[];
  /** Without it the policy gives the duration. */
  expireAfter?: ItemShareDuration;
  oneTimeOnly: boolean;
}
