// The seam through which all cryptography passes. It has two implementations: sodium-native in the agent (keys in locked, guarded
// memory) and libsodium-wrappers elsewhere. Shared vectors hold the two equal. The caller passes one in, so protocol/ imports
// neither. A lock turns keys into zeros while work may still be under way. So every operation that takes a secret key refuses zeros
// with the error `locked`. Otherwise a write that races with a lock would be sealed under a key that everybody knows.

/** The primitives that this folder uses. They take and return byte strings and keep no state. */
export interface Primitives {
  /** `size` bytes from the operating system's generator. */
  randomBytes(size: number): Uint8Array;
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(message: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. */
  hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array;
  /**
   * BLAKE2b under a 32-byte key (RFC 7693), 32 bytes. For frequent hashes that stay in this process. Node's HMAC makes an object at
   * each call, and only a full garbage collection frees it. This makes none.
   */
  keyedHash(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** HKDF-SHA-256 (RFC 5869), extract and expand; `size` at most 8160 bytes. */
  hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): Uint8Array;
  /** libsodium crypto_kdf (keyed BLAKE2b): the 32-byte subkey `id` of a 32-byte random key; `context` is 8 ASCII characters. */
  kdf(key: Uint8Array, context: string, id: number): Uint8Array;
  /** Argon2id v1.3 (RFC 9106): 16-byte salt, memory in KiB. Off the calling thread. */
  argon2id(password: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array>;
  /** XChaCha20-Poly1305 (IETF): 32-byte key, 24-byte nonce; answers ciphertext and 16-byte tag. */
  aeadSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Opens the output of `aeadSeal`. Undefined where the tag is wrong. */
  aeadOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** Ed25519 key pair from a 32-byte seed (RFC 8032); the secret key is 64 bytes, libsodium's form. */
  signKeyPair(seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array };
  /** Ed25519 detached signature, 64 bytes. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** Whether an Ed25519 signature is right. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** X25519 key pair from a 32-byte seed (libsodium crypto_box_seed_keypair). */
  boxKeyPair(seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array };
  /** libsodium sealed box (anonymous sender). */
  boxSeal(publicKey: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Opens a sealed box. Undefined where it was sealed to another key or altered. */
  boxOpen(publicKey: Uint8Array, secretKey: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** Starts an XChaCha20-Poly1305 secretstream under a 32-byte key; the header is 24 bytes. `push` throws locked after a lock. */
  streamSeal(key: Uint8Array): {
    header: Uint8Array;
    push(chunk: Uint8Array, associated: Uint8Array, final: boolean): Uint8Array;
  };
  /** Opens a secretstream. `pull` returns undefined for a chunk that was altered, moved or dropped, and throws locked after a lock. */
  streamOpen(
    key: Uint8Array,
    header: Uint8Array,
  ): { pull(chunk: Uint8Array, associated: Uint8Array): { chunk: Uint8Array; final: boolean } | undefined };
  /** Compares in constant time; byte strings of unequal size are unequal. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Overwrites with zeros. */
  wipe(...buffers: Uint8Array[]): void;
  /** Moves a key into locked, guarded memory where the platform has it. Wipes `key` and returns the copy. */
  keep(key: Uint8Array): Uint8Array;
  /** Wipes kept keys and gives their memory back; ordinary buffers are wiped. */
  release(...keys: Uint8Array[]): void;
}

/** Argon2id cost: memory in KiB, passes, lanes, output size in bytes. */
export type Argon2Cost = {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
  readonly size: number;
};

/** The primitives of the service. It checks signatures and makes nonces. It opens nothing. */
export type CheckingPrimitives = Pick<Primitives, "randomBytes" | "sha256" | "hmacSha256" | "verify" | "equal">;

/** The primitives of the share page. It derives keys from a random secret, and opens. */
export type OpeningPrimitives = Pick<Primitives, "randomBytes" | "kdf" | "aeadOpen" | "streamOpen" | "wipe">;
