// items.shares.*, shares.*: links to copies of items. Everything that leaves the account is in the audit log before the answer.
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
import { type Account, offered } from "../account/account.ts";
import type { Share } from "../account/capabilities.ts";
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

/** Items of one request: as many as the service answers. */
const BATCH = 100;

export const shareMethods: ShareHandlers = {
  "items.shares.getAccountPolicy": async ({ vaultId, itemId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const shares = offered(unlocked.account, "shares");
    await unlocked.account.getItem(vaultId, demandId(itemId));
    const policy = await shares.policy();
    audit.read(entryOf(call, "ok", [vaultId, itemId]));
    return policy;
  },

  "items.shares.validateRecipients": async ({ policy, recipients }) => {
    const read = recipients.map(recipientOf);
    if (read.some(({ type }) => !policy.allowedRecipientTypes.includes(type)))
      throw new PosternError("recipientsRefused");
    return { recipients: read };
  },

  "items.shares.create": async ({ vaultId, itemId, version, policy, params, linkAddress }, call) => {
    const { unlocked, audit, file } = accessOf(call).session;
    if ((params.recipients ?? []).length > 0) throw needsMail();
    const shares = offered(unlocked.account, "shares");
    const expireAfter = durationOf(params, policy);
    const item = await unlocked.account.getItem(vaultId, demandId(itemId));
    if (version !== undefined && version !== item.version) throw new PosternError("versionConflict");
    // A token's session has no name but an id.
    const sender = file.name === file.user ? {} : { sender: file.name };
    // The question named it, so the person has confirmed it. With a token nobody is asked: then its holder has named it.
    const confirmed = linkAddress === undefined ? {} : { linkAddress };
    const how = { expireAfter, oneTime: params.oneTimeOnly, ...sender, ...confirmed };
    const shared = await shares.create(item, how);
    audit.keep(entryOf(call, "ok", [vaultId, itemId, shared.shareId], [item.title]));
    return shared;
  },

  "shares.list": async (_params, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const listed = await offered(unlocked.account, "shares").list();
    const titles = await titlesOf(unlocked.account, listed);
    audit.read(
      entryOf(
        call,
        "ok",
        listed.map(({ shareId }) => shareId),
      ),
    );
    return { shares: listed.map((one) => shown(one, titles.get(`${one.vaultId} ${one.itemId}`))) };
  },

  "shares.revoke": async ({ shareId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    if (!isId(shareId)) throw new PosternError("shareNotFound");
    await offered(unlocked.account, "shares").revoke(shareId);
    audit.keep(entryOf(call, "ok", [shareId]));
    return {};
  },
};

function needsMail(): PosternError {
  return new PosternError("recipientsRefused", "named recipients need mail, which this service does not send yet");
}

/** The stricter one of the caller's policy and ours. */
function durationOf({ expireAfter }: ItemShareParams, policy: ItemShareAccountPolicy = sharePolicy): ItemShareDuration {
  const asked = expireAfter ?? policy.defaultExpiry;
  const longest = Math.min(shareDurations[policy.maxExpiry], shareDurations[sharePolicy.maxExpiry]);
  if (shareDurations[asked] > longest) throw new PosternError("invalidShareDuration", "longer than the policy allows");
  return asked;
}

function shown({ shareId, vaultId, itemId, ...rest }: Share, title: string | undefined): Listed {
  return { shareId, vaultId, itemId, ...(title === undefined ? {} : { title }), ...rest };
}

/** Titles of the shared items, by vault and item. Items that are gone, malformed, or that this user may no longer read, are left out. */
export async function titlesOf(
  account: Account,
  listed: readonly Pick<Share, "vaultId" | "itemId">[],
): Promise<Map<string, string>> {
  const titles = new Map<string, string>();
  for (const [vault, entries] of Map.groupBy(listed, (one) => one.vaultId)) {
    const ids = [...new Set(entries.map(({ itemId }) => itemId))];
    for (let at = 0; at < ids.length; at += BATCH)
      for (const item of await readable(account, vault, ids.slice(at, at + BATCH)))
        if ("title" in item) titles.set(`${vault} ${item.id}`, item.title);
  }
  return titles;
}

async function readable(account: Account, vault: string, ids: readonly string[]) {
  try {
    return await account.getItems(vault, ids);
  } catch (error) {
    if (error instanceof PosternError && (error.name === "vaultNotFound" || error.name === "notPermitted")) return [];
    throw error;
  }
}
