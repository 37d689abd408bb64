// The cache: what was read once is answered from memory while the account is unlocked. Values are sealed one by one under
// a key made at unlock and wiped at lock; entries are found through a keyed hash, so neither a value nor a name lies here
// in clear. Bounded in bytes and in age; an account of any size uses no more. A change forgets what it may concern: see
// `dropItem`. Lists of names are kept beside the values, under the same key (kept-lists.ts).
import { LRUCache } from "lru-cache";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { createKeptLists, type KeptLists, LISTS_BYTES_MAX } from "./kept-lists.ts";

/** Bytes of sealed values kept: some twenty thousand secrets of ordinary size. */
export const CACHE_BYTES_MAX = 32 * 1024 * 1024;

/** Milliseconds after which an entry is read again even though no change was announced. */
export const CACHE_AGE_MS_MAX = 60 * 60_000;

/** Bytes an entry costs beside its value, measured: key, objects, buffers, list node, and what it is forgotten by. */
const ENTRY_BYTES = 1536;

const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/** Where a reference leads, in ids, and what lies there. Ids and kinds are no secrets. */
export type Place = {
  readonly vault: string;
  readonly item: string;
  readonly field: string;
  readonly kind: string;
  /** Whether the value is a seed that a one-time code is asked of. */
  readonly code?: true;
};

type Entry = {
  readonly place: Place;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
  readonly storedMs: number;
  /** What it is forgotten by. */
  readonly topics: readonly string[];
  readonly seq: number | undefined;
};

/** A value out of the cache and how old it is. */
export type Cached = { readonly value: string; readonly ageMs: number };

/** What the cache holds of a reference: where it led, and its value, sealed until `open`. */
export type Kept = {
  readonly place: Place;
  /** The value as it was when it was found, whatever was forgotten since. Throws locked once the cache was closed. */
  open(): Cached;
};

/** What a text names: no reference that a peer sends may lead to what is kept of an environment. */
export type What = "reference" | "environment";

export type Known = {
  /**
   * What another item would have to be called by to be meant too: its lookup tags, or its id where the reference may name
   * one. Where they are not known, any change in the vault forgets the value.
   */
  readonly names?: readonly string[] | undefined;
  /** The last change that is surely in what was read: news of it and of those before forget nothing. */
  readonly seq?: number | undefined;
};

export type Cache = {
  /** Looks a reference up once for both: the keyed hash is the larger part of a warm answer. */
  find(reference: string, what?: What): Kept | undefined;
  set(reference: string, place: Place, value: string, known?: Known, what?: What): void;
  /** Pages of names that were read. */
  readonly lists: KeptLists;
  /** Grows whenever something is forgotten: what is fetched before then must not be waited for. */
  readonly generation: number;
  /**
   * Whether nothing was forgotten since then that may concern this vault: else what was fetched may be that of before. News of
   * changes up to `seq` are in it.
   */
  isSince(generation: number, vault: string, seq?: number): boolean;
  /**
   * An item was made, changed or deleted. Forgets what was read of it, and what was read of any other by a name that is now
   * its own too: such a reference may mean two. `tag` is the lookup tag of its title, empty where it has none any more,
   * undefined where nobody knows: then every value of the vault is forgotten. `seq` is the number of a change that is told late:
   * what was read since stays.
   */
  dropItem(vault: string, item: string, tag: string | undefined, seq?: number): void;
  /** A vault was made, changed or taken away. Forgets its lists and all values: its title may be that of another vault now. */
  dropVault(vault: string): void;
  clear(): void;
  /** Wipes the key: what is left is unreadable. */
  close(): void;
  readonly size: number;
};

/** When something of a vault was forgotten last: for a change made here, and for news, with the highest number of those. */
type Forgot = { readonly here: number; readonly news: number; readonly newsSeq: number };

const nothing: Forgot = { here: 0, news: 0, newsSeq: 0 };

/** Vaults of which that is remembered: more than any account has. Past it, something of each counts as forgotten. */
export const FORGOT_MAX = 10_000;

const encoder = new TextEncoder();
/** A byte order mark at a value's start is part of it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * `nowMs` is a clock that nobody sets; one that counts through the machine's sleep, which the session of a token outlives. With
 * `keeps` false nothing is kept: where nobody tells of changes, what was read may be wrong a moment later.
 */
