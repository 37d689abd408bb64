// The recipients of a vault's key, and the next key when a member leaves. A removal is one transaction at the service. Then the items
// are wrapped anew in steps. The next member who opens the vault finishes an interrupted wrapping.

import { permissionBits } from "../../protocol/access/permission-names.ts";
import { toBase64 } from "../../protocol/crypto/encoding.ts";
import { openItemOverview, rewrapItem, verifyItemOverview } from "../../protocol/crypto/item.ts";
import { boxKeyBytes, type Keyset } from "../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import {
  grantVaultKey,
  newVaultKey,
  openVaultOverview,
  sealVaultOverview,
  verifyVaultGrant,
} from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, type OperationResult, serviceLimits } from "../../protocol/service-catalogue.ts";
import type { GroupList, Recipient } from "./group-list.ts";
import { overviewIn } from "./item-content.ts";
import type { ServiceSession } from "./service-session.ts";
import type { PrincipalKind, Vault, VaultList } from "./vault-list.ts";
import type { Writers } from "./writers.ts";

type Member = OperationResult<"vaults.members">["members"][number];
type PrincipalGrant = OperationParams<"vaults.grant">["grants"][number];
type Stale = OperationResult<"items.stale">["items"][number];

/** A principal's place in a vault. */
export type VaultMember = { readonly kind: PrincipalKind; readonly id: string; readonly permissions: number };

export type VaultMembers = {
  list(vault: string): Promise<VaultMember[]>;
  /** Grants the vault's key, or changes a member's rights. */
  grant(vault: string, members: readonly VaultMember[]): Promise<void>;
  /** Takes a vault from a principal: makes a new key, grants it to all others, and wraps every item under it. */
  remove(vault: string, principal: string): Promise<void>;
  /** Finishes an interrupted wrapping, where this user may. One runs at a time for a vault, however many callers ask. */
  resume(vault: string): Promise<void>;
};

export type VaultMembersParts = {
  readonly crypto: Primitives;
  readonly account: string;
  readonly user: string;
  readonly session: ServiceSession;
  readonly keyset: Keyset;
  readonly vaults: VaultList;
  readonly groups: GroupList;
  /** The principals whose item revisions are believed, service accounts among them. */
  readonly writers: Writers;
  /** The people whose grants and vault names are believed. */
  readonly pinned: readonly Uint8Array[];
};

