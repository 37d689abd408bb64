// An envelope: suite (1 byte), nonce (24 bytes), XChaCha20-Poly1305 ciphertext of the padded content. The associated data names its
// kind, its owner and its revision, so an envelope that was moved to another place does not open.
import { PosternError } from "../errors.ts";
import { fields, SUITE, utf8 } from "./encoding.ts";
import { pad, paddedSize, unpad } from "./padding.ts";
import type { Primitives } from "./primitives.ts";

/** The kind of an envelope's content. Each kind has its own word. */
export type Part =
  | "root key"
  | "root key copy"
  | "sign-in seed"
  | "private keys"
  | "user data"
  | "device store"
  | "audit names"
  | "cache"
  | "vault overview"
  | "item key"
  | "item overview"
  | "item details"
  | "file key"
  | "backup"
  | "group overview"
  | "service account keys"
  | "service account name"
  | "share";

/** The place of an envelope. Ids that do not apply are left out. `keyId` names the key that seals it. */
export type Context = {
  readonly part: Part;
  readonly account: string;
  readonly user?: string;
  readonly vault?: string;
  readonly item?: string;
  readonly file?: string;
  readonly keyId?: string;
  /** The revision of the content, or 0 where it has none. */
  readonly revision?: number;
};

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

/** Bytes of an envelope whose content has `size` bytes. */
export function envelopeSize(size: number): number {
  return HEADER_BYTES + paddedSize(size) + TAG_BYTES;
}

function associated(context: Context): Uint8Array {
  const { part, account, user = "", vault = "", item = "", file = "", keyId = "", revision = 0 } = context;
  return fields("postern/1 envelope", SUITE, part, account, user, vault, item, file, keyId, revision);
}

/** Seals `content` for its context under a 32-byte key. Throws locked when the key was wiped. */
export function seal(crypto: Primitives, key: Uint8Array, context: Context, content: Uint8Array): Uint8Array {
  const nonce = crypto.randomBytes(NONCE_BYTES);
  const padded = pad(content);
  const ciphertext = sealPadded(crypto, key, nonce, associated(context), padded);
  const envelope = new Uint8Array(HEADER_BYTES + ciphertext.length);
  envelope[0] = SUITE;
  envelope.set(nonce, 1);
  envelope.set(ciphertext, HEADER_BYTES);
  return envelope;
}

/** Seals a text. Its bytes are wiped: what the C library frees keeps its content for a while. */
export function sealText(crypto: Primitives, key: Uint8Array, context: Context, text: string): Uint8Array {
  const content = utf8(text);
  try {
    return seal(crypto, key, context, content);
  } finally {
    crypto.wipe(content);
  }
}

/** Opens the output of `sealText`. Throws as `open` does. */
export function openText(
  crypto: Pick<Primitives, "aeadOpen" | "wipe">,
  key: Uint8Array,
  context: Context,
  envelope: Uint8Array,
): string {
  const content = open(crypto, key, context, envelope);
  try {
    return new TextDecoder().decode(content);
  } finally {
    crypto.wipe(content);
  }
}

/** Opens an envelope. Throws unknownSuite; sealBroken where it is cut, altered or in a wrong place; locked where the key was wiped. */
export function open(
  crypto: Pick<Primitives, "aeadOpen" | "wipe">,
  key: Uint8Array,
  context: Context,
  envelope: Uint8Array,
): Uint8Array {
  if (envelope.length > 0 && envelope[0] !== SUITE) throw new PosternError("unknownSuite");
  if (envelope.length < HEADER_BYTES + TAG_BYTES) throw new PosternError("sealBroken", context.part);
  const nonce = envelope.subarray(1, HEADER_BYTES);
  const padded = crypto.aeadOpen(key, nonce, associated(context), envelope.subarray(HEADER_BYTES));
  if (padded === undefined) throw new PosternError("sealBroken", context.part);
  try {
    return unpad(padded);
  } finally {
    crypto.wipe(padded);
  }
}

function sealPadded(
  crypto: Primitives,
  key: Uint8Array,
  nonce: Uint8Array,
  bound: Uint8Array,
  padded: Uint8Array,
): Uint8Array {
  try {
    return crypto.aeadSeal(key, nonce, bound, padded);
  } finally {
    crypto.wipe(padded);
  }
}
