// An envelope: suite (1 byte), nonce (24 bytes), XChaCha20-Poly1305 ciphertext of the padded content. What it is, whose,
// and which revision stands in the associated data, so that an envelope put into another place does not open.
import { PosternError } from "../errors.ts";
import { fields, SUITE } from "./encoding.ts";
import { pad, paddedSize, unpad } from "./padding.ts";
import type { Primitives } from "./primitives.ts";

/** What an envelope holds. One word per kind; two kinds never share one. */
export type Part =
  | "root key"
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

/** Where an envelope belongs. Ids that do not apply are left out; `keyId` names the key it is sealed under. */
export type Context = {
  readonly part: Part;
  readonly account: string;
  readonly user?: string;
  readonly vault?: string;
  readonly item?: string;
  readonly file?: string;
  readonly keyId?: string;
  /** Revision of what is sealed; 0 where there is none. */
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

/** Opens what `seal` made. Throws unknownSuite, or sealBroken when it is cut, altered, or belongs elsewhere, or locked when the key was wiped. */
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
