// The agent's cryptography: libsodium by sodium-native, and Argon2id, HKDF and HMAC-SHA-256 by node:crypto. Keys that live longer than a
// call lie in one slab of guarded, locked memory. Without sodium-native the agent does not start.
import { argon2, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { arch, platform } from "node:process";
import { utf8, wipeable, wipeableCopy } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { requireOwn } from "./own-package.ts";
import { StartRefused } from "./start-refused.ts";

/** Bytes of the slab: room for the keys of 1,000 vaults and of a few accounts. It is less than half of the usual limit of 8 MB. */
export const SLAB_BYTES = 256 * 1024;

/** Bytes of one slot: an Ed25519 secret key, the longest key. */
const SLOT_BYTES = 64;

/** The agent's primitives, and the wiping of all kept keys. */
export type Sodium = Primitives & {
  /** Keys that can still be kept. */
  keysLeft(): number;
  /** Wipes every kept key and the state of every open stream. A holder of one then has zeros, which are refused. */
  wipeAll(): void;
};

type Native = {
  sodium_malloc(size: number): Uint8Array;
  sodium_mlock(buffer: Uint8Array): void;
  sodium_memzero(buffer: Uint8Array): void;
  randombytes_buf(buffer: Uint8Array): void;
  crypto_hash_sha256(out: Uint8Array, message: Uint8Array): void;
  crypto_kdf_derive_from_key(subkey: Uint8Array, id: number, context: Uint8Array, key: Uint8Array): void;
  crypto_generichash(out: Uint8Array, message: Uint8Array, key: Uint8Array): void;
  crypto_aead_xchacha20poly1305_ietf_encrypt(
    c: Uint8Array,
    m: Uint8Array,
    ad: Uint8Array,
    nsec: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  crypto_aead_xchacha20poly1305_ietf_decrypt(
    m: Uint8Array,
    nsec: null,
    c: Uint8Array,
    ad: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  crypto_sign_seed_keypair(pk: Uint8Array, sk: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, sk: Uint8Array): void;
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, pk: Uint8Array): boolean;
  crypto_box_seed_keypair(pk: Uint8Array, sk: Uint8Array, seed: Uint8Array): void;
  crypto_box_seal(c: Uint8Array, m: Uint8Array, pk: Uint8Array): void;
  crypto_box_seal_open(m: Uint8Array, c: Uint8Array, pk: Uint8Array, sk: Uint8Array): boolean;
  crypto_secretstream_xchacha20poly1305_init_push(state: Uint8Array, header: Uint8Array, key: Uint8Array): void;
  crypto_secretstream_xchacha20poly1305_push(
    state: Uint8Array,
    c: Uint8Array,
    m: Uint8Array,
    ad: Uint8Array,
    tag: number,
  ): number;
  crypto_secretstream_xchacha20poly1305_init_pull(state: Uint8Array, header: Uint8Array, key: Uint8Array): void;
  crypto_secretstream_xchacha20poly1305_pull(
    state: Uint8Array,
    m: Uint8Array,
    tag: Uint8Array,
    c: Uint8Array,
    ad: Uint8Array,
  ): number;
  crypto_secretstream_xchacha20poly1305_STATEBYTES: number;
};

const SUBKEY_BYTES = 32;
const KEYED_HASH = 32;
const AEAD_TAG = 16;
const STREAM_TAG = 17;
const STREAM_HEADER = 24;
const BOX_SEAL = 48;
const TAG_MESSAGE = 0;
const TAG_FINAL = 3;

/** Loads libsodium. Throws StartRefused where it cannot be loaded or memory cannot be locked: keys would lie in ordinary memory. */
export function loadSodium(): Sodium {
  return build(loadNative());
}

/**
 * Loads the package and not its binary by process.dlopen. That would save 10 ms of the start. But only the package's JavaScript checks the
 * sizes of parameters; the binary would write past the end of a short buffer.
 */
function loadNative(): Native {
  try {
    return requireOwn("sodium-native") as Native;
  } catch (error) {
    throw new StartRefused(
      `the native library (sodium-native) could not be loaded on ${platform} ${arch}`,
      "reinstall Postern for this platform",
      error,
    );
  }
}

function build(native: Native): Sodium {
  const slab = createSlab(native);
  const states = createStates((state) => native.sodium_memzero(state));
  const wipe = (...buffers: Uint8Array[]) => {
    for (const buffer of buffers) if (buffer.length > 0) native.sodium_memzero(buffer);
  };
  return {
    randomBytes: (size) => {
      const bytes = wipeable(size);
      if (size > 0) native.randombytes_buf(bytes);
      return bytes;
    },
    sha256: (message) => {
      const digest = new Uint8Array(32);
      native.crypto_hash_sha256(digest, message);
      return digest;
    },
    hmacSha256: (key, message) => owned(createHmac("sha256", alive(key)).update(message).digest()),
    keyedHash: (key, message) => {
      const digest = new Uint8Array(KEYED_HASH);
      native.crypto_generichash(digest, message, alive(key));
      return digest;
    },
    hkdfSha256: (secret, salt, info, size) => new Uint8Array(hkdfSync("sha256", alive(secret), salt, info, size)),
    kdf: (key, context, id) => {
      const subkey = wipeable(SUBKEY_BYTES);
      native.crypto_kdf_derive_from_key(subkey, id, utf8(context), alive(key));
      return subkey;
    },
    argon2id,
    aeadSeal: (key, nonce, associated, plaintext) => {
      const sealed = new Uint8Array(plaintext.length + AEAD_TAG);
      native.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, plaintext, associated, null, nonce, alive(key));
      return sealed;
    },
    aeadOpen: (key, nonce, associated, sealed) => {
      alive(key);
      if (sealed.length < AEAD_TAG) return undefined;
      const plaintext = wipeable(sealed.length - AEAD_TAG);
      return attempt(() =>
        native.crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, null, sealed, associated, nonce, key),
      )
        ? plaintext
        : undefined;
    },
    ...asymmetric(native),
    ...streams(native, states),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
    wipe,
    keep: (key) => {
      try {
        return slab.take(key);
      } finally {
        wipe(key);
      }
    },
    keysLeft: slab.left,
    release: (...keys) => {
      for (const key of keys) if (!slab.release(key)) wipe(key);
    },
    wipeAll: () => {
      slab.wipeAll();
      states.wipeAll();
    },
  };
}

