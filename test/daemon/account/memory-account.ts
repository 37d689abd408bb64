// A second kind of account. It lies in maps, and nothing of it is sealed. It has no groups, shares or service accounts, so it also shows how a method
// behaves when an account does not offer it. Several accounts on one store see each other's changes.
import { createHash } from "node:crypto";
import type { Account, VaultOverview } from "../../../daemon/account/account.ts";
import type { AccountItem, ItemContent } from "../../../daemon/account/account-item.ts";
import type { Capabilities, History } from "../../../daemon/account/capabilities.ts";
import { isId } from "../../../protocol/crypto/encoding.ts";
import { normalTitle } from "../../../protocol/crypto/lookup-tag.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { serviceLimits } from "../../../protocol/service-catalogue.ts";
import { memoryEnvironments } from "./memory-environments.ts";
import { filesOf } from "./memory-files.ts";
import { memoryId } from "./memory-id.ts";
import { feedOf, type MemoryStore, tell, type Vault } from "./memory-store.ts";

/** Changes name a title by this tag. It is a hash, so it does not reveal the title. */
const tagOf = (title: string) => createHash("sha256").update(normalTitle(title)).digest("base64");
const nowIso = () => new Date().toISOString();
const named = (part: string, one: { id: string; title: string }) =>
  one.id === part.toLowerCase() || normalTitle(one.title) === normalTitle(part);

/** The vaults and items of a store. Each answer copies the item, so that no caller can change the stored one. */
function rowsOf(store: MemoryStore) {
  const vaultOf = (id: string): Vault => {
    const vault = store.vaults.get(id);
    if (vault === undefined) throw new PosternError("vaultNotFound");
    return vault;
  };
  /** The vault, marked as changed. */
  const touched = (id: string): Vault => {
    const vault = vaultOf(id);
    vault.overview = { ...vault.overview, contentVersion: vault.overview.contentVersion + 1 };
    return vault;
  };
  const current = (vaultId: string): AccountItem[] =>
    [...vaultOf(vaultId).items.values()]
      .flatMap((versions) => versions.slice(-1))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const versionsOf = (vaultId: string, itemId: string): AccountItem[] => {
    const versions = vaultOf(vaultId).items.get(itemId);
    if (versions === undefined) throw new PosternError("itemNotFound");
    return versions;
  };
  const write = (item: AccountItem): AccountItem => {
    const { vaultId, id, tag } = item;
    const { items } = touched(vaultId);
    items.set(id, [...(items.get(id) ?? []), structuredClone(item)]);
    tell(store, { kind: "item", vault: vaultId, item: id, tag });
    return item;
  };
  const remove = (vaultId: string, itemId: string): void => {
    touched(vaultId).items.delete(itemId);
    tell(store, { kind: "item", vault: vaultId, item: itemId, tag: "" });
  };
  return { vaultOf, current, versionsOf, write, remove };
}

type Rows = ReturnType<typeof rowsOf>;

function made(vaultId: string, content: ItemContent): AccountItem {
  const times = { createdAt: nowIso(), updatedAt: nowIso() };
  const identity = { id: memoryId(), vaultId, version: 1, state: "active", tag: tagOf(content.title) } as const;
  return { ...contentOf(content), ...identity, ...times };
}

function contentOf({ title, category, tags, websites, fields, sections, notes, files, document }: ItemContent) {
  const content = { title, category, tags, websites, fields, sections, notes, files };
  return structuredClone(document === undefined ? content : { ...content, document });
}

function put(rows: Rows, before: AccountItem, content: ItemContent, state = before.state): AccountItem {
  const latest = rows.versionsOf(before.vaultId, before.id).at(-1);
  if (latest?.version !== before.version) throw new PosternError("versionConflict");
  const { id, vaultId, createdAt } = before;
  const next = { id, vaultId, createdAt, updatedAt: nowIso(), version: before.version + 1, state };
  return rows.write({ ...contentOf(content), ...next, tag: tagOf(content.title) });
}

function historyOf(rows: Rows): History {
  return {
    versions: async (vaultId, itemId) =>
      rows
        .versionsOf(vaultId, itemId)
        .slice(0, -1)
        .reverse()
        .map(({ version, updatedAt }) => ({ version, updatedAt })),
    restore: async (before, version) => {
      const kept = rows.versionsOf(before.vaultId, before.id).find((one) => one.version === version);
      if (kept === undefined) throw new PosternError("itemNotFound");
      return put(rows, before, kept);
    },
  };
}

