// An unlocked account. It opens the rows that the service sends, and seals the rows that it sends. It does not trust the service: it
// checks every answer against a signature, a key and a place, or refuses it with sealBroken.

import { fromBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationResult, serviceLimits } from "../../protocol/service-catalogue.ts";
import type { AccountCore, Cursor, News } from "./account-core.ts";
import { createEnvironments, type Environments } from "./environments.ts";
import { createFileChunks } from "./file-chunks.ts";
import { createGroupList } from "./group-list.ts";
import { createItemList } from "./item-list.ts";
import { createItemRows } from "./item-rows.ts";
import { createItemVersions } from "./item-versions.ts";
import { createMadeVaults } from "./made-vaults.ts";
import type { Person } from "./new-vault.ts";
import { createServiceAccounts } from "./service-accounts.ts";
import { EMBEDDED_ORIGIN } from "./service-client.ts";
import { createShares, type Shares } from "./shares.ts";
import type { SignedIn } from "./signed-in.ts";
import { openOwnData, type UserData } from "./user-data.ts";
import { createVaultList, type VaultList } from "./vault-list.ts";
import { createVaultMembers, type VaultMembers } from "./vault-members.ts";
import { createWriters } from "./writers.ts";

/** The account as the agent works with it. */
export type OpenAccount = AccountCore & { readonly environments: Environments; readonly shares: Shares };

/** The lists of an account, each with the other lists that it needs. */
function partsOf(crypto: Primitives, account: string, user: string, signedIn: SignedIn, nowMs: () => number) {
  const { session, rootKey, keyset } = signedIn;
  const data = openOwnData(crypto, { account, user }, signedIn);
  // This user, and the principals in the user's own sealed data. For a service account, that is the person who made it.
  const pinned = [keyset.identity.publicKey, ...Object.values(data.get().pins).map(pinnedIdentity)];
  const groups = createGroupList({ crypto, account, session, keyset });
  const who = { crypto, account, user, session, keyset, groups, pinned };
  const writers = createWriters(crypto, account, session, pinned);
  const endedMakers = () => data.get().endedMakers ?? [];
  const madeVaults = createMadeVaults({ ...who, writers, endedMakers, byToken: session.byToken });
  const token = session.byToken ? { byToken: tokenOf(data.get()) } : {};
  const vaults = createVaultList({ ...who, madeVaults, ...token, rootKey, nowMs });
  const members = createVaultMembers({ ...who, vaults, writers });
  const serviceAccounts = createServiceAccounts({
    ...who,
    service: session.origin === EMBEDDED_ORIGIN ? "embedded" : session.origin,
    rootKey,
    people: pinned,
    vaults,
    members,
    noteEnded: (one) => data.change((now) => ({ ...now, endedMakers: [...new Set([...endedMakers(), one])] })),
  });
  const rows = createItemRows({ ...who, vaults, writers });
  const items = createItemList({ crypto, session, vaults, writers, rows });
  const versions = createItemVersions({ session, vaults, writers, rows });
  const files = createFileChunks({ crypto, account, session, rows });
  return { groups, vaults, members, serviceAccounts, items, versions, files, data };
}

/** A service account's own data name the person to whom its new vaults are granted. */
function tokenOf({ maker, pins }: UserData): { person?: Person } {
  if (maker === undefined) return {};
  const recipient = { identity: pinnedIdentity(pins[maker.user] ?? ""), box: pinnedIdentity(maker.box) };
  return { person: { user: maker.user, recipient } };
}

function pinnedIdentity(pin: string): Uint8Array {
  const identity = fromBase64(pin);
  if (identity?.length !== 32) throw new PosternError("sealBroken", "an identity in the user's own data");
  return identity;
}

/** A service whose numbers go back without its saying so was put back from a copy all the same. */
function newsOf(before: Cursor | undefined, { cursor, events, replaced }: OperationResult<"events.wait">): News {
  const news = { cursor, changes: events };
  if (before === undefined) return news;
  if (cursor.store !== before.store) return { ...news, replaced: "otherStore" };
  return replaced === true || cursor.seq < before.seq ? { ...news, replaced: "olderCopy" } : news;
}

