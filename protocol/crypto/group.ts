// Groups. A person makes and signs the keyset of a group. Each member holds its private seeds, sealed to that member. A member opens
// the vault keys of the group by these seeds. A member who leaves still knows them, so the group then needs a new keyset and new
// vault keys.
import { PosternError } from "../errors.ts";
import { subkey } from "./derivation.ts";
import { fields, fromBase64, SUITE, toBase64 } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import { boxKeyBytes, type Keyset, keysetOf, SEED_BYTES } from "./keyset.ts";
import type { CheckingPrimitives, Primitives } from "./primitives.ts";

/** The kind of a group, in the official SDKs' words. */
export type GroupType = "owners" | "administrators" | "userDefined";

/** A group's public keys, signed by the person who made it. Base64. */
export type GroupKeys = {
  identity: string;
  box: string;
  boxSignature: string;
  maker: string;
  makerSignature: string;
};

/** The group's private seeds, sealed to one member by another who has them. Base64. */
export type Membership = { member: string; granter: string; sealed: string; signature: string };

/** A group's sealed name and description, signed by its writer. */
export type SealedGroup = { revision: number; sealed: string; writer: string; signature: string };

/** The place of a group. */
export type GroupPlace = { readonly account: string; readonly group: string };

/** A group's open keys. `nameKey` opens its name. Secret. */
export type OpenGroup = { readonly keyset: Keyset; readonly nameKey: Uint8Array };

const SEEDS_BYTES = 2 * SEED_BYTES;

function makerBytes(place: GroupPlace, type: GroupType, keys: { identity: string; box: string }): Uint8Array {
  return fields("postern/1 group keys", SUITE, place.account, place.group, type, keys.identity, keys.box);
}

function opened(crypto: Primitives, seeds: Uint8Array): OpenGroup {
  const nameKey = crypto.keep(subkey(crypto, seeds, "postern/1 group name"));
  return { keyset: keysetOf(crypto, seeds), nameKey };
}

/** Makes a group's keys. Returns them with the maker's own membership. */
export function newGroup(
  crypto: Primitives,
  input: { place: GroupPlace; type: GroupType; maker: Keyset },
): { open: OpenGroup; keys: GroupKeys; membership: Membership } {
  const { place, type, maker } = input;
  const seeds = crypto.randomBytes(SEEDS_BYTES);
  const open = opened(crypto, seeds);
  const { identity, box } = open.keyset;
  const named = { identity: toBase64(identity.publicKey), box: toBase64(box.publicKey) };
  const keys = {
    ...named,
    boxSignature: toBase64(crypto.sign(identity.secretKey, boxKeyBytes(box.publicKey))),
    maker: toBase64(maker.identity.publicKey),
    makerSignature: toBase64(crypto.sign(maker.identity.secretKey, makerBytes(place, type, named))),
  };
  const member = { identity: maker.identity.publicKey, box: maker.box.publicKey };
  const membership = sealMembership(crypto, { place, keys, seeds, granter: maker, member });
  crypto.wipe(seeds);
  return { open, keys, membership };
}

/** Whether a group's keys belong together and carry their maker's signature. The caller checks whether it knows the maker. */
export function verifyGroupKeys(
  crypto: CheckingPrimitives,
  place: GroupPlace,
  type: GroupType,
  keys: GroupKeys,
): boolean {
  const identity = fromBase64(keys.identity);
  const box = fromBase64(keys.box);
  const maker = fromBase64(keys.maker);
  if (identity?.length !== 32 || box?.length !== 32 || maker?.length !== 32) return false;
  const vouched = fromBase64(keys.boxSignature);
  const made = fromBase64(keys.makerSignature);
  if (vouched?.length !== 64 || made?.length !== 64) return false;
  return (
    crypto.verify(identity, boxKeyBytes(box), vouched) && crypto.verify(maker, makerBytes(place, type, keys), made)
  );
}

function membershipBytes(place: GroupPlace, identity: string, membership: Omit<Membership, "signature">): Uint8Array {
  const { member, granter, sealed } = membership;
  return fields("postern/1 group membership", SUITE, place.account, place.group, identity, member, granter, sealed);
}

function sealMembership(
  crypto: Primitives,
  input: {
    place: GroupPlace;
    keys: { identity: string };
    seeds: Uint8Array;
    granter: Keyset;
    member: { identity: Uint8Array; box: Uint8Array };
  },
): Membership {
  const { place, keys, seeds, granter, member } = input;
  const plaintext = fields("postern/1 group seeds", place.account, place.group, keys.identity, seeds);
  const sealed = crypto.boxSeal(member.box, plaintext);
  crypto.wipe(plaintext);
  const unsigned = {
    member: toBase64(member.identity),
    granter: toBase64(granter.identity.publicKey),
    sealed: toBase64(sealed),
  };
  const bytes = membershipBytes(place, keys.identity, unsigned);
  return { ...unsigned, signature: toBase64(crypto.sign(granter.identity.secretKey, bytes)) };
}

