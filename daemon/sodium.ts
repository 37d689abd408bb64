// The agent's cryptography: libsodium through sodium-native, Argon2id, HKDF and HMAC-SHA-256 from node:crypto. Keys that
// live longer than a call lie in one slab of guarded, locked memory. Without sodium-native the agent does not start.
import { argon2, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { arch, platform } from "node:process";
import type { Primitives } from "../protocol/crypto/primitives.ts";
import { StartRefused } from "./start-refused.ts";

/** Bytes of the slab: keys of 1,000 vaults and of a few accounts, and less than half of the usual 8 MB that may be locked. */
export const SLAB_BYTES = 256 * 1024;

/** Bytes of one slot: an Ed25519 secret key, the longest we keep. */
const SLOT_BYTES = 64;

/** The agent's primitives, and the wiping of everything kept. */
export type Sodium = Primitives & {
  /** Wipes every key that was kept. Whoever still holds one holds zeros. */
  wipeAll(): void;
};

type Native = {
  sodium_malloc(size: number): Uint8Array;
  sodium_memzero(buffer: Uint8Array): void;
  randombytes_buf(buffer: Uint8Array): void;
  crypto_hash_sha256(out: Uint8Array, message: Uint8Array): void;
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

const AEAD_TAG = 16;
const STREAM_TAG = 17;
const STREAM_HEADER = 24;
const BOX_SEAL = 48;
const TAG_MESSAGE = 0;
const TAG_FINAL = 3;

/** Loads libsodium. Throws StartRefused where it cannot be had: keys would lie in ordinary memory. */
export function loadSodium(): Sodium {
  return build(loadNative());
}

function loadNative(): Native {
  try {
    return createRequire(import.meta.url)("sodium-native") as Native;
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
  const wipe = (...buffers: Uint8Array[]) => {
    for (const buffer of buffers) if (buffer.length > 0) native.sodium_memzero(buffer);
  };
  return {
    randomBytes: (size) => {
      const bytes = new Uint8Array(size);
      if (size > 0) native.randombytes_buf(bytes);
      return bytes;
    },
    sha256: (message) => {
      const digest = new Uint8Array(32);
      native.crypto_hash_sha256(digest, message);
      return digest;
    },
    hmacSha256: (key, message) => owned(createHmac("sha256", key).update(message).digest()),
    hkdfSha256: (secret, salt, info, size) => new Uint8Array(hkdfSync("sha256", secret, salt, info, size)),
    argon2id,
    aeadSeal: (key, nonce, associated, plaintext) => {
      const sealed = new Uint8Array(plaintext.length + AEAD_TAG);
      native.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, plaintext, associated, null, nonce, key);
      return sealed;
    },
    aeadOpen: (key, nonce, associated, sealed) => {
      if (sealed.length < AEAD_TAG) return undefined;
      const plaintext = new Uint8Array(sealed.length - AEAD_TAG);
      return attempt(() =>
        native.crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, null, sealed, associated, nonce, key),
      )
        ? plaintext
        : undefined;
    },
    ...asymmetric(native),
    ...streams(native, wipe),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
    wipe,
    keep: (key) => {
      const kept = slab.take(key);
      wipe(key);
      return kept;
    },
    release: (...keys) => {
      wipe(...keys);
      for (const key of keys) slab.release(key);
    },
    wipeAll: slab.wipeAll,
  };
}

/** The binding throws for a tag that does not fit; its text is not needed, the outcome is. */
function attempt(act: () => unknown): boolean {
  try {
    return act() !== false;
  } catch {
    return false;
  }
}

/** A small Buffer may lie in a pool that outlives it; keys must not. */
function owned(buffer: Buffer): Uint8Array {
  const copy = Uint8Array.from(buffer);
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
      const pair = { publicKey: new Uint8Array(32), secretKey: new Uint8Array(64) };
      native.crypto_sign_seed_keypair(pair.publicKey, pair.secretKey, seed);
      return pair;
    },
    sign: (secretKey, message) => {
      const signature = new Uint8Array(64);
      native.crypto_sign_detached(signature, message, secretKey);
      return signature;
    },
    verify: (publicKey, message, signature) =>
      publicKey.length === 32 &&
      signature.length === 64 &&
      native.crypto_sign_verify_detached(signature, message, publicKey),
    boxKeyPair: (seed) => {
      const pair = { publicKey: new Uint8Array(32), secretKey: new Uint8Array(32) };
      native.crypto_box_seed_keypair(pair.publicKey, pair.secretKey, seed);
      return pair;
    },
    boxSeal: (publicKey, plaintext) => {
      const sealed = new Uint8Array(plaintext.length + BOX_SEAL);
      native.crypto_box_seal(sealed, plaintext, publicKey);
      return sealed;
    },
    boxOpen: (publicKey, secretKey, sealed) => {
      if (sealed.length < BOX_SEAL) return undefined;
      const plaintext = new Uint8Array(sealed.length - BOX_SEAL);
      return native.crypto_box_seal_open(plaintext, sealed, publicKey, secretKey) ? plaintext : undefined;
    },
  };
}

