// Service accounts. Tokens open the root key of such a principal, in place of a password and a Secret Key. A token's secret has 256
// random bits, so it needs no slow derivation. The person who made the account signs its keys and keeps a copy of its root key. So
// that person can replace a token without the old one.
import { PosternError } from "../errors.ts";
import { KEY_BYTES, subkey } from "./derivation.ts";
import { fields, fromBase64, SUITE, toBase64, utf8, wipeable, wipeableCopy } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import { keepAll } from "./keep-all.ts";
import { boxKeyBytes, type Keyset, newKeyset, type SealedKeyset } from "./keyset.ts";
import type { CheckingPrimitives, Primitives } from "./primitives.ts";
import { signInKeyPair } from "./sign-in.ts";

/** Bytes of a token's secret. */
export const TOKEN_SECRET_BYTES = 32;

/** A service account within its account. */
export type ServiceAccountPlace = { readonly account: string; readonly serviceAccount: string };

/** A service account's public keys with the signature of the person who made it. Base64. */
export type ServiceAccountKeys = {
  identity: string;
  box: string;
  boxSignature: string;
  maker: string;
  makerSignature: string;
  /** That it may make vaults. The signature covers it, so the service cannot give this right. */
  makesVaults?: true;
};

/** The part of a token that the service keeps: the sign-in key, and the root key that only the token opens. Base64. */
export type SealedToken = { signInKey: string; rootKey: string };

type SignedByMaker = Pick<ServiceAccountKeys, "identity" | "box" | "makesVaults">;

function makerBytes({ account, serviceAccount }: ServiceAccountPlace, signed: SignedByMaker): Uint8Array {
  const rights = signed.makesVaults === true ? ["makes vaults"] : [];
  return fields(
    "postern/1 service account keys",
    SUITE,
    account,
    serviceAccount,
    signed.identity,
    signed.box,
    ...rights,
  );
}

/** Makes a service account's keys. The root key lies in guarded memory; the caller releases it. */
export function newServiceAccount(
  crypto: Primitives,
  { place, maker, makesVaults = false }: { place: ServiceAccountPlace; maker: Keyset; makesVaults?: boolean },
): { rootKey: Uint8Array; keyset: SealedKeyset; keys: ServiceAccountKeys } {
  const rootKey = crypto.keep(crypto.randomBytes(KEY_BYTES));
  const { keyset, sealed } = newKeyset(crypto, rootKey, place.account, place.serviceAccount);
  crypto.release(keyset.identity.secretKey, keyset.box.secretKey);
  const { identity, box, boxSignature } = sealed;
  const signed = { identity, box, ...(makesVaults ? { makesVaults } : {}) };
  const makerSignature = toBase64(crypto.sign(maker.identity.secretKey, makerBytes(place, signed)));
  const keys = { ...signed, boxSignature, maker: toBase64(maker.identity.publicKey), makerSignature };
  return { rootKey, keyset: sealed, keys };
}

/** Whether a service account's keys belong together and carry their maker's signature. The caller checks whether it knows the maker. */
export function verifyServiceAccount(
  crypto: CheckingPrimitives,
  place: ServiceAccountPlace,
  keys: ServiceAccountKeys,
): boolean {
  const identity = fromBase64(keys.identity);
  const box = fromBase64(keys.box);
  const maker = fromBase64(keys.maker);
  if (identity?.length !== 32 || box?.length !== 32 || maker?.length !== 32) return false;
  const vouched = fromBase64(keys.boxSignature);
  const made = fromBase64(keys.makerSignature);
  if (vouched?.length !== 64 || made?.length !== 64) return false;
  const named = makerBytes(place, keys);
  return crypto.verify(identity, boxKeyBytes(box), vouched) && crypto.verify(maker, named, made);
}

/** The keys of a token's secret: one opens the root key, the other signs in. Both lie in guarded memory. */
export function tokenKeys(crypto: Primitives, secret: Uint8Array): { unlockKey: Uint8Array; signInSeed: Uint8Array } {
  const [unlockKey, signInSeed] = keepAll(
    crypto,
    subkey(crypto, secret, "postern/1 token unlock key"),
    subkey(crypto, secret, "postern/1 token sign-in seed"),
  );
  return { unlockKey, signInSeed };
}

function rootContext({ account, serviceAccount }: ServiceAccountPlace, token: string): Context {
  return { part: "root key", account, user: serviceAccount, keyId: token };
}

/** Seals a service account's root key for a new token. */
export function sealToken(
  crypto: Primitives,
  input: { place: ServiceAccountPlace; token: string; secret: Uint8Array; rootKey: Uint8Array },
): SealedToken {
  const { unlockKey, signInSeed } = tokenKeys(crypto, input.secret);
  const pair = signInKeyPair(crypto, signInSeed);
  const sealed = seal(crypto, unlockKey, rootContext(input.place, input.token), input.rootKey);
  crypto.release(unlockKey, signInSeed, pair.secretKey);
  return { signInKey: toBase64(pair.publicKey), rootKey: toBase64(sealed) };
}

/** Opens the root key by a token's unlock key. Throws sealBroken for another token's or another account's key. */
export function openTokenRootKey(
  crypto: Primitives,
  input: { place: ServiceAccountPlace; token: string; unlockKey: Uint8Array; sealed: string },
): Uint8Array {
  const sealed = fromBase64(input.sealed) ?? new Uint8Array();
  return crypto.keep(open(crypto, input.unlockKey, rootContext(input.place, input.token), sealed));
}

function custodyContext({ account, serviceAccount }: ServiceAccountPlace): Context {
  return { part: "service account keys", account, user: serviceAccount };
}

/** Seals a service account's root key and title for its maker, under the maker's own root key. */
export function sealCustody(
  crypto: Primitives,
  input: { place: ServiceAccountPlace; owner: Uint8Array; rootKey: Uint8Array; title: string },
): string {
  const key = subkey(crypto, input.owner, "postern/1 service accounts");
  const content = joined(input.rootKey, utf8(input.title));
  try {
    return toBase64(seal(crypto, key, custodyContext(input.place), content));
  } finally {
    crypto.wipe(key, content);
  }
}

/** Opens the output of `sealCustody`. The root key lies in guarded memory; the caller releases it. Throws sealBroken. */
export function openCustody(
  crypto: Primitives,
  input: { place: ServiceAccountPlace; owner: Uint8Array; sealed: string },
): { rootKey: Uint8Array; title: string } {
  const key = subkey(crypto, input.owner, "postern/1 service accounts");
  try {
    const content = open(crypto, key, custodyContext(input.place), fromBase64(input.sealed) ?? new Uint8Array());
    if (content.length < KEY_BYTES) throw new PosternError("sealBroken", "the keys of the service account");
    const title = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content.subarray(KEY_BYTES));
    const rootKey = crypto.keep(wipeableCopy(content.subarray(0, KEY_BYTES)));
    crypto.wipe(content);
    return { rootKey, title };
  } finally {
    crypto.wipe(key);
  }
}

function joined(key: Uint8Array, text: Uint8Array): Uint8Array {
  const both = wipeable(key.length + text.length);
  both.set(key);
  both.set(text, key.length);
  return both;
}
