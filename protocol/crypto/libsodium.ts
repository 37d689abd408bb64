// The primitives that libsodium-wrappers (WebAssembly) has, without anything of Node's. The share page in a browser and the tests'
// account client both use them. The caller passes the module, so that protocol/ loads no library. Keys lie in ordinary memory and
// pass through the module's heap, which is not wiped. So the agent never uses this file.
import type libsodium from "libsodium-wrappers";
import { PosternError } from "../errors.ts";
import type { Primitives } from "./primitives.ts";

type Sodium = typeof libsodium;

/** All primitives but Argon2id, HKDF, HMAC and SHA-256. The standard build lacks these, although its types name SHA-256. */
export type LibsodiumPrimitives = Omit<Primitives, "sha256" | "hmacSha256" | "hkdfSha256" | "argon2id">;

/** The primitives of a loaded module (`await sodium.ready`). */
export function libsodiumPrimitives(sodium: Sodium): LibsodiumPrimitives {
  return { ...symmetric(sodium), ...asymmetric(sodium), ...streams(sodium), ...memory(sodium) };
}

const STREAM_HEADER = 24;

/** Bytes of a keyed hash. */
const KEYED_HASH_BYTES = 32;

/** Bytes of a derived key. */
const SUBKEY_BYTES = 32;

/** Returns the key, or throws where it was wiped to zeros. A random key is all zeros in one of 2^256 cases. */
export function alive(key: Uint8Array): Uint8Array {
  if (key.length > 0 && key.every((byte) => byte === 0)) throw new PosternError("locked");
  return key;
}

/** Undefined where the wrapper throws, which it does for a wrong tag. Its text is not needed. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

function symmetric(sodium: Sodium): Pick<Primitives, "randomBytes" | "kdf" | "keyedHash" | "aeadSeal" | "aeadOpen"> {
  return {
    randomBytes: (size) => sodium.randombytes_buf(size),
    keyedHash: (key, message) => sodium.crypto_generichash(KEYED_HASH_BYTES, message, alive(key)),
    kdf: (key, context, id) => sodium.crypto_kdf_derive_from_key(SUBKEY_BYTES, id, context, alive(key)),
    aeadSeal: (key, nonce, associated, plaintext) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associated, null, nonce, alive(key)),
    aeadOpen: (key, nonce, associated, sealed) => {
      alive(key);
      return attempt(() => sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, associated, nonce, key));
    },
  };
}

function asymmetric(
  sodium: Sodium,
): Pick<Primitives, "signKeyPair" | "sign" | "verify" | "boxKeyPair" | "boxSeal" | "boxOpen"> {
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

function streams(sodium: Sodium): Pick<Primitives, "streamSeal" | "streamOpen"> {
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

function memory(sodium: Sodium): Pick<Primitives, "equal" | "wipe" | "keep" | "release"> {
  const wipe = (...buffers: Uint8Array[]) => {
    for (const buffer of buffers) buffer.fill(0);
  };
  return {
    equal: (a, b) => a.length === b.length && (a.length === 0 || sodium.memcmp(a, b)),
    wipe,
    keep: (key) => {
      const kept = key.slice();
      wipe(key);
      return kept;
    },
    release: wipe,
  };
}
