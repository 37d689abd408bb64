// Items: a random item key under the vault key; overview, details and file keys under the item key. The writer signs each whole
// revision, a deletion too. So the service can neither mix two revisions nor invent one. Parts under the item key name that key and
// not the vault's. A new vault key therefore wraps and signs the item keys anew, and no content is sealed again.
import { PosternError } from "../errors.ts";
import { KEY_BYTES } from "./derivation.ts";
import { fields, fromBase64, SUITE, toBase64 } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import type { Keyset } from "./keyset.ts";
import { lookupTag } from "./lookup-tag.ts";
import type { CheckingPrimitives, Primitives } from "./primitives.ts";
import type { VaultKey } from "./vault-key.ts";

/** The place of an item. */
export type ItemPlace = { readonly account: string; readonly vault: string; readonly item: string };

export type ItemState = "active" | "archived" | "deleted";

/** A file of a revision: its key sealed under the item key, its stream's header, its size in bytes. */
export type FileHeader = { id: string; sealedKey: string; size: number; chunks: number; header: string };

/** A signed revision with the digest of its details in place of them. */
export type SealedOverview = {
  revision: number;
  state: ItemState;
  keyId: string;
  itemKey: string;
  tag: string;
  overview: string;
  detailsDigest: string;
  files: FileHeader[];
  writer: string;
  signature: string;
};

/** A whole signed revision. */
export type SealedItem = SealedOverview & { details: string };

function context(place: ItemPlace, part: Context["part"], keyId: string, revision: number): Context {
  return { part, ...place, keyId, revision };
}

/** All revisions have the same item key, so its envelope carries revision 0. */
function keyContext(place: ItemPlace, keyId: string): Context {
  return context(place, "item key", keyId, 0);
}

function itemKeyId(crypto: Primitives, itemKey: Uint8Array): string {
  const bytes = fields("postern/1 item key id", itemKey);
  try {
    return toBase64(crypto.sha256(bytes));
  } finally {
    crypto.wipe(bytes);
  }
}

function revisionBytes(place: ItemPlace, sealed: Omit<SealedOverview, "signature">): Uint8Array {
  const files = sealed.files.map((file) => fields(file.id, file.sealedKey, file.size, file.chunks, file.header));
  return fields(
    "postern/1 item revision",
    SUITE,
    place.account,
    place.vault,
    place.item,
    sealed.revision,
    sealed.state,
    sealed.keyId,
    sealed.itemKey,
    sealed.tag,
    sealed.overview,
    sealed.detailsDigest,
    fields(...files),
    sealed.writer,
  );
}

function digestOf(crypto: CheckingPrimitives, details: string): string {
  return toBase64(crypto.sha256(fields("postern/1 item details", details)));
}

/** A new random item key. */
export function newItemKey(crypto: Primitives): Uint8Array {
  return crypto.randomBytes(KEY_BYTES);
}

export type RevisionInput = {
  readonly place: ItemPlace;
  readonly vaultKey: VaultKey;
  readonly writer: Keyset;
  readonly revision: number;
  readonly state: "active" | "archived";
  readonly itemKey: Uint8Array;
  readonly title: string;
  readonly overview: Uint8Array;
  readonly details: Uint8Array;
  readonly files: readonly FileHeader[];
};

/** Seals and signs one revision. */
export function sealItem(crypto: Primitives, input: RevisionInput): SealedItem {
  const { place, vaultKey, writer, revision } = input;
  const keyId = itemKeyId(crypto, input.itemKey);
  const sealedDetails = toBase64(
    seal(crypto, input.itemKey, context(place, "item details", keyId, revision), input.details),
  );
  const unsigned = {
    revision,
    state: input.state as ItemState,
    keyId: vaultKey.id,
    itemKey: toBase64(seal(crypto, vaultKey.key, keyContext(place, vaultKey.id), input.itemKey)),
    tag: toBase64(lookupTag(crypto, vaultKey.indexKey, input.title)),
    overview: toBase64(seal(crypto, input.itemKey, context(place, "item overview", keyId, revision), input.overview)),
    detailsDigest: digestOf(crypto, sealedDetails),
    files: [...input.files],
    writer: toBase64(writer.identity.publicKey),
  };
  return {
    ...unsigned,
    details: sealedDetails,
    signature: toBase64(crypto.sign(writer.identity.secretKey, revisionBytes(place, unsigned))),
  };
}

/** Signs a deletion: a revision with nothing in it. */
export function sealDeletion(
  crypto: Primitives,
  input: { place: ItemPlace; vaultKey: VaultKey; writer: Keyset; revision: number },
): SealedItem {
  const unsigned = {
    revision: input.revision,
    state: "deleted" as const,
    keyId: input.vaultKey.id,
    itemKey: "",
    tag: "",
    overview: "",
    detailsDigest: digestOf(crypto, ""),
    files: [],
    writer: toBase64(input.writer.identity.publicKey),
  };
  return {
    ...unsigned,
    details: "",
    signature: toBase64(crypto.sign(input.writer.identity.secretKey, revisionBytes(input.place, unsigned))),
  };
}

