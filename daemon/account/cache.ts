// The cache. While the account is unlocked, a second read is answered from memory. Each value is sealed on its own, under a key that is made at
// unlock and wiped at lock. A keyed hash finds an entry. So neither a value nor a name lies here in clear. Bytes and age are bounded, whatever
// the size of the account. A change removes the entries that it may concern: see `dropItem`. Lists of names are kept beside the values, under
// the same key (kept-lists.ts).
import { LRUCache } from "lru-cache";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { createKeptLists, type KeptLists, LISTS_BYTES_MAX } from "./kept-lists.ts";

/** Bytes of sealed values: some twenty thousand secrets of ordinary size. */
export const CACHE_BYTES_MAX = 32 * 1024 * 1024;

/** Milliseconds after which an entry is read again even though no change was announced. */
export const CACHE_AGE_MS_MAX = 60 * 60_000;

/** Bytes of an entry beside its value, measured: key, objects, buffers, list node, and topics. */
const ENTRY_BYTES = 1536;

const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/** The target of a reference, in ids, and its type. Ids and types are no secrets. */
export type Place = {
  readonly vault: string;
  readonly item: string;
  readonly field: string;
  readonly kind: string;
  /** Whether the value is a seed and the answer a one-time code. */
  readonly code?: true;
};

type Entry = {
  readonly place: Place;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
  readonly storedMs: number;
  /** The topics of the entry. A change of one of them removes it. */
  readonly topics: readonly string[];
  readonly seq: number | undefined;
};

/** A value from the cache, and its age. */
export type Cached = { readonly value: string; readonly ageMs: number };

/** The entry of a reference: its target, and its value, which is sealed until `open`. */
export type Kept = {
  readonly place: Place;
  /** The value as it was found, even if the entry was removed since. Throws locked once the cache was closed. */
  open(): Cached;
};

/** The kind of a text. No reference from a peer may lead to the kept values of an environment. */
export type What = "reference" | "environment";

export type Known = {
  /**
   * The names by which another item could be meant too: its lookup tags, or its id where the reference may name one. Where they are unknown,
   * any change in the vault removes the value.
   */
  readonly names?: readonly string[] | undefined;
  /** The last change that the value includes. News of that change or an earlier one remove nothing. */
  readonly seq?: number | undefined;
};

export type Cache = {
  /** Looks a reference up once for finding and storing, since the keyed hash is the larger part of a warm answer. */
  find(reference: string, what?: What): Kept | undefined;
  set(reference: string, place: Place, value: string, known?: Known, what?: What): void;
  /** The kept pages of names. */
  readonly lists: KeptLists;
  /** Grows at every removal. A fetch that began before the removal must not be shared after it. */
  readonly generation: number;
  /**
   * Whether nothing about this vault was removed since then. Otherwise the fetched value may be an old one. It includes changes up to `seq`.
   */
  isSince(generation: number, vault: string, seq?: number): boolean;
  /**
   * An item was made, changed or deleted. Removes its values, and values of other items by a name that is now its own too, since such a
   * reference may mean both. `tag` is the lookup tag of its title. It is empty where the item has no title any more. Undefined means unknown,
   * and removes every value of the vault. `seq` is the number of a change that is announced late; values that include it stay.
   */
  dropItem(vault: string, item: string, tag: string | undefined, seq?: number): void;
  /** A vault was made, changed or taken away. Removes its lists and all values, since another vault may have its title now. */
  dropVault(vault: string): void;
  clear(): void;
  /** Wipes the key. Everything in the cache is unreadable then. */
  close(): void;
  readonly size: number;
};

/** The last removals of a vault: for a change made here, and for news, with the highest number of those. */
type Forgot = { readonly here: number; readonly news: number; readonly newsSeq: number };

const nothing: Forgot = { here: 0, news: 0, newsSeq: 0 };

/** Vaults for which that is remembered. No account has so many. Past it, every vault counts as changed. */
export const FORGOT_MAX = 10_000;

const encoder = new TextEncoder();
/** Keeps a byte order mark at a value's start, since it is part of the value. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * `nowMs` is a clock that nobody sets. It counts through the machine's sleep, since a token's session outlives that. With `keeps` false
 * nothing is kept: without news of changes, a kept value may be wrong a moment later.
 */
export function createCache(crypto: Primitives, nowMs: () => number, keeps = true): Cache {
  const sealKey = crypto.keep(crypto.randomBytes(KEY_BYTES));
  const hashKey = crypto.keep(crypto.randomBytes(KEY_BYTES));
  let generation = 0;
  /** The generation that cleared every vault, and the generations that changed one vault since. */
  let forgotAll = 0;
  const forgot = new Map<string, Forgot>();
  let closed = false;
  /** The keys of the entries of each topic. */
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
   * The text itself, letter for letter. Ids of fields and sections are case-sensitive, so `…/api` and `…/API` may be two fields. A text that is
   * no reference may become one in lower case. A reference in two spellings is read twice.
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
      // JSON can hold half a character. UTF-8 would turn it into another one.
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

/** The topics of an entry: ids, and names in the form of lookup tags. */
function topicOf(vault: string, what: "item" | "name" | "any", name = ""): string {
  return `${vault} ${what} ${name}`;
}
