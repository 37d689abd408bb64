// The items of a sealed account, in the form of every account. The sealed headers of an item's files stay here. The returned object itself is
// the key that finds them again.

import type { OpenedItem, OpenedOverview } from "../../clients/account/item-rows.ts";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import type { FileHeader } from "../../protocol/crypto/item.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { sharePolicy } from "../../protocol/item/item-share.ts";
import { MalformedItem } from "../../protocol/item/malformed-item.ts";
import type { Account, ItemOverview } from "../account/account.ts";
import type { AccountItem, ItemContent, ItemState, Upload } from "../account/account-item.ts";
import type { Files, History, Shares } from "../account/capabilities.ts";

type ItemMethods = Pick<
  Account,
  | "findItems"
  | "tagsOf"
  | "getItem"
  | "getItems"
  | "listPage"
  | "getOverviews"
  | "createItem"
  | "createItems"
  | "putItem"
  | "deleteItem"
  | "deleteItems"
>;

/** An upload: the key of its item, and the headers of its finished files. */
type Begun = { readonly itemId: string; readonly itemKey: Uint8Array; readonly headers: Map<string, FileHeader> };

/** Items with their files and shares. */
export type SealedItems = ItemMethods & { readonly files: Files; readonly history: History; readonly shares: Shares };

export function createSealedItems(crypto: Primitives, open: OpenAccount): SealedItems {
  const opened = new WeakMap<AccountItem, OpenedItem>();
  const uploads = new WeakMap<Upload, Begun>();

  function answered(item: OpenedItem): AccountItem {
    const shown = shownItem(item);
    opened.set(shown, item);
    return shown;
  }

  /** The opened item. There are no headers for an invented object. */
  function openedOf(item: AccountItem): OpenedItem {
    const found = opened.get(item);
    if (found === undefined) throw new Error("an item that this account did not answer");
    return found;
  }

  function begunOf(upload: Upload | undefined): Begun | undefined {
    if (upload === undefined) return undefined;
    const begun = uploads.get(upload);
    if (begun === undefined) throw new Error("an upload that this account did not begin");
    return begun;
  }

  function begin(vault: string, itemId: string, itemKey: Uint8Array): Upload {
    const headers = new Map<string, FileHeader>();
    const upload: Upload = {
      write: () => {
        const { push, end, abandon } = open.writeFile({ vault, item: itemId }, itemKey);
        return {
          push,
          abandon,
          end: () => {
            const header = end();
            headers.set(header.id, header);
            return { id: header.id, size: header.size };
          },
        };
      },
      close: () => void itemKey.fill(0),
    };
    uploads.set(upload, { itemId, itemKey, headers });
    return upload;
  }

  async function put(before: OpenedItem, content: ItemContent, files: readonly FileHeader[], state: ItemState) {
    return answered(
      await open.putItem(before.vault, before.id, before.revision, { ...partsOf(content), files, state }),
    );
  }

  return {
    findItems: async (vaultId, part) => {
      const { items, seq } = await open.findItemsAt(vaultId, part);
      return { items: items.map(answered), seq };
    },
    tagsOf: open.tagsOf,
    getItem: async (vaultId, itemId) => answered(await open.getItem(vaultId, itemId)),
    getItems: async (vaultId, itemIds) =>
      (await open.getItems(vaultId, itemIds)).map((one) => (one instanceof MalformedItem ? one : answered(one))),
    listPage: async (vaultId, filter, after, signal) => {
      const { items, more } = await open.listPage(vaultId, filter, after, signal);
      return { items: items.map(shownOverview), more };
    },
    getOverviews: async (vaultId, itemIds, signal) =>
      (await open.getOverviews(vaultId, itemIds, signal)).map(shownOverview),
    createItem: async (vaultId, content, upload) => {
      const { overview, details } = partsOf(content);
      const begun = begunOf(upload);
      const options =
        begun === undefined
          ? {}
          : // A copy: it is wiped whatever becomes of the call, and a second try must not seal with zeros.
            { id: begun.itemId, itemKey: begun.itemKey.slice(), files: named(content, [...begun.headers.values()]) };
      return answered(await open.createItem(vaultId, overview, details, options));
    },
    createItems: async (vaultId, contents) => {
      const items = contents.map((content) => ({ id: newId(crypto), ...partsOf(content) }));
      const outcomes = await open.createItems(vaultId, items);
      return outcomes.map((one) => ("item" in one ? { item: answered(one.item) } : one));
    },
    putItem: (before, content, { state, upload } = {}) => {
      const from = openedOf(before);
      const headers = [...from.files, ...(begunOf(upload)?.headers.values() ?? [])];
      return put(from, content, named(content, headers), state ?? from.state);
    },
    deleteItem: open.deleteItem,
    deleteItems: open.deleteItems,
    files: {
      uploadTo: async ({ vaultId, id }) => begin(vaultId, id, await open.itemKeyOf(vaultId, id)),
      uploadToNew: (vaultId) => begin(vaultId, newId(crypto), open.newItemKey()),
      read: (item, fileId) => {
        const from = openedOf(item);
        const header = from.files.find(({ id }) => id === fileId);
        if (header === undefined) throw new PosternError("fileNotFound");
        const { next } = open.readFile(from, header);
        return { next, size: header.size, heldBytes: header.sealedKey.length };
      },
    },
    history: {
      versions: async (vaultId, itemId) =>
        (await open.itemVersions(vaultId, itemId)).map(({ revision, updatedAt }) => ({ version: revision, updatedAt })),
      restore: async (before, version) => {
        const from = openedOf(before);
        const kept = version === from.revision ? from : await open.getItemVersion(from.vault, from.id, version);
        return put(from, shownItem(kept), kept.files, from.state);
      },
    },
    shares: {
      policy: async () => sharePolicy,
      create: async (item, how) => {
        const { share, url, expiresAt } = await open.shares.create(openedOf(item), how);
        return { url, shareId: share, expiresAt };
      },
      list: async () =>
        (await open.shares.list()).map(({ share, vault, item, oneTime, ...rest }) => ({
          shareId: share,
          vaultId: vault,
          itemId: item,
          oneTimeOnly: oneTime,
          ...rest,
        })),
      revoke: open.shares.revoke,
    },
  };
}

/** The headers of the files in an item's content. */
function named({ files, document }: ItemContent, headers: readonly FileHeader[]): FileHeader[] {
  const ids = new Set([...files.map(({ attributes }) => attributes.id), document?.id]);
  return headers.filter(({ id }) => ids.has(id));
}

/** The two sealed parts of an item. A list opens the first part only. */
function partsOf({ title, category, tags, websites, fields, sections, notes, files, document }: ItemContent) {
  return {
    overview: { title, category, tags, websites },
    details: { fields, sections, notes, files, ...(document === undefined ? {} : { document }) },
  };
}

function shownItem({
  id,
  vault,
  revision,
  state,
  tag,
  createdAt,
  updatedAt,
  overview,
  details,
}: OpenedItem): AccountItem {
  return { ...overview, ...details, id, vaultId: vault, version: revision, createdAt, updatedAt, state, tag };
}

function shownOverview({ id, vault, createdAt, updatedAt, state, overview, malformed }: OpenedOverview): ItemOverview {
  const { title, category, websites, tags } = overview;
  const named = { id, title, category, vaultId: vault, websites, tags, createdAt, updatedAt, state };
  return malformed ? { ...named, malformed } : named;
}
