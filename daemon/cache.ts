// The cache: what was read once is answered from memory while the account is unlocked. Values are sealed one by one under
// a key made at unlock and wiped at lock; entries are found through a keyed hash, so neither a value nor a name lies here
// in clear. Bounded in bytes and in age; an account of any size uses no more.
import { LRUCache } from "lru-cache";
import type { Primitives } from "../protocol/crypto/primitives.ts";
import { PosternError } from "../protocol/errors.ts";

/** Bytes of sealed values kept: some ten thousand secrets of ordinary size. */
export const CACHE_BYTES_MAX = 32 * 1024 * 1024;

/** Milliseconds after which an entry is read again even though no change was announced. */
export const CACHE_AGE_MS_MAX = 60 * 60_000;

/** Bytes of a list of names that is kept: some fifteen thousand items. A longer one would leave the values no room. */
export const LIST_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes an entry costs beside its value: key, object and list node. */
const ENTRY_BYTES = 512;

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
};

/** A value out of the cache and how old it is. */
export type Cached = { readonly value: string; readonly ageMs: number };

/** What the cache holds of a reference: where it led, and its value, sealed until `open`. */
export type Kept = {
  readonly place: Place;
  /** The value as it was when it was found, whatever was forgotten since. Throws locked once the cache was closed. */
  open(): Cached;
};

export type Cache = {
  /** Looks a reference up once for both: the keyed hash is the larger part of a warm answer. */
  find(reference: string): Kept | undefined;
  set(reference: string, place: Place, value: string): void;
  /** What was kept under this name of a vault's list: bytes of their own at every call, the caller's to wipe. */
  findList(vault: string, name: string): Uint8Array | undefined;
  hasList(vault: string, name: string): boolean;
  setList(vault: string, name: string, list: Uint8Array): void;
  /** Grows whenever something is forgotten: what was fetched before then must not be kept, and not be waited for. */
  readonly generation: number;
  /** Forgets what was read in a vault: after a change there, a title may mean another item, or two. */
  dropVault(vault: string): void;
  clear(): void;
  /** Wipes the key: what is left is unreadable. */
  close(): void;
  readonly size: number;
};

const encoder = new TextEncoder();
/** A byte order mark at a value's start is part of it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** `nowMs` is a monotonic clock. */
export function createCache(p: Primitives, nowMs: () => number): Cache {
  const sealKey = p.keep(p.randomBytes(KEY_BYTES));
  const hashKey = p.keep(p.randomBytes(KEY_BYTES));
  let generation = 0;
  let closed = false;
  const byVault = new Map<string, Set<string>>();
  const entries = new LRUCache<string, Entry>({
    maxSize: CACHE_BYTES_MAX,
    ttl: CACHE_AGE_MS_MAX,
    perf: { now: nowMs },
    ttlResolution: 0,
    sizeCalculation: (entry) => entry.sealed.length + ENTRY_BYTES,
    dispose: (entry, key) => forget(entry.place.vault, key),
  });

  function forget(vault: string, key: string): void {
    const keys = byVault.get(vault);
    keys?.delete(key);
    if (keys?.size === 0) byVault.delete(vault);
  }

  /**
   * The text itself, letter for letter. Ids of fields and sections are compared with their case, so `…/api` and `…/API` may
   * be two fields; a text that is no reference may become one in lower case. One reference in two spellings is read twice.
   */
  function hashOf(reference: string): Uint8Array {
    return p.keyedHash(hashKey, encoder.encode(`reference|${reference}`));
  }

  /** Of a list: no text that a peer sends comes to it. */
  function hashOfList(vault: string, name: string): Uint8Array {
    return p.keyedHash(hashKey, encoder.encode(`list|${vault}|${name}`));
  }

  function keep(hash: Uint8Array, place: Place, plaintext: Uint8Array): void {
    const key = hash.toBase64();
    const nonce = p.randomBytes(NONCE_BYTES);
    const sealed = p.aeadSeal(sealKey, nonce, hash, plaintext);
    entries.set(key, { place, nonce, sealed, storedMs: nowMs() });
    // A value larger than the whole cache is not kept.
    if (!entries.has(key)) return;
    const keys = byVault.get(place.vault) ?? new Set();
    byVault.set(place.vault, keys.add(key));
  }

  function opened(hash: Uint8Array, entry: Entry): Uint8Array {
    if (closed) throw new PosternError("locked");
    const plaintext = p.aeadOpen(sealKey, entry.nonce, hash, entry.sealed);
    if (plaintext === undefined) throw new Error("a cache entry did not open");
    return plaintext;
  }

  function read(hash: Uint8Array, entry: Entry): Cached {
    const plaintext = opened(hash, entry);
    const value = decoder.decode(plaintext);
    p.wipe(plaintext);
    return { value, ageMs: nowMs() - entry.storedMs };
  }

  return {
    find: (reference) => {
      const hash = hashOf(reference);
      const entry = entries.get(hash.toBase64());
      return entry === undefined ? undefined : { place: entry.place, open: () => read(hash, entry) };
    },
    set: (reference, place, value) => {
      // Half a character, which JSON can hold, would come out of UTF-8 as another.
      if (!value.isWellFormed()) return;
      const plaintext = encoder.encode(value);
      keep(hashOf(reference), place, plaintext);
      p.wipe(plaintext);
    },
    findList: (vault, name) => {
      const hash = hashOfList(vault, name);
      const entry = entries.get(hash.toBase64());
      return entry === undefined ? undefined : opened(hash, entry);
    },
    hasList: (vault, name) => entries.has(hashOfList(vault, name).toBase64()),
    setList: (vault, name, list) => {
      if (list.length > LIST_BYTES_MAX) return;
      keep(hashOfList(vault, name), { vault, item: "", field: "", kind: "list" }, list);
    },
    get generation() {
      return generation;
    },
    dropVault: (vault) => {
      generation++;
      for (const key of [...(byVault.get(vault) ?? [])]) entries.delete(key);
    },
    clear: () => {
      generation++;
      entries.clear();
    },
    close: () => {
      closed = true;
      entries.clear();
      p.release(sealKey, hashKey);
    },
    get size() {
      return entries.size;
    },
  };
}
