// Our own kind of account, in the form of every account: the agent seals its vaults and items, and a service stores them. Only this room
// knows the account client. The other rooms see an `Account`.
import type { Cursor } from "../../clients/account/account-core.ts";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import type { VaultEntry } from "../../clients/account/vault-list.ts";
import { everyPermission } from "../../protocol/access/permission-names.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import type { Account, VaultOverview } from "../account/account.ts";
import type { Feed } from "../account/capabilities.ts";
import { sealedGroups, sealedServiceAccounts } from "./sealed-access.ts";
import { createSealedItems } from "./sealed-items.ts";

export type SealedParts = {
  readonly crypto: Primitives;
  readonly open: OpenAccount;
  readonly session: Pick<SignedIn["session"], "call">;
  /** Whether a service account's token opened it. */
  readonly byToken: boolean;
};

export function sealedAccount({ crypto, open, session, byToken }: SealedParts): Account {
  const { list, create, variables, set, unset, delete: remove } = open.environments;
  return {
    id: open.id,
    vaults: async () => (await open.vaults()).map(shownVault),
    vaultsNow: async () => {
      const { vaults, ...age } = await open.vaultsNow();
      return { vaults: vaults.map(shownVault), ...age };
    },
    matchVaults: open.matchVaults,
    createVault: async ({ title, description, allowAdminsAccess }) => {
      // The default of the official service: an account's administrators have access to every shared vault.
      // A service account grants its vaults to its own person alone.
      const admins = allowAdminsAccess === false || byToken ? [] : [await open.groups.builtIn("administrators")];
      const shared = admins.map(({ id }) => ({ id, permissions: everyPermission }));
      return shownVault(await open.createVault(title, description ?? "", "userCreated", shared));
    },
    updateVault: async (id, change) => shownVault(await open.updateVault(id, change)),
    deleteVault: open.deleteVault,
    ...createSealedItems(crypto, open),
    environments: { list, create, variables, set, unset, delete: remove, ageMs: open.vaultsAgeMs },
    groups: sealedGroups(open, byToken),
    serviceAccounts: sealedServiceAccounts(open),
    rateLimit: { read: () => session.call("serviceAccounts.rateLimit", {}) },
    feed: feedOf(open),
  };
}

function feedOf(open: OpenAccount): Feed {
  return {
    follow: () => {
      let cursor: Cursor | undefined;
      return {
        next: async (signal, waitMs) => {
          const news = await open.changes(cursor, signal, waitMs);
          const isFirst = cursor === undefined;
          cursor = news.cursor;
          if (isFirst) return { changes: news.changes, first: true };
          if (news.replaced !== undefined) open.forgetAll();
          if (news.changes.some(({ kind }) => kind === "vault")) open.forgetVaults();
          if (news.changes.some(({ kind }) => kind === "group")) open.groups.forget();
          return news.replaced === undefined
            ? { changes: news.changes }
            : { changes: news.changes, replaced: news.replaced };
        },
      };
    },
    forget: open.forgetAll,
    onAnswered: open.onAnswered,
  };
}

const vaultTypes: readonly VaultOverview["vaultType"][] = ["personal", "everyone", "transfer", "userCreated"];

function shownVault(vault: VaultEntry): VaultOverview {
  return {
    id: vault.id,
    title: vault.title,
    description: vault.description,
    vaultType: vaultTypes.find((type) => type === vault.type) ?? "unsupported",
    activeItemCount: vault.activeItems,
    contentVersion: vault.contentVersion,
    attributeVersion: vault.revision,
    createdAt: vault.createdAt,
    updatedAt: vault.updatedAt,
  };
}