/** Returns the key, or throws where it was wiped to zeros. A random key is all zeros in one of 2^256 cases. */
function alive(key: Uint8Array): Uint8Array {
  if (key.length > 0 && key.every((byte) => byte === 0)) throw new PosternError("locked");
  return key;
}

/** Undefined where the binding throws, which it does for a wrong tag. Its text is not needed. */
function attempt(act: () => unknown): boolean {
  try {
    return act() !== false;
  } catch {
    return false;
  }
}

/** A small Buffer may lie in a pool that outlives it. Keys must not lie there. */
function owned(buffer: Buffer): Uint8Array {
  const copy = wipeableCopy(buffer);
  buffer.fill(0);
  return copy;
}

function argon2id(
  password: Uint8Array,
  salt: Uint8Array,
  cost: { memoryKiB: number; passes: number; lanes: number; size: number },
): Promise<Uint8Array> {
  const parameters = {
    message: password,
    nonce: salt,
    memory: cost.memoryKiB,
    passes: cost.passes,
    parallelism: cost.lanes,
    tagLength: cost.size,
  };
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, derived) => (error === null ? resolve(owned(derived)) : reject(error)));
  });
}

function asymmetric(
  native: Native,
): Pick<Primitives, "signKeyPair" | "sign" | "verify" | "boxKeyPair" | "boxSeal" | "boxOpen"> {
  return {
    signKeyPair: (seed) => {
      const pair = { publicKey: new Uint8Array(32), secretKey: wipeable(64) };
      native.crypto_sign_seed_keypair(pair.publicKey, pair.secretKey, alive(seed));
      return pair;
    },
    sign: (secretKey, message) => {
      const signature = new Uint8Array(64);
      native.crypto_sign_detached(signature, message, alive(secretKey));
      return signature;
    },
    verify: (publicKey, message, signature) =>
      publicKey.length === 32 &&
      signature.length === 64 &&
      native.crypto_sign_verify_detached(signature, message, publicKey),
    boxKeyPair: (seed) => {
      const pair = { publicKey: new Uint8Array(32), secretKey: wipeable(32) };
      native.crypto_box_seed_keypair(pair.publicKey, pair.secretKey, alive(seed));
      return pair;
    },
    boxSeal: (publicKey, plaintext) => {
      const sealed = new Uint8Array(plaintext.length + BOX_SEAL);
      native.crypto_box_seal(sealed, plaintext, publicKey);
      return sealed;
    },
    boxOpen: (publicKey, secretKey, sealed) => {
      alive(secretKey);
      if (sealed.length < BOX_SEAL) return undefined;
      const plaintext = wipeable(sealed.length - BOX_SEAL);
      return native.crypto_box_seal_open(plaintext, sealed, publicKey, secretKey) ? plaintext : undefined;
    },
  };
}

type States = {
  /** Registers the state of a stream that lives as long as `user` does. */
  open(state: Uint8Array, user: object): void;
  close(state: Uint8Array): void;
  wipeAll(): void;
};