/** Whether a membership carries its granter's signature. */
export function verifyMembership(
  crypto: CheckingPrimitives,
  place: GroupPlace,
  keys: { identity: string },
  membership: Membership,
): boolean {
  const granter = fromBase64(membership.granter);
  const signature = fromBase64(membership.signature);
  if (granter?.length !== 32 || signature?.length !== 64) return false;
  return crypto.verify(granter, membershipBytes(place, keys.identity, membership), signature);
}

/**
 * Opens a group by one's own membership. Throws sealBroken for a maker or granter that is not pinned, a wrong signature, another
 * member's membership, or seeds of other keys.
 */
export function openGroup(
  crypto: Primitives,
  input: {
    place: GroupPlace;
    type: GroupType;
    keys: GroupKeys;
    membership: Membership;
    member: Keyset;
    pinned: readonly Uint8Array[];
  },
): OpenGroup {
  const { place, keys, membership, member } = input;
  const refuse = (why: string) => new PosternError("sealBroken", `the group: ${why}`);
  const isPinned = (identity: string) => input.pinned.some((known) => toBase64(known) === identity);
  if (!isPinned(keys.maker)) throw refuse("made by somebody who is not known");
  if (!isPinned(membership.granter)) throw refuse("membership from somebody who is not known");
  if (membership.member !== toBase64(member.identity.publicKey)) throw refuse("membership of somebody else");
  if (!verifyGroupKeys(crypto, place, input.type, keys)) throw refuse("the signature of its keys");
  if (!verifyMembership(crypto, place, keys, membership)) throw refuse("the signature of the membership");
  const sealed = fromBase64(membership.sealed) ?? new Uint8Array();
  const plaintext = crypto.boxOpen(member.box.publicKey, member.box.secretKey, sealed);
  if (plaintext === undefined) throw refuse("not sealed to us");
  const seeds = plaintext.slice(-SEEDS_BYTES);
  const expected = fields("postern/1 group seeds", place.account, place.group, keys.identity, seeds);
  const fits = crypto.equal(plaintext, expected);
  crypto.wipe(plaintext, expected);
  if (!fits) {
    crypto.wipe(seeds);
    throw refuse("sealed for another place");
  }
  const open = opened(crypto, seeds);
  crypto.wipe(seeds);
  const { identity, box } = open.keyset;
  if (toBase64(identity.publicKey) !== keys.identity || toBase64(box.publicKey) !== keys.box) {
    closeGroup(crypto, open);
    throw refuse("the seeds are not of its keys");
  }
  return open;
}

/** Wipes a group's secret keys. */
export function closeGroup(crypto: Primitives, { keyset, nameKey }: OpenGroup): void {
  crypto.release(keyset.identity.secretKey, keyset.box.secretKey, nameKey);
}

function nameContext({ account, group }: GroupPlace, revision: number): Context {
  return { part: "group overview", account, user: group, revision };
}

function nameBytes({ account, group }: GroupPlace, overview: Omit<SealedGroup, "signature">): Uint8Array {
  const { revision, sealed, writer } = overview;
  return fields("postern/1 group overview", SUITE, account, group, revision, sealed, writer);
}

/** Seals and signs a group's name and description. */
export function sealGroupOverview(
  crypto: Primitives,
  input: { place: GroupPlace; open: OpenGroup; writer: Keyset; revision: number; content: Uint8Array },
): SealedGroup {
  const { place, writer, revision, content } = input;
  const sealed = toBase64(seal(crypto, input.open.nameKey, nameContext(place, revision), content));
  const unsigned = { revision, sealed, writer: toBase64(writer.identity.publicKey) };
  return { ...unsigned, signature: toBase64(crypto.sign(writer.identity.secretKey, nameBytes(place, unsigned))) };
}

/** Whether a group's overview carries its writer's signature. */
export function verifyGroupOverview(crypto: CheckingPrimitives, place: GroupPlace, overview: SealedGroup): boolean {
  const writer = fromBase64(overview.writer);
  const signature = fromBase64(overview.signature);
  if (writer?.length !== 32 || signature?.length !== 64) return false;
  return crypto.verify(writer, nameBytes(place, overview), signature);
}

/** Opens a group's overview. Throws sealBroken for a writer that is not pinned, a wrong signature, or an altered envelope. */
export function openGroupOverview(
  crypto: Primitives,
  input: { place: GroupPlace; open: OpenGroup; overview: SealedGroup; pinned: readonly Uint8Array[] },
): Uint8Array {
  const { place, overview } = input;
  const isPinned = input.pinned.some((known) => toBase64(known) === overview.writer);
  if (!isPinned || !verifyGroupOverview(crypto, place, overview))
    throw new PosternError("sealBroken", "the group overview's signature");
  const sealed = fromBase64(overview.sealed) ?? new Uint8Array();
  return open(crypto, input.open.nameKey, nameContext(place, overview.revision), sealed);
}