function vaultMethods(store: MemoryStore, { vaultOf, current }: Rows) {
  const shown = ({ overview }: Vault): VaultOverview => ({
    ...overview,
    activeItemCount: current(overview.id).filter(({ state }) => state === "active").length,
  });
  return {
    vaults: async () => [...store.vaults.values()].map(shown),
    vaultsNow: async () => ({ vaults: [...store.vaults.values()].map(shown) }),
    matchVaults: async (part: string) =>
      [...store.vaults.values()].filter(({ overview }) => named(part, overview)).map(({ overview }) => overview.id),
    createVault: async ({ title, description = "" }: { title: string; description?: string }) => {
      const id = memoryId();
      const counts = { activeItemCount: 0, contentVersion: 0, attributeVersion: 1 };
      const times = { createdAt: nowIso(), updatedAt: nowIso() };
      const overview = { id, title, description, vaultType: "userCreated" as const, ...counts, ...times };
      store.vaults.set(id, { overview, items: new Map() });
      tell(store, { kind: "vault", vault: id });
      return { ...overview };
    },
    updateVault: async (id: string, change: { title?: string; description?: string }) => {
      const vault = vaultOf(id);
      const { attributeVersion } = vault.overview;
      vault.overview = { ...vault.overview, ...change, attributeVersion: attributeVersion + 1, updatedAt: nowIso() };
      tell(store, { kind: "vault", vault: id });
      return shown(vault);
    },
    deleteVault: async (id: string) => {
      vaultOf(id);
      store.vaults.delete(id);
      tell(store, { kind: "vault", vault: id });
    },
  };
}

/** An account on a store. It does not offer the capabilities in `without`. */
export function memoryAccount(store: MemoryStore, without: readonly (keyof Capabilities)[] = []): Account {
  const rows = rowsOf(store);
  const { current, versionsOf, write, remove } = rows;
  const answered = (item: AccountItem | undefined): AccountItem => {
    if (item === undefined) throw new PosternError("itemNotFound");
    return structuredClone(item);
  };
  const overview = ({ id, title, category, vaultId, websites, tags, createdAt, updatedAt, state }: AccountItem) =>
    structuredClone({ id, title, category, vaultId, websites, tags, createdAt, updatedAt, state });
  const capabilities: Partial<Capabilities> = {
    files: filesOf(store),
    history: historyOf(rows),
    environments: memoryEnvironments((id) => tell(store, { kind: "vault", vault: id })),
    feed: feedOf(store),
  };
  return {
    id: store.id,
    ...vaultMethods(store, rows),
    findItems: async (vaultId, part) => ({
      items: current(vaultId)
        .filter((item) => item.state === "active" && named(part, item))
        .map(answered),
      seq: store.changes.length,
    }),
    tagsOf: async (_vaultId, title) => [tagOf(title)],
    getItem: async (vaultId, itemId) => answered(versionsOf(vaultId, itemId).at(-1)),
    getItems: async (vaultId, itemIds) =>
      current(vaultId)
        .filter(({ id }) => itemIds.includes(id))
        .map(answered),
    listPage: async (vaultId, { active, archived }, after = "") => {
      const all = current(vaultId).filter(({ id, state }) => id > after && (state === "active" ? active : archived));
      const items = all.slice(0, serviceLimits.page).map(overview);
      return { items, more: items.length < all.length };
    },
    getOverviews: async (vaultId, itemIds) =>
      current(vaultId)
        .filter(({ id }) => itemIds.includes(id))
        .map(overview),
    createItem: async (vaultId, content) => write(made(vaultId, content)),
    createItems: async (vaultId, contents) => contents.map((content) => ({ item: write(made(vaultId, content)) })),
    putItem: async (before, content, more) => put(rows, before, content, more?.state),
    deleteItem: async (vaultId, itemId, version) => {
      const latest = versionsOf(vaultId, itemId).at(-1);
      if (version !== undefined && latest?.version !== version) throw new PosternError("versionConflict");
      remove(vaultId, itemId);
    },
    deleteItems: async (vaultId, itemIds) =>
      itemIds.map((id) => {
        if (!isId(id) || !rows.vaultOf(vaultId).items.has(id)) return { error: "itemNotFound" };
        remove(vaultId, id);
        return { deleted: true };
      }),
    ...Object.fromEntries(Object.entries(capabilities).filter(([name]) => !without.includes(name as never))),
  };
}