/** States of open streams hold a key. They are wiped at the end of the stream, at lock, and when a stream is abandoned. */
function createStates(wipe: (state: Uint8Array) => void): States {
  const states = new Set<Uint8Array>();
  const close = (state: Uint8Array) => {
    wipe(state);
    states.delete(state);
  };
  const abandoned = new FinalizationRegistry<Uint8Array>(close);
  return {
    open: (state, user) => {
      states.add(state);
      abandoned.register(user, state);
    },
    close,
    wipeAll: () => {
      for (const state of [...states]) close(state);
    },
  };
}

function streams(native: Native, states: States): Pick<Primitives, "streamSeal" | "streamOpen"> {
  const newState = () => wipeable(native.crypto_secretstream_xchacha20poly1305_STATEBYTES);
  return {
    streamSeal: (key) => {
      const state = newState();
      const header = new Uint8Array(STREAM_HEADER);
      native.crypto_secretstream_xchacha20poly1305_init_push(state, header, alive(key));
      let ended = false;
      const push = (chunk: Uint8Array, associated: Uint8Array, final: boolean) => {
        if (ended) throw new RangeError("the stream has ended");
        alive(state);
        const sealed = new Uint8Array(chunk.length + STREAM_TAG);
        const tag = final ? TAG_FINAL : TAG_MESSAGE;
        native.crypto_secretstream_xchacha20poly1305_push(state, sealed, chunk, associated, tag);
        ended = final;
        if (ended) states.close(state);
        return sealed;
      };
      states.open(state, push);
      return { header, push };
    },
    streamOpen: (key, header) => {
      alive(key);
      if (header.length !== STREAM_HEADER) return { pull: () => undefined };
      const state = newState();
      native.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key);
      let ended = false;
      const pull = (sealed: Uint8Array, associated: Uint8Array) => {
        if (ended) return undefined;
        alive(state);
        // A wrong chunk ends the stream, since nothing after it can be in its place.
        const opened = pullChunk(native, state, sealed, associated);
        ended = opened === undefined || opened.final;
        if (ended) states.close(state);
        return opened;
      };
      states.open(state, pull);
      return { pull };
    },
  };
}

function pullChunk(
  native: Native,
  state: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): { chunk: Uint8Array; final: boolean } | undefined {
  if (sealed.length < STREAM_TAG) return undefined;
  const chunk = wipeable(sealed.length - STREAM_TAG);
  const tag = new Uint8Array(1);
  const fits = attempt(() => native.crypto_secretstream_xchacha20poly1305_pull(state, chunk, tag, sealed, associated));
  return fits ? { chunk, final: tag[0] === TAG_FINAL } : undefined;
}

/** One guarded, locked allocation, cut into slots. An allocation for each key would need a locked page each. */
function createSlab(native: Native): {
  take(key: Uint8Array): Uint8Array;
  /** Whether the key lies in the slab. Then the caller need not wipe it. */
  release(key: Uint8Array): boolean;
  wipeAll(): void;
  left(): number;
} {
  const memory = lockedMemory(native);
  // A freed slot is reused last. A holder that still has it after a lock sees zeros for long, and not the next key.
  const free = Array.from({ length: SLAB_BYTES / SLOT_BYTES }, (_, index) => index * SLOT_BYTES);
  const used = new Map<number, Uint8Array>();
  return {
    take: (key) => {
      if (key.length > SLOT_BYTES) throw new RangeError(`a kept key has at most ${SLOT_BYTES} bytes`);
      const at = free.shift();
      if (at === undefined) throw new PosternError("busy", "the memory for keys is full", { hint: "lock an account" });
      const slot = memory.subarray(at, at + key.length);
      slot.set(key);
      used.set(at, slot);
      return slot;
    },
    release: (key) => {
      if (key.buffer !== memory.buffer) return false;
      const at = key.byteOffset - memory.byteOffset;
      // Only the holder may free a slot. A key that is released twice, or after a lock, may lie where another key lies now.
      if (used.get(at) === key) {
        native.sodium_memzero(key);
        used.delete(at);
        free.push(at);
      }
      return true;
    },
    wipeAll: () => {
      native.sodium_memzero(memory);
      free.push(...used.keys());
      used.clear();
    },
    left: () => free.length,
  };
}

/** Locks the memory once more. libsodium says nothing where the system's limit prevents the lock. */
function lockedMemory(native: Native): Uint8Array {
  const memory = native.sodium_malloc(SLAB_BYTES);
  try {
    native.sodium_mlock(memory);
  } catch (error) {
    throw new StartRefused(
      `${SLAB_BYTES / 1024} KiB of memory for keys could not be locked`,
      "raise the limit of locked memory (ulimit -l, or LimitMEMLOCK in the unit) to 1024 KiB",
      error,
    );
  }
  // As a Uint8Array, since slice() of a Buffer is no copy but the slot itself.
  return new Uint8Array(memory.buffer, memory.byteOffset, memory.length);
}