/** `nowMs` is a clock that nobody sets. It gives the age of remembered answers. */
export function openAccount(
  crypto: Primitives,
  account: string,
  user: string,
  signedIn: SignedIn,
  nowMs: () => number = () => performance.now(),
  wallMs: () => number = Date.now,
): OpenAccount {
  const { session, rootKey, keyset } = signedIn;
  const { groups, vaults, members, serviceAccounts, items, versions, files, data } = partsOf(
    crypto,
    account,
    user,
    signedIn,
    nowMs,
  );
  const inner: AccountCore = {
    id: account,
    user,
    ...items,
    ...versions,
    ...files,
    vaults: vaults.entries,
    vaultsNow: vaults.entriesNow,
    vaultsAgeMs: vaults.ageMs,
    isUnreadVault: vaults.isUnread,
    matchVaults: vaults.match,
    createVault: vaults.create,
    updateVault: vaults.update,
    deleteVault: vaults.delete,
    forgetVaults: vaults.forget,
    forgetAll: () => {
      vaults.forgetAll();
      groups.forget();
    },
    userData: data.get,
    userDataRevision: data.revision,
    changeUserData: data.change,
    changes: async (cursor, signal, waitMs = serviceLimits.waitMs) => {
      const from = cursor === undefined ? {} : { cursor };
      const answer = await session.call("events.wait", { waitMs, ...from }, signal);
      return newsOf(cursor, answer);
    },
    serviceTimeMs: async () => Date.parse((await session.call("service.info", {})).now),
    onAnswered: session.onAnswered,
    groups,
    members,
    serviceAccounts,
    close: () => {
      session.close();
      crypto.release(rootKey, keyset.identity.secretKey, keyset.box.secretKey);
      vaults.close();
      groups.close();
    },
  };
  const shares = createShares({ crypto, session, readFile: files.readFile, now: wallMs });
  return { ...guarded(inner, vaults, members), shares };
}

/**
 * The account as the agent works with it. The methods on items do not see environments: the one item of an environment has rules of
 * its own. A write finishes an interrupted wrapping first. Reading does not wait for it, since the older keys still open.
 */
function guarded(inner: AccountCore, vaults: VaultList, members: VaultMembers): Omit<OpenAccount, "shares"> {
  function hidden<A extends unknown[], R>(work: (vault: string, ...rest: A) => Promise<R>) {
    return async (vault: string, ...rest: A): Promise<R> => {
      if ((await vaults.get(vault)).stored.type === "environment") throw new PosternError("vaultNotFound");
      return work(vault, ...rest);
    };
  }
  function written<A extends unknown[], R>(work: (vault: string, ...rest: A) => Promise<R>) {
    return hidden(async (vault: string, ...rest: A): Promise<R> => {
      await members.resume(vault);
      return work(vault, ...rest);
    });
  }
  return {
    ...inner,
    environments: createEnvironments(inner),
    vaults: async () => (await inner.vaults()).filter(({ type }) => type !== "environment"),
    vaultsNow: async () => {
      const { vaults: all, ...age } = await inner.vaultsNow();
      return { vaults: all.filter(({ type }) => type !== "environment"), ...age };
    },
    updateVault: hidden(inner.updateVault),
    deleteVault: async (vault) => {
      await vaults.entries();
      return vaults.isUnread(vault) ? inner.deleteVault(vault) : hidden(inner.deleteVault)(vault);
    },
    findItems: hidden(inner.findItems),
    findItemsAt: hidden(inner.findItemsAt),
    getItem: hidden(inner.getItem),
    getItems: hidden(inner.getItems),
    listItems: hidden(inner.listItems),
    listPage: hidden(inner.listPage),
    getOverviews: hidden(inner.getOverviews),
    itemVersions: hidden(inner.itemVersions),
    getItemVersion: hidden(inner.getItemVersion),
    createItem: written(inner.createItem),
    createItems: written(inner.createItems),
    putItem: written(inner.putItem),
    deleteItem: written(inner.deleteItem),
    deleteItems: written(inner.deleteItems),
    itemKeyOf: written(inner.itemKeyOf),
  };
}
