// The service accounts of an unlocked account: makes one with its first token, gives it the next one, and ends it. A token's text is
// returned once and kept nowhere.

import { demandPermissions } from "../../protocol/access/permissions.ts";
import { formatToken } from "../../protocol/access/service-account-token.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { openCustody, sealToken, TOKEN_SECRET_BYTES } from "../../protocol/crypto/service-account.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import { makeServiceAccount } from "./new-service-account.ts";
import type { ServiceSession } from "./service-session.ts";
import type { VaultList } from "./vault-list.ts";
import type { VaultMembers } from "./vault-members.ts";
import { isVouchedFor } from "./writers.ts";

type Stored = OperationResult<"serviceAccounts.list">["serviceAccounts"][number];
type Token = OperationParams<"serviceAccounts.rotate">["token"];

/** A service account in the view of its maker. */
export type ServiceAccountEntry = Pick<Stored, "createdAt" | "revokedAt" | "makesVaults" | "tokens" | "vaults"> & {
  readonly id: string;
  readonly title: string;
};

export type ServiceAccounts = {
  list(): Promise<ServiceAccountEntry[]>;
  /** Calls `use` with the root key of each, revoked ones too, and wipes the key after it. Throws sealBroken. */
  eachRootKey(use: (one: { id: string; title: string }, rootKey: Uint8Array) => void): Promise<void>;
  /** Makes a service account. Returns its token. Throws invalidPermissions, vaultNotFound, notPermitted. */
  create(input: {
    title: string;
    vaults: readonly { id: string; permissions: number }[];
    makesVaults?: boolean;
    expiresAt?: string;
  }): Promise<{ id: string; token: string }>;
  /** Makes the next token. The older ones end after `overlapMs`. Throws serviceAccountNotFound. */
  rotate(id: string, input: { overlapMs: number; expiresAt?: string }): Promise<string>;
  /** Ends its tokens at once, then gives its vaults new keys. A second call finishes an interrupted one. */
  revoke(id: string): Promise<void>;
};

export type ServiceAccountsParts = {
  readonly crypto: Primitives;
  readonly account: string;
  readonly user: string;
  /** "embedded", or the origin of the service. Each token names it. */
  readonly service: string;
  readonly session: ServiceSession;
  readonly rootKey: Uint8Array;
  readonly keyset: Keyset;
  readonly people: readonly Uint8Array[];
  readonly vaults: VaultList;
  readonly members: VaultMembers;
  /** Notes a revoked maker of vaults in the user's own data. */
  readonly noteEnded: (serviceAccount: string) => Promise<void>;
};

export function createServiceAccounts(parts: ServiceAccountsParts): ServiceAccounts {
  const { crypto, account, session, rootKey, keyset, vaults, members } = parts;

  /** A token's text, and the part of it that the service keeps. */
  function newToken(id: string, itsRootKey: Uint8Array, expiresAt: string | undefined): { text: string; token: Token } {
    const token = newId(crypto);
    const secret = crypto.randomBytes(TOKEN_SECRET_BYTES);
    const place = { account, serviceAccount: id };
    const sealed = sealToken(crypto, { place, token, secret, rootKey: itsRootKey });
    const text = formatToken({ ...place, service: parts.service, token, secret });
    crypto.wipe(secret);
    return { text, token: { token, ...sealed, ...(expiresAt === undefined ? {} : { expiresAt }) } };
  }

  async function openedVaults(wanted: readonly { id: string; permissions: number }[]) {
    return Promise.all(
      wanted.map(async ({ id, permissions }) => {
        demandPermissions(permissions, "the service account");
        return { id, permissions, key: (await vaults.get(id)).key };
      }),
    );
  }

  async function stored(): Promise<Stored[]> {
    return (await session.call("serviceAccounts.list", {})).serviceAccounts;
  }

  async function find(id: string): Promise<Stored> {
    const found = (await stored()).find(({ serviceAccount }) => serviceAccount === id);
    if (found === undefined) throw new PosternError("serviceAccountNotFound");
    return found;
  }

  function custodyOf({ serviceAccount, custody, ...named }: Stored): { rootKey: Uint8Array; title: string } {
    const { identity, box, boxSignature, maker, makerSignature, makesVaults } = named;
    const rights = makesVaults === undefined ? {} : { makesVaults };
    const keys = { serviceAccount, identity, box, boxSignature, maker, makerSignature, ...rights };
    if (!isVouchedFor(crypto, account, parts.people, keys))
      throw new PosternError("sealBroken", "the service account: the signature of its keys");
    return openCustody(crypto, { place: { account, serviceAccount }, owner: rootKey, sealed: custody });
  }

  function entryOf(one: Stored): ServiceAccountEntry {
    const { rootKey: its, title } = custodyOf(one);
    crypto.release(its);
    const { serviceAccount: id, createdAt, revokedAt, makesVaults, tokens } = one;
    const revoked = revokedAt === undefined ? {} : { revokedAt };
    const rights = makesVaults === undefined ? {} : { makesVaults };
    return { id, title, createdAt, ...revoked, ...rights, tokens, vaults: one.vaults };
  }

  return {
    list: async () => (await stored()).map(entryOf),
    eachRootKey: async (use) => {
      for (const one of await stored()) {
        const { rootKey: its, title } = custodyOf(one);
        try {
          use({ id: one.serviceAccount, title }, its);
        } finally {
          crypto.release(its);
        }
      }
    },
    create: async ({ title, vaults: wanted, makesVaults = false, expiresAt }) => {
      const id = newId(crypto);
      const maker = { user: parts.user, keyset, rootKey };
      const opened = await openedVaults(wanted);
      const { made, rootKey: its } = makeServiceAccount(crypto, {
        account,
        id,
        title,
        maker,
        makesVaults,
        vaults: opened,
      });
      try {
        const { text, token } = newToken(id, its, expiresAt);
        await session.call("serviceAccounts.create", { ...made, token });
        return { id, token: text };
      } finally {
        crypto.release(its);
      }
    },
    rotate: async (id, { overlapMs, expiresAt }) => {
      const { rootKey: its } = custodyOf(await find(id));
      try {
        const { text, token } = newToken(id, its, expiresAt);
        await session.call("serviceAccounts.rotate", { serviceAccount: id, token, overlapMs });
        return text;
      } finally {
        crypto.release(its);
      }
    },
    revoke: async (id) => {
      await session.call("serviceAccounts.revoke", { serviceAccount: id });
      // A vault that it made a moment ago must be signed anew before it gets another key.
      vaults.forget();
      await vaults.entries();
      const { vaults: its, makesVaults } = await find(id);
      for (const { vault } of its) if (!vaults.isUnread(vault)) await members.remove(vault, id);
      if (makesVaults === true) await parts.noteEnded(id);
    },
  };
}