export function createVaultMembers(parts: VaultMembersParts): VaultMembers {
  const { crypto, account, user, session, keyset, vaults, groups, writers, pinned } = parts;

  /** Believed public keys: this user's own, and those that a known person signed. The service's word alone never counts. */
  async function recipientOf(kind: PrincipalKind, id: string): Promise<Recipient> {
    if (kind === "group") return groups.recipient(id);
    if (kind === "serviceAccount") return writers.recipient(id);
    if (id !== user) throw new PosternError("sealBroken", "a member whose identity nobody has verified");
    return { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  }

  async function grantTo(vault: string, vaultKey: Vault["key"], member: VaultMember): Promise<PrincipalGrant> {
    const recipient = await recipientOf(member.kind, member.id);
    const { permissions } = member;
    const grant = grantVaultKey(crypto, { account, vault, vaultKey, granter: keyset, recipient, permissions });
    return { kind: member.kind, principal: member.id, grant };
  }

  async function list(id: string): Promise<VaultMember[]> {
    // Another device may have given the vault a new key meanwhile.
    vaults.forget();
    const { key } = await vaults.get(id);
    const { members } = await session.call("vaults.members", { vault: id });
    await Promise.all(members.map((member) => demandBelieved(id, key, member)));
    return members.map(({ kind, principal, grant }) => ({ kind, id: principal, permissions: grant.permissions }));
  }

  /**
   * Every listed member gets the next key too. So a known person must have signed the member's present grant. Otherwise the service
   * could list a service account that never had this vault, or that lost it.
   */
  async function demandBelieved(vault: string, key: Vault["key"], { grant, ...member }: Member): Promise<void> {
    const { identity, box } = await recipientOf(member.kind, member.principal);
    const same = toBase64(identity) === member.identity && toBase64(box) === member.box;
    const vouched = crypto.verify(identity, boxKeyBytes(box), Uint8Array.fromBase64(member.boxSignature));
    if (!same || !vouched) throw new PosternError("sealBroken", "the keys of a member of the vault");
    const byOne = pinned.some((person) => toBase64(person) === grant.granter);
    if (grant.recipient !== member.identity || !byOne || !verifyVaultGrant(crypto, account, vault, grant))
      throw new PosternError("sealBroken", "a member of the vault to whom nobody granted it");
    if (grant.keyId !== key.id) throw new PosternError("versionConflict", "the vault has another key by now");
  }

  /** Wraps one page of revisions under older keys. Each is checked under its own key before it is signed again. */
  async function rewrapPage(vault: Vault, items: readonly Stale[]): Promise<number> {
    const id = vault.stored.vault;
    await writers.meet(items.map(({ sealed }) => sealed.writer));
    const rewraps = items.map(({ item, sealed }) => {
      const place = { account, vault: id, item };
      const from = vault.keys.get(sealed.keyId);
      if (from === undefined) throw new PosternError("sealBroken", "an item under a key that nobody granted");
      const title = titleOf(place, from, sealed);
      const rewrap = rewrapItem(crypto, { place, from, to: vault.key, writer: keyset, sealed, title });
      return { item, revision: sealed.revision, ...rewrap };
    });
    return (await session.call("items.rewrap", { vault: id, rewraps })).left;
  }

  function titleOf(
    place: { account: string; vault: string; item: string },
    vaultKey: Vault["key"],
    sealed: Stale["sealed"],
  ): string {
    if (sealed.state === "deleted") {
      const known = writers.known.some((writer) => toBase64(writer) === sealed.writer);
      if (!known || !verifyItemOverview(crypto, place, sealed))
        throw new PosternError("sealBroken", "the item revision's signature");
      return "";
    }
    const content = openItemOverview(crypto, { place, vaultKey, pinnedWriters: writers.known, sealed });
    const overview = overviewIn(content);
    crypto.wipe(content);
    // A malformed item has no title to be found by. It must not keep the others under the old key.
    return overview?.title ?? "";
  }

  const resuming = new Map<string, Promise<void>>();

  async function resume(id: string): Promise<void> {
    const vault = await vaults.get(id);
    if (!vault.stored.rewrapping) return;
    let before = Number.POSITIVE_INFINITY;
    for (;;) {
      const { items } = await session.call("items.stale", { vault: id, limit: serviceLimits.batch });
      if (items.length === 0) break;
      const left = await rewrapPage(vault, items);
      // Otherwise a service could send the same page for ever.
      if (left >= before) throw new PosternError("serviceRefused", "wrapping the items anew does not move on");
      before = left;
      if (left === 0) break;
    }
    vaults.forget();
  }

  return {
    list,
    grant: async (id, members) => {
      const vault = await vaults.get(id);
      const grants = await Promise.all(members.map((member) => grantTo(id, vault.key, member)));
      await session.call("vaults.grant", { vault: id, grants });
      vaults.forget();
    },
    remove: async (id, principal) => {
      await resume(id);
      const staying = (await list(id)).filter((member) => member.id !== principal);
      const vault = await vaults.get(id);
      const next = newVaultKey(crypto, vault.key.epoch + 1);
      try {
        const grants = await Promise.all(staying.map((member) => grantTo(id, next, member)));
        const { stored } = vault;
        const named = { account, vault: id, vaultKey: vault.key, overview: stored.overview, pinnedWriters: pinned };
        const content = openVaultOverview(crypto, named);
        const revision = stored.overview.revision + 1;
        const sealed = { account, vault: id, vaultKey: next, writer: keyset, revision, content };
        await session.call("vaults.rekey", { vault: id, grants, overview: sealVaultOverview(crypto, sealed) });
      } finally {
        crypto.release(next.key, next.indexKey);
      }
      vaults.forget();
      await resume(id);
    },
    resume: async (id) => {
      const { stored, permissions } = await vaults.get(id);
      if (!stored.rewrapping || (permissions & permissionBits.MANAGE_VAULT) === 0) return;
      const running = resuming.get(id) ?? resume(id).finally(() => resuming.delete(id));
      resuming.set(id, running);
      await running;
    },
  };
}