export function createCache(crypto: Primitives, nowMs: () => number, keeps = true): Cache {
  const sealKey = crypto.keep(crypto.randomBytes(KEY_BYTES));
  const hashKey = crypto.keep(crypto.randomBytes(KEY_BYTES));
  let generation = 0;
  /** The generation that forgot all of every vault, and those that forgot of one; as many as changed since. */
  let forgotAll = 0;
  const forgot = new Map<string, Forgot>();
  let closed = false;
  /** Keys of the entries that each topic is about. */
  const byTopic = new Map<string, Set<string>>();
  const entries = new LRUCache<string, Entry>({
    maxSize: CACHE_BYTES_MAX,
    ttl: CACHE_AGE_MS_MAX,
    perf: { now: nowMs },
    ttlResolution: 0,
    sizeCalculation: (entry) => entry.sealed.length + ENTRY_BYTES,
    dispose: ({ topics }, key) => {
      for (const topic of topics) leave(topic, key);
    },
  });
  const lists = createKeptLists(
    {
      randomBytes: crypto.randomBytes,
      seal: (nonce, listPlace, plaintext) => crypto.aeadSeal(sealKey, nonce, listPlace, plaintext),
      open: (nonce, listPlace, sealed) => opened(nonce, listPlace, sealed),
    },
    nowMs,
    keeps ? LISTS_BYTES_MAX : 0,
  );

  function leave(topic: string, key: string): void {
    const keys = byTopic.get(topic);
    keys?.delete(key);
    if (keys?.size === 0) byTopic.delete(topic);
  }

  function drop(topic: string, seq: number | undefined): void {
    for (const key of [...(byTopic.get(topic) ?? [])]) dropBefore(key, seq);
  }

  function dropBefore(key: string, seq: number | undefined): void {
    const read = entries.peek(key)?.seq;
    if (seq === undefined || read === undefined || read < seq) entries.delete(key);
  }

  /**
   * The text itself, letter for letter. Ids of fields and sections are compared with their case, so `…/api` and `…/API` may
   * be two fields; a text that is no reference may become one in lower case. One reference in two spellings is read twice.
   */
  function hashOf(text: string, what: What): Uint8Array {
    return crypto.keyedHash(hashKey, encoder.encode(`${what}|${text}`));
  }

  function keep(hash: Uint8Array, place: Place, plaintext: Uint8Array, { names, seq }: Known): void {
    const key = hash.toBase64();
    const nonce = crypto.randomBytes(NONCE_BYTES);
    const sealed = crypto.aeadSeal(sealKey, nonce, hash, plaintext);
    const { vault, item } = place;
    const topics = [
      topicOf(vault, "item", item),
      ...(names?.map((name) => topicOf(vault, "name", name)) ?? [topicOf(vault, "any")]),
    ];
    entries.set(key, { place, nonce, sealed, storedMs: nowMs(), topics, seq });
    // A value larger than the whole cache is not kept.
    if (!entries.has(key)) return;
    for (const topic of topics) byTopic.set(topic, (byTopic.get(topic) ?? new Set()).add(key));
  }

  function remember(vault: string, seq: number | undefined): void {
    generation++;
    if (forgot.size >= FORGOT_MAX && !forgot.has(vault)) {
      forgotAll = generation;
      forgot.clear();
    }
    const before = forgot.get(vault) ?? nothing;
    if (seq === undefined) forgot.set(vault, { ...before, here: generation });
    else forgot.set(vault, { ...before, news: generation, newsSeq: Math.max(before.newsSeq, seq) });
  }

  function forgetAll(): void {
    forgotAll = ++generation;
    forgot.clear();
  }

  function opened(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (closed) throw new PosternError("locked");
    const plaintext = crypto.aeadOpen(sealKey, nonce, associated, sealed);
    if (plaintext === undefined) throw new Error("a cache entry did not open");
    return plaintext;
  }

  function read(hash: Uint8Array, entry: Entry): Cached {
    const plaintext = opened(entry.nonce, hash, entry.sealed);
    const value = decoder.decode(plaintext);
    crypto.wipe(plaintext);
    return { value, ageMs: nowMs() - entry.storedMs };
  }

  return {
    find: (text, what = "reference") => {
      const hash = hashOf(text, what);
      const entry = entries.get(hash.toBase64());
      return entry === undefined ? undefined : { place: entry.place, open: () => read(hash, entry) };
    },
    set: (text, place, value, known = {}, what = "reference") => {
      // Half a character, which JSON can hold, would come out of UTF-8 as another.
      if (!keeps || !value.isWellFormed()) return;
      const plaintext = encoder.encode(value);
      keep(hashOf(text, what), place, plaintext, known);
      crypto.wipe(plaintext);
    },
    lists,
    get generation() {
      return generation;
    },
    isSince: (before, vault, seq = -1) => {
      const { here, news, newsSeq } = forgot.get(vault) ?? nothing;
      return Math.max(forgotAll, here) <= before && (news <= before || newsSeq <= seq);
    },
    dropItem: (vault, item, tag, seq) => {
      remember(vault, seq);
      lists.mark(vault, item);
      drop(topicOf(vault, "item", item), seq);
      drop(topicOf(vault, "name", item), seq);
      drop(topicOf(vault, "any"), seq);
      if (tag === undefined)
        for (const [key, { place }] of [...entries]) if (place.vault === vault) dropBefore(key, seq);
      if (tag !== undefined && tag !== "") drop(topicOf(vault, "name", tag), seq);
    },
    dropVault: (vault) => {
      forgetAll();
      lists.dropVault(vault);
      entries.clear();
    },
    clear: () => {
      forgetAll();
      lists.clear();
      entries.clear();
    },
    close: () => {
      closed = true;
      lists.clear();
      entries.clear();
      crypto.release(sealKey, hashKey);
    },
    get size() {
      return entries.size;
    },
  };
}

/** What changes are told by: ids, and names as the lookup tags that they have. */
function topicOf(vault: string, what: "item" | "name" | "any", name = ""): string {
  return `${vault} ${what} ${name}`;
}
