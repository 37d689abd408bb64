// Earlier revisions of an item: the list of them, and one of them, opened. The service keeps the last ones of each item.
import { PosternError } from "../../protocol/errors.ts";
import { demandAsked, type ItemRows, type OpenedItem } from "./item-rows.ts";
import type { ServiceSession } from "./service-session.ts";
import type { VaultList } from "./vault-list.ts";
import type { Writers } from "./writers.ts";

export type ItemVersion = { readonly revision: number; readonly updatedAt: string };

export type ItemVersions = {
  /** The kept earlier revisions, newest first. */
  itemVersions(vault: string, item: string): Promise<ItemVersion[]>;
  /** One of them. Throws itemNotFound where it is not kept, and sealBroken unless a known writer signed it. */
  getItemVersion(vault: string, item: string, revision: number): Promise<OpenedItem>;
};

type ItemVersionsParts = {
  readonly session: ServiceSession;
  readonly vaults: VaultList;
  readonly writers: Writers;
  readonly rows: ItemRows;
};

export function createItemVersions({ session, vaults, writers, rows }: ItemVersionsParts): ItemVersions {
  return {
    itemVersions: async (vault, item) => {
      const { versions } = await session.call("items.versions", { vault, item });
      const falls = versions.every(({ revision }, at) => at === 0 || revision < (versions[at - 1]?.revision ?? 0));
      if (!falls) throw new PosternError("serviceRefused", "its list of versions does not hold together");
      return versions;
    },
    getItemVersion: async (id, item, revision) => {
      const vault = await vaults.get(id);
      const stored = await session.call("items.getVersion", { vault: id, item, revision });
      demandAsked(stored.item === item && stored.sealed.revision === revision);
      await writers.meet([stored.sealed.writer]);
      return rows.open(vault, stored);
    },
  };
}
