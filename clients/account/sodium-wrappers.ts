// The same cryptography where there is no native library: libsodium-wrappers (WebAssembly), with Argon2id, HKDF,
// HMAC and SHA-256 from node:crypto. Its keys lie in ordinary memory and pass through the module's heap, which it does not wipe, so the
// agent never uses it. The tests hold it and the agent's equal, byte for byte.
import { argon2, createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import sodium from "libsodium-wrappers";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";

/** Loads and compiles the WebAssembly module. */
export async function loadSodiumWrappers(): Promise<Primitives> {
  await sodium.ready;
  return { ...symmetric(), ...asymmetric(), ...streams(), ...memory() };
}

const KEYED_HASH = 32;
const STREAM_HEADER = 24;

/** The key, unless it was wiped. One that is random is zeros in one of 2^256 cases. */
function alive(key: Uint8Array): Uint8Array {
  if (key.length > 0 && key.every((byte) => byte === 0)) throw new PosternError("locked");
  return key;
}

/** The wrapper throws for a tag that does not fit; its text is not needed, the outcome is. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** A small Buffer may lie in a pool that outlives it; keys must not. */
function owned(buffer: Buffer): Uint8Array {
  const copy = new Uint8Array(buffer);
  buffer.fill(0);
  return copy;
}

function symmetric(): Pick<
  Primitives,
  "randomBytes" | "sha256" | "hmacSha256" | "keyedHash" | "hkdfSha256" | "argon2id" | "aeadSeal" | "aeadOpen"
> {
  return {
    randomBytes: (size) => sodium.randombytes_buf(size),
    // The standard build has no SHA-256, though its types say so.
    sha256: (message) => new Uint8Array(createHash("sha256").update(message).digest()),
    hmacSha256: (key, message) => owned(createHmac("sha256", alive(key)).update(message).digest()),
    keyedHash: (key, message) => sodium.crypto_generichash(KEYED_HASH, message, alive(key)),
    hkdfSha256: (secret, salt, info, size) => new Uint8Array(hkdfSync("sha256", alive(secret), salt, info, size)),
    argon2id: (password, salt, cost) => {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      const parameters = {
        message: password,
        nonce: salt,
        memory: cost.memoryKiB,
        passes: cost.passes,
        parallelism: cost.lanes,
        tagLength: cost.size,
      };
      argon2("argon2id", parameters, (error, derived) => (error === null ? resolve(owned(derived)) : reject(error)));
      return promise;
    },
    aeadSeal: (key, nonce, associated, plaintext) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associated, null, nonce, alive(key)),
    aeadOpen: (key, nonce, associated, sealed) => {
      alive(key);
      return attempt(() => sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, associated, nonce, key));
    },
  };
}

function asymmetric(): Pick<Primitives, "signKeyPair" | "sign" | "verify" | "boxKeyPair" | "boxSeal" | "boxOpen"> {
  return {
    signKeyPair: (seed) => {
      const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(alive(seed));
      return { publicKey, secretKey: privateKey };
    },
    sign: (secretKey, message) => sodium.crypto_sign_detached(message, alive(secretKey)),
    verify: (publicKey, message, signature) =>
      publicKey.length === 32 &&
      signature.length === 64 &&
      sodium.crypto_sign_verify_detached(signature, message, publicKey),
    boxKeyPair: (seed) => {
      const { publicKey, privateKey } = sodium.crypto_box_seed_keypair(alive(seed));
      return { publicKey, secretKey: privateKey };
    },
    boxSeal: (publicKey, plaintext) => sodium.crypto_box_seal(plaintext, publicKey),
    boxOpen: (publicKey, secretKey, sealed) => {
      alive(secretKey);
      return attempt(() => sodium.crypto_box_seal_open(sealed, publicKey, secretKey));
    },
  };
}

function streams(): Pick<Primitives, "streamSeal" | "streamOpen"> {
  return {
    streamSeal: (key) => {
      const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(alive(key));
      let ended = false;
      return {
        header,
        push: (chunk, associated, final) => {
          if (ended) throw new RangeError("the stream has ended");
          ended = final;
          const tag = final
            ? sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            : sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
          return sodium.crypto_secretstream_xchacha20poly1305_push(state, chunk, associated, tag);
        },
      };
    },
    streamOpen: (key, header) => {
      alive(key);
      if (header.length !== STREAM_HEADER) return { pull: () => undefined };
      const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
      let ended = false;
      return {
        pull: (sealed, associated) => {
          if (ended) return undefined;
          const pulled = attempt(() => sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, associated));
          ended = !pulled || pulled.tag === sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL;
          return pulled ? { chunk: pulled.message, final: ended } : undefined;
        },
      };
    },
  };
}

function memory(): Pick<Primitives, "equal" | "wipe" | "keep" | "release"> {
  const wipe = (...buffers: Uint8Array[]) => {
    for (const buffer of buffers) buffer.fill(0);
  };
  return {
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
    wipe,
    keep: (key) => {
      const kept = key.slice();
      wipe(key);
      return kept;
    },
    release: wipe,
  };
}