/** Whether a whole revision carries its writer's signature over all its parts. */
export function verifyItemRevision(crypto: CheckingPrimitives, place: ItemPlace, sealed: SealedItem): boolean {
  return digestOf(crypto, sealed.details) === sealed.detailsDigest && verifyItemOverview(crypto, place, sealed);
}

/** The same where the details are not at hand. */
export function verifyItemOverview(crypto: CheckingPrimitives, place: ItemPlace, sealed: SealedOverview): boolean {
  const writer = fromBase64(sealed.writer);
  const signature = fromBase64(sealed.signature);
  if (writer?.length !== 32 || signature?.length !== 64) return false;
  return crypto.verify(writer, revisionBytes(place, sealed), signature);
}

/** The parts of a revision that a new vault key changes. Everything else stays byte for byte. */
export type Rewrap = Pick<SealedOverview, "keyId" | "itemKey" | "tag" | "writer" | "signature">;

/**
 * Wraps a revision's item key under the vault's next key and signs it. The caller has checked the revision under the old key. Throws
 * sealBroken where its parts do not open.
 */
export function rewrapItem(
  crypto: Primitives,
  input: { place: ItemPlace; from: VaultKey; to: VaultKey; writer: Keyset; sealed: SealedOverview; title: string },
): Rewrap {
  const { place, to, writer, sealed } = input;
  const moved =
    sealed.state === "deleted"
      ? { itemKey: "", tag: "" }
      : { itemKey: rewrapKey(crypto, input), tag: toBase64(lookupTag(crypto, to.indexKey, input.title)) };
  const unsigned = { ...sealed, ...moved, keyId: to.id, writer: toBase64(writer.identity.publicKey) };
  const signature = toBase64(crypto.sign(writer.identity.secretKey, revisionBytes(place, unsigned)));
  return { keyId: unsigned.keyId, itemKey: unsigned.itemKey, tag: unsigned.tag, writer: unsigned.writer, signature };
}

function rewrapKey(
  crypto: Primitives,
  { place, from, to, sealed }: { place: ItemPlace; from: VaultKey; to: VaultKey; sealed: SealedOverview },
): string {
  const itemKey = openItemKey(crypto, place, from, sealed);
  try {
    return toBase64(seal(crypto, to.key, keyContext(place, to.id), itemKey));
  } finally {
    crypto.wipe(itemKey);
  }
}

export type OpenInput<S extends SealedOverview> = {
  readonly place: ItemPlace;
  readonly vaultKey: VaultKey;
  readonly pinnedWriters: readonly Uint8Array[];
  readonly sealed: S;
};

function demandSigned(input: OpenInput<SealedOverview>, fits: boolean): void {
  const { sealed, vaultKey } = input;
  const pinned = input.pinnedWriters.some((writer) => toBase64(writer) === sealed.writer);
  if (!pinned || !fits) throw new PosternError("sealBroken", "the item revision's signature");
  if (sealed.keyId !== vaultKey.id) throw new PosternError("sealBroken", "the item is under another vault key");
}

/** Opens the item key. The caller wipes it. */
export function openItemKey(
  crypto: Primitives,
  place: ItemPlace,
  vaultKey: VaultKey,
  sealed: SealedOverview,
): Uint8Array {
  return open(crypto, vaultKey.key, keyContext(place, vaultKey.id), fromBase64(sealed.itemKey) ?? new Uint8Array());
}

/** Opens the overview of a revision. Throws sealBroken for an unknown writer, a wrong signature or key, or an altered part. */
export function openItemOverview(crypto: Primitives, input: OpenInput<SealedOverview>): Uint8Array {
  demandSigned(input, verifyItemOverview(crypto, input.place, input.sealed));
  const itemKey = openItemKey(crypto, input.place, input.vaultKey, input.sealed);
  try {
    return openPart(crypto, input, itemKey, "item overview", input.sealed.overview);
  } finally {
    crypto.wipe(itemKey);
  }
}

/** Opens overview and details of a revision. Returns the item key too, which the caller wipes. */
export function openItem(
  crypto: Primitives,
  input: OpenInput<SealedItem>,
): { overview: Uint8Array; details: Uint8Array; itemKey: Uint8Array } {
  demandSigned(input, verifyItemRevision(crypto, input.place, input.sealed));
  const itemKey = openItemKey(crypto, input.place, input.vaultKey, input.sealed);
  try {
    const overview = openPart(crypto, input, itemKey, "item overview", input.sealed.overview);
    const details = openPart(crypto, input, itemKey, "item details", input.sealed.details);
    return { overview, details, itemKey };
  } catch (error) {
    crypto.wipe(itemKey);
    throw error;
  }
}

function openPart(
  crypto: Primitives,
  input: OpenInput<SealedOverview>,
  itemKey: Uint8Array,
  part: Context["part"],
  envelope: string,
): Uint8Array {
  return open(
    crypto,
    itemKey,
    context(input.place, part, itemKeyId(crypto, itemKey), input.sealed.revision),
    fromBase64(envelope) ?? new Uint8Array(),
  );
}