function streams(
  native: Native,
  wipe: (...buffers: Uint8Array[]) => void,
): Pick<Primitives, "streamSeal" | "streamOpen"> {
  const newState = () => new Uint8Array(native.crypto_secretstream_xchacha20poly1305_STATEBYTES);
  return {
    streamSeal: (key) => {
      const state = newState();
      const header = new Uint8Array(STREAM_HEADER);
      native.crypto_secretstream_xchacha20poly1305_init_push(state, header, key);
      return {
        header,
        push: (chunk, associated, final) => {
          const sealed = new Uint8Array(chunk.length + STREAM_TAG);
          native.crypto_secretstream_xchacha20poly1305_push(
            state,
            sealed,
            chunk,
            associated,
            final ? TAG_FINAL : TAG_MESSAGE,
          );
          if (final) wipe(state);
          return sealed;
        },
      };
    },
    streamOpen: (key, header) => {
      if (header.length !== STREAM_HEADER) return { pull: () => undefined };
      const state = newState();
      native.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key);
      return {
        pull: (sealed, associated) => {
          if (sealed.length < STREAM_TAG) return undefined;
          const chunk = new Uint8Array(sealed.length - STREAM_TAG);
          const tag = new Uint8Array(1);
          const fits = attempt(() =>
            native.crypto_secretstream_xchacha20poly1305_pull(state, chunk, tag, sealed, associated),
          );
          if (!fits) return undefined;
          const final = tag[0] === TAG_FINAL;
          if (final) wipe(state);
          return { chunk, final };
        },
      };
    },
  };
}

/** One guarded, locked allocation cut into slots, since each allocation of its own would cost a locked page. */
function createSlab(native: Native): {
  take(key: Uint8Array): Uint8Array;
  release(kept: Uint8Array): void;
  wipeAll(): void;
} {
  const memory = native.sodium_malloc(SLAB_BYTES);
  const all = Array.from({ length: SLAB_BYTES / SLOT_BYTES }, (_, index) => SLAB_BYTES - (index + 1) * SLOT_BYTES);
  let free = [...all];
  const used = new Set<number>();
  return {
    take: (key) => {
      if (key.length > SLOT_BYTES) throw new RangeError(`a kept key has at most ${SLOT_BYTES} bytes`);
      const at = free.pop();
      if (at === undefined) throw new RangeError("the memory for keys is full");
      used.add(at);
      const slot = memory.subarray(at, at + key.length);
      slot.set(key);
      return slot;
    },
    release: (kept) => {
      const at = kept.byteOffset - memory.byteOffset;
      // A key released twice must not put its slot on offer twice: two keys would share it.
      if (kept.buffer === memory.buffer && used.delete(at)) free.push(at);
    },
    wipeAll: () => {
      native.sodium_memzero(memory);
      used.clear();
      free = [...all];
    },
  };
}
