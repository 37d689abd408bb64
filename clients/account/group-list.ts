// The groups of an unlocked account: their keys, which the user's own membership opens once, and their sealed names.
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import {
  closeGroup,
  type GroupType,
  newGroup,
  type OpenGroup,
  openGroup,
  openGroupOverview,
  sealGroupOverview,
  verifyGroupKeys,
} from "../../protocol/crypto/group.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import { type Names, namesIn, withNames } from "./sealed-names.ts";
import type { ServiceSession } from "./service-session.ts";

type StoredGroup = OperationResult<"groups.list">["groups"][number];

/** A group as its members see it. */
export type GroupEntry = {
  readonly id: string;
  readonly type: GroupType;
  readonly title: string;
  readonly description: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** Public keys to which a vault key may be sealed. A person whom this user knows has signed them. */
export type Recipient = { readonly identity: Uint8Array; readonly box: Uint8Array };

export type GroupList = {
  entries(): Promise<GroupEntry[]>;
  /** Throws groupNotFound. */
  get(id: string): Promise<GroupEntry>;
  /** The group of a type that every account has once. It is made where it is missing. */
  builtIn(type: "owners" | "administrators"): Promise<GroupEntry>;
  create(title: string, description: string): Promise<GroupEntry>;
  update(id: string, change: { title?: string; description?: string }): Promise<GroupEntry>;
  delete(id: string): Promise<void>;
  access(id: string): Promise<{ vaults: { vault: string; permissions: number }[]; members: string[] }>;
  /** The keys that open the group's grants. Throws groupNotFound where this user is no member. */
  open(id: string): Promise<OpenGroup>;
  recipient(id: string): Promise<Recipient>;
  forget(): void;
  /** Wipes the keys. */
  close(): void;
};

export type GroupListParts = {
  readonly crypto: Primitives;
  readonly account: string;
  readonly session: ServiceSession;
  readonly keyset: Keyset;
};

/** The first names of the groups that every account has. */
const builtInTitles = { owners: "Owners", administrators: "Administrators" } as const;

export function createGroupList({ crypto, account, session, keyset }: GroupListParts): GroupList {
  const pinned = [keyset.identity.publicKey];
  /** Keyed by id and identity. Another keyset under a known id is opened and checked like a new group. */
  const opened = new Map<string, OpenGroup>();
  let list: Promise<StoredGroup[]> | undefined;
  let closed = false;

  async function load(): Promise<StoredGroup[]> {
    const { groups } = await session.call("groups.list", {});
    if (new Set(groups.map(({ group }) => group)).size !== groups.length)
      throw new PosternError("sealBroken", "the service listed a group twice");
    return groups;
  }

  function all(): Promise<StoredGroup[]> {
    if (list !== undefined) return list;
    const loading = load();
    list = loading;
    loading.catch(() => {
      if (list === loading) list = undefined;
    });
    return loading;
  }

  async function stored(id: string): Promise<StoredGroup> {
    const group = (await all()).find((candidate) => candidate.group === id);
    if (group === undefined) throw new PosternError("groupNotFound");
    return group;
  }

  function keysOf({ group, type, keys, membership }: StoredGroup): OpenGroup {
    const key = `${group} ${keys.identity}`;
    const known = opened.get(key);
    if (known !== undefined) return known;
    if (membership === undefined) throw new PosternError("groupNotFound", "you are not a member of it");
    const open = openGroup(crypto, { place: { account, group }, type, keys, membership, member: keyset, pinned });
    if (closed) {
      closeGroup(crypto, open);
      throw new PosternError("locked");
    }
    opened.set(key, open);
    return open;
  }

  function entryOf(group: StoredGroup): GroupEntry {
    const { createdAt, updatedAt, type } = group;
    return { id: group.group, type, ...contentOf(group), createdAt, updatedAt };
  }

  function contentOf(group: StoredGroup): Names {
    const place = { account, group: group.group };
    const content = openGroupOverview(crypto, { place, open: keysOf(group), overview: group.overview, pinned });
    return namesIn(content);
  }

  async function make(type: GroupType, title: string, description: string): Promise<GroupEntry> {
    const group = newId(crypto);
    const place = { account, group };
    const { open, keys, membership } = newGroup(crypto, { place, type, maker: keyset });
    opened.set(`${group} ${keys.identity}`, open);
    const overview = withNames({ title, description }, (content) =>
      sealGroupOverview(crypto, { place, open, writer: keyset, revision: 1, content }),
    );
    await session.call("groups.create", { group, type, keys, membership, overview });
    list = undefined;
    return entryOf(await stored(group));
  }

  return {
    entries: async () => (await all()).filter(({ membership }) => membership !== undefined).map(entryOf),
    get: async (id) => entryOf(await stored(id)),
    builtIn: async (type) => {
      const known = (await all()).find((group) => group.type === type);
      return known === undefined ? make(type, builtInTitles[type], "") : entryOf(known);
    },
    create: (title, description) => make("userDefined", title, description),
    update: async (id, change) => {
      const group = await stored(id);
      const revision = group.overview.revision + 1;
      const place = { account, group: id };
      const overview = withNames({ ...contentOf(group), ...change }, (content) =>
        sealGroupOverview(crypto, { place, open: keysOf(group), writer: keyset, revision, content }),
      );
      await session.call("groups.update", { group: id, overview });
      list = undefined;
      return entryOf(await stored(id));
    },
    delete: async (id) => {
      await session.call("groups.delete", { group: id });
      list = undefined;
    },
    access: (id) => session.call("groups.access", { group: id }),
    open: async (id) => keysOf(await stored(id)),
    recipient: async (id) => {
      const { group, type, keys } = await stored(id);
      // The service could name keys of its own. So only keys with the maker's signature are believed.
      const known = pinned.some((identity) => toBase64(identity) === keys.maker);
      if (!known || !verifyGroupKeys(crypto, { account, group }, type, keys))
        throw new PosternError("sealBroken", "the group: the signature of its keys");
      return { identity: Uint8Array.fromBase64(keys.identity), box: Uint8Array.fromBase64(keys.box) };
    },
    forget: () => {
      list = undefined;
    },
    close: () => {
      closed = true;
      for (const group of opened.values()) closeGroup(crypto, group);
      opened.clear();
    },
  };
}
