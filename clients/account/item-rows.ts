// One item as the service stores it. A row that comes in is checked and opened. A row that goes out is sealed and signed.
import { toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import {
  type FileHeader,
  type ItemPlace,
  openItem,
  openItemKey,
  openItemOverview,
  type SealedItem,
  type SealedOverview,
  sealDeletion,
  sealItem,
  verifyItemRevision,
} from "../../protocol/crypto/item.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { MALFORMED_OVERVIEW, MalformedItem } from "../../protocol/item/malformed-item.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import { type Details, detailsIn, type Overview, overviewIn } from "./item-content.ts";
import type { ServiceSession } from "./service-session.ts";
import type { Vault, VaultList } from "./vault-list.ts";
import type { Writers } from "./writers.ts";

export type Times = { readonly createdAt: string; readonly updatedAt: string };

/** An item's overview, opened. */
export type OpenedOverview = Times & {
  readonly vault: string;
  readonly id: string;
  readonly revision: number;
  readonly state: "active" | "archived";
  readonly overview: Overview;
  /** Whether the sealed overview was none. Then `overview` is the one that lists show for such an item. */
  readonly malformed: boolean;
  /** The lookup tag of its title. Other items of this title have the same tag. */
  readonly tag: string;
};

/** An opened item. `files` are the sealed headers, which are needed to read its files. */
export type OpenedItem = Omit<OpenedOverview, "malformed"> & {
  readonly details: Details;
  readonly files: readonly FileHeader[];
};

/** The content of an item's next revision. */
export type ItemContent = {
  readonly overview: Overview;
  readonly details: Details;
  readonly files: readonly FileHeader[];
  readonly state: "active" | "archived";
};

/** A stored item, and the vault that opens it. */
export type Stored = { readonly vault: Vault; readonly stored: OperationResult<"items.get"> };

export type ItemRows = {
  /** Fetches an item and learns its writer. The item is not opened yet. */
  fetch(vault: string, item: string): Promise<Stored>;
  /** The same, for signing the next revision: its own signature is right, and it is not deleted. Throws sealBroken, itemNotFound. */
  fetchToWrite(vault: string, item: string): Promise<Stored>;
  /** Throws itemNotFound for a signed deletion, sealBroken for a row that does not fit, and MalformedItem for content that is no item's. */
  open(vault: Vault, stored: Times & { item: string; sealed: SealedItem }): OpenedItem;
  openOverview(vault: Vault, stored: Times & { item: string; sealed: SealedOverview }): OpenedOverview;
  /** Throws sealBroken unless a known writer signed this revision. */
  demandSigned(vault: Vault, item: string, sealed: SealedItem): void;
  /** The key over an item's parts and files. The caller wipes it. */
  keyOf(stored: Stored): Uint8Array;
  seal(vault: Vault, item: string, revision: number, itemKey: Uint8Array, content: ItemContent): SealedItem;
  sealDeletion(vault: Vault, item: string, revision: number): SealedItem;
};

type ItemRowsParts = {
  readonly crypto: Primitives;
  readonly account: string;
  readonly session: ServiceSession;
  readonly keyset: Keyset;
  readonly vaults: VaultList;
  readonly writers: Writers;
};

export function createItemRows({ crypto, account, session, keyset, vaults, writers }: ItemRowsParts): ItemRows {
  const placeIn = (vault: Vault, item: string): ItemPlace => ({ account, vault: vault.stored.vault, item });

  /** The vault key that wraps a revision: the newest, or an older one while items are wrapped anew. */
  function vaultKeyOf(vault: Vault, { keyId }: SealedOverview): Vault["key"] {
    return vault.keys.get(keyId) ?? vault.key;
  }

  async function fetch(id: string, item: string): Promise<Stored> {
    const vault = await vaults.get(id);
    const stored = await session.call("items.get", { vault: id, item });
    demandAsked(stored.item === item);
    await writers.meet([stored.sealed.writer]);
    return { vault, stored };
  }

  function demandSigned(vault: Vault, item: string, sealed: SealedItem): void {
    const pinned = writers.known.some((writer) => toBase64(writer) === sealed.writer);
    if (!pinned || !verifyItemRevision(crypto, placeIn(vault, item), sealed))
      throw new PosternError("sealBroken", "the item revision's signature");
  }

  return {
    fetch,
    demandSigned,
    fetchToWrite: async (id, item) => {
      const found = await fetch(id, item);
      demandSigned(found.vault, item, found.stored.sealed);
      if (found.stored.sealed.state === "deleted") throw new PosternError("itemNotFound");
      return found;
    },
    open: (vault, stored) => {
      const { item, sealed } = stored;
      if (sealed.state === "deleted") {
        demandSigned(vault, item, sealed);
        throw new PosternError("itemNotFound");
      }
      const opened = openItem(crypto, {
        place: placeIn(vault, item),
        vaultKey: vaultKeyOf(vault, sealed),
        pinnedWriters: writers.known,
        sealed,
      });
      crypto.wipe(opened.itemKey);
      const overview = overviewIn(opened.overview);
      const details = detailsIn(opened.details);
      crypto.wipe(opened.overview, opened.details);
      const { revision, state, tag, files } = sealed;
      if (overview === undefined || details === undefined) throw new MalformedItem(item, state);
      return {
        vault: vault.stored.vault,
        id: item,
        ...timesOf(stored),
        revision,
        state,
        tag,
        overview,
        details,
        files,
      };
    },
    openOverview: (vault, stored) => {
      const { item, sealed } = stored;
      if (sealed.state === "deleted") throw new PosternError("sealBroken", "a deleted item in a list");
      const content = openItemOverview(crypto, {
        place: placeIn(vault, item),
        vaultKey: vaultKeyOf(vault, sealed),
        pinnedWriters: writers.known,
        sealed,
      });
      const read = overviewIn(content);
      crypto.wipe(content);
      const { revision, state, tag } = sealed;
      const shown = { overview: read ?? MALFORMED_OVERVIEW, malformed: read === undefined };
      return { vault: vault.stored.vault, id: item, ...timesOf(stored), revision, state, tag, ...shown };
    },
    keyOf: ({ vault, stored: { item, sealed } }) =>
      openItemKey(crypto, placeIn(vault, item), vaultKeyOf(vault, sealed), sealed),
    seal: (vault, item, revision, itemKey, { state, overview, details, files }) => {
      const content = { overview: utf8(JSON.stringify(overview)), details: utf8(JSON.stringify(details)) };
      const place = placeIn(vault, item);
      const { title } = overview;
      try {
        const how = { vaultKey: vault.key, writer: keyset, revision, state, itemKey, title, files };
        return sealItem(crypto, { place, ...how, ...content });
      } finally {
        // What the C library frees keeps its content for a while.
        crypto.wipe(content.overview, content.details);
      }
    },
    sealDeletion: (vault, item, revision) =>
      sealDeletion(crypto, { place: placeIn(vault, item), vaultKey: vault.key, writer: keyset, revision }),
  };
}

/** Checks that the answer is about the requested item. Another item would pass every other check, since its own place is right. */
export function demandAsked(asked: boolean): void {
  if (!asked) throw new PosternError("sealBroken", "the service answered about another item");
}

function timesOf({ createdAt, updatedAt }: Times): Times {
  return { createdAt, updatedAt };
}
