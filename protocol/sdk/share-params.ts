// The terms of a link, of the official SDKs, as our methods take them. The TypeScript client takes a copy.
import type { ItemShareAccountPolicy, ItemShareParams, ValidRecipient } from "../item/item-share.ts";
import { given } from "./given.ts";
import type { SdkPolicy, SdkRecipient, SdkShareParams } from "./shapes.ts";

export function linkParams({ recipients, expireAfter, oneTimeOnly }: SdkShareParams): ItemShareParams {
  return given({ recipients: recipients?.map(recipientOf), expireAfter, oneTimeOnly });
}

export function policyOf({ maxExpiry, defaultExpiry, maxViews, files, ...allowed }: SdkPolicy): ItemShareAccountPolicy {
  const { allowedTypes, allowedRecipientTypes } = allowed;
  const ofFiles = {
    allowed: files.allowed,
    maxSize: files.maxSize,
    allowedTypes: files.allowedTypes,
    allowedRecipientTypes: files.allowedRecipientTypes,
    maxExpiry: files.maxExpiry,
    defaultExpiry: files.defaultExpiry,
    maxViews: files.maxViews,
  };
  return given({ maxExpiry, defaultExpiry, maxViews, allowedTypes, allowedRecipientTypes, files: given(ofFiles) });
}

function recipientOf(recipient: SdkRecipient): ValidRecipient {
  return recipient.type === "Email"
    ? { type: "Email", parameters: { email: recipient.parameters.email } }
    : { type: "Domain", parameters: { domain: recipient.parameters.domain } };
}
