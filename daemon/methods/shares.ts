// items.shares.*, shares.*: links to copies of items. What goes out of the account is in the audit log before it is answered.
import type { OpenAccount } from "../../clients/account/open-account.ts";
import type { ShareEntry } from "../../clients/account/shares.ts";
import type { ResultOf } from "../../protocol/catalogue.ts";
import { isId } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import {
  type ItemShareAccountPolicy,
  type ItemShareDuration,
  type ItemShareParams,
  shareDurations,
  sharePolicy,
} from "../../protocol/item/item-share.ts";
import { recipientOf } from "../../protocol/item/recipient.ts";
import { accessOf } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { demandId } from "./items.ts";

type ShareHandlers = Pick<
  Handlers,
  | "items.shares.getAccountPolicy"
  | "items.shares.validateRecipients"
  | "items.shares.create"
  | "shares.list"
  | "shares.revoke"
>;
type Listed = ResultOf<"shares.list">["shares"][number];

/** Items asked for at once: as many as the service answers. */
const BATCH = 100;

export const shareMethods: ShareHandlers = {
  "items.shares.getAccountPolicy": async ({ vaultId, itemId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    await unlocked.account.getItem(vaultId, demandId(itemId));
    // Without it nothing can be shared, and a policy that says otherwise would be a lie.
    await unlocked.account.shares.publicAddress();
    audit.read(entryOf(call, "ok", [vaultId, itemId]));
    return sharePolicy;
  },

  "items.shares.validateRecipients": async ({ recipients }) => {
    if (recipients.map(recipientOf).length > 0) throw needsMail();
    return { recipients: [] };
  },

  "items.shares.create": async ({ vaultId, itemId, version, policy, params }, call) => {
    const { unlocked, audit, file } = accessOf(call).session;
    if ((params.recipients ?? []).length > 0) throw needsMail();
    const expireAfter = durationOf(params, policy);
    const item = await unlocked.account.getItem(vaultId, demandId(itemId));
    if (version !== undefined && version !== item.revision) throw new PosternError("versionConflict");
    // A token's session has no name but an id.
    const sender = file.name === file.user ? {} : { sender: file.name };
    const how = { expireAfter, oneTime: params.oneTimeOnly, ...sender };
    const { share, url, expiresAt } = await unlocked.account.shares.create(item, how);
    audit.keep(entryOf(call, "ok", [vaultId, itemId, share], [item.overview.title]));
    return { url, shareId: share, expiresAt };
  },

  "shares.list": async (_params, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const listed = await unlocked.account.shares.list();
    const titles = await titlesOf(unlocked.account, listed);
    audit.read(
      entryOf(
        call,
        "ok",
        listed.map(({ share }) => share),
      ),
    );
    return { shares: listed.map((one) => shown(one, titles.get(`${one.vault} ${one.item}`))) };
  },

  "shares.revoke": async ({ shareId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    if (!isId(shareId)) throw new PosternError("shareNotFound");
    await unlocked.account.shares.revoke(shareId);
    audit.keep(entryOf(call, "ok", [shareId]));
    return {};
  },
};

function needsMail(): PosternError {
  return new PosternError("recipientsRefused", "named recipients need mail, which this service does not send yet");
}

/** The stricter of the caller's policy and ours. */
function durationOf({ expireAfter }: ItemShareParams, policy: ItemShareAccountPolicy = sharePolicy): ItemShareDuration {
  const asked = expireAfter ?? policy.defaultExpiry;
  const longest = Math.min(shareDurations[policy.maxExpiry], shareDurations[sharePolicy.maxExpiry]);
  if (shareDurations[asked] > longest) throw new PosternError("invalidShareDuration", "longer than the policy allows");
  return asked;
}

function shown({ share, vault, item, oneTime, ...rest }: ShareEntry, title: string | undefined): Listed {
  const named = title === undefined ? {} : { title };
  return { shareId: share, vaultId: vault, itemId: item, ...named, oneTimeOnly: oneTime, ...rest };
}

/** Titles of the shared items by vault and item, of those that are still there and that this user may still read. */
export async function titlesOf(
  account: OpenAccount,
  listed: readonly Pick<ShareEntry, "vault" | "item">[],
): Promise<Map<string, string>> {
  const titles = new Map<string, string>();
  for (const [vault, entries] of Map.groupBy(listed, (one) => one.vault)) {
    const ids = [...new Set(entries.map(({ item }) => item))];
    for (let at = 0; at < ids.length; at += BATCH)
      for (const item of await readable(account, vault, ids.slice(at, at + BATCH)))
        titles.set(`${vault} ${item.id}`, item.overview.title);
  }
  return titles;
}

async function readable(account: OpenAccount, vault: string, ids: readonly string[]) {
  try {
    return await account.getItems(vault, ids);
  } catch (error) {
    if (error instanceof PosternError && (error.name === "vaultNotFound" || error.name === "notPermitted")) return [];
    throw error;
  }
}
