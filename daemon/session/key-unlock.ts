// What an authenticator opens while the account is locked: copies of the root key, and the sign-in seed beside them. They lie in the account file. That
// a copy opens is the check; who changes the file gets a copy that does not open.
import { fromBase64, toBase64, wipeableCopy } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import {
  COPY_SECRET_BYTES,
  openRootKeyCopy,
  openSignInSeed,
  sealRootKeyCopy,
  sealSignInSeed,
} from "../../protocol/crypto/unlock-copy.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { AccountFile, KeyUnlock, UnlockCopy } from "./account-file.ts";
import { authenticatorsOf } from "./authenticators.ts";
import type { DeviceState } from "./device-store.ts";
import type { UnlockedSession } from "./session.ts";
import type { Unlocked } from "./unlocked.ts";

/** Bytes of the sign-in seed. libsodium's form of an Ed25519 secret key begins with its seed. */
const SEED_BYTES = 32;

/** An authenticator and its PRF output. */
export type PrfOf = { readonly credential: string; readonly prf: Uint8Array };

const noBytes = new Uint8Array();
const bytesOf = (text: string) => fromBase64(text) ?? noBytes;

/** The copy of this authenticator. */
export function copyOf({ keyUnlock }: Pick<AccountFile, "keyUnlock">, credential: string): UnlockCopy | undefined {
  return keyUnlock?.copies.find((one) => one.credential === credential);
}

/** Wraps a copy of the root key, in place of an earlier one of the same authenticator. `salt` is the one that gave the output. */
export function withCopy(
  crypto: Primitives,
  file: AccountFile,
  { signedIn }: Pick<Unlocked, "signedIn">,
  { credential, prf, salt, publicKey }: PrfOf & { readonly salt: string; readonly publicKey: string },
): AccountFile {
  const secret = crypto.randomBytes(COPY_SECRET_BYTES);
  const place = { account: file.account, user: file.user, credential, publicKey: bytesOf(publicKey) };
  const rootKey = sealRootKeyCopy(crypto, place, { prf, salt: bytesOf(salt), secret }, signedIn.rootKey);
  const copy = { credential, publicKey, salt, secret: toBase64(secret), rootKey: toBase64(rootKey) };
  const others = (file.keyUnlock?.copies ?? []).filter((one) => one.credential !== credential);
  return withSeed(crypto, { ...file, keyUnlock: { signInSeed: "", copies: [...others, copy] } }, { signedIn });
}

/** The file with the copies of these authenticators alone. */
export function withCopiesOf(file: AccountFile, state: DeviceState): AccountFile {
  const { keyUnlock, ...rest } = file;
  if (keyUnlock === undefined) return file;
  const known = new Set(authenticatorsOf(state).map(({ credential }) => credential));
  const copies = keyUnlock.copies.filter(({ credential }) => known.has(credential));
  return copies.length === 0 ? rest : { ...rest, keyUnlock: { ...keyUnlock, copies } };
}

/** The file with the sign-in seed of the present password. It is sealed anew only where it is another one. */
export function withSeed(crypto: Primitives, file: AccountFile, { signedIn }: Pick<Unlocked, "signedIn">): AccountFile {
  const { keyUnlock } = file;
  if (keyUnlock === undefined) return file;
  const seed = wipeableCopy(signedIn.session.signInKey().subarray(0, SEED_BYTES));
  try {
    if (isSealedSeed(crypto, file, keyUnlock, signedIn.rootKey, seed)) return file;
    const sealed = sealSignInSeed(crypto, signedIn.rootKey, file, seed);
    return { ...file, keyUnlock: { ...keyUnlock, signInSeed: toBase64(sealed) } };
  } finally {
    crypto.wipe(seed);
  }
}

function isSealedSeed(
  crypto: Primitives,
  file: AccountFile,
  { signInSeed }: KeyUnlock,
  rootKey: Uint8Array,
  seed: Uint8Array,
): boolean {
  try {
    const held = openSignInSeed(crypto, rootKey, file, bytesOf(signInSeed));
    const isSame = crypto.equal(held, seed);
    crypto.release(held);
    return isSame;
  } catch (error) {
    if (isUnopened(error)) return false;
    throw error;
  }
}

/** Opens the root key by an authenticator's output. Throws proofRefused. The caller releases the key. */
export function openCopy(crypto: Primitives, file: AccountFile, { credential, prf }: PrfOf): Uint8Array {
  const copy = copyOf(file, credential);
  if (copy === undefined) throw new PosternError("proofRefused", "this authenticator does not unlock the account");
  const { account, user } = file;
  const place = { account, user, credential, publicKey: bytesOf(copy.publicKey) };
  const secrets = { prf, salt: bytesOf(copy.salt), secret: bytesOf(copy.secret) };
  try {
    return openRootKeyCopy(crypto, place, secrets, bytesOf(copy.rootKey));
  } catch (error) {
    if (isUnopened(error))
      throw new PosternError("proofRefused", "the authenticator's output does not open the account's key");
    throw error;
  }
}

/** Whether the output opens the key of this unlocked account. */
export function opensCopy(crypto: Primitives, { file, unlocked }: UnlockedSession, given: PrfOf): boolean {
  try {
    const opened = openCopy(crypto, file, given);
    const isSame = crypto.equal(opened, unlocked.signedIn.rootKey);
    crypto.release(opened);
    return isSame;
  } catch (error) {
    if (error instanceof PosternError && error.name === "proofRefused") return false;
    throw error;
  }
}

/** The keys for a sign-in. Throws passwordNeeded where the seed does not open. The caller releases both. */
export function keysOfCopy(crypto: Primitives, file: AccountFile, given: PrfOf) {
  const rootKey = openCopy(crypto, file, given);
  try {
    return { rootKey, signInSeed: openSignInSeed(crypto, rootKey, file, bytesOf(file.keyUnlock?.signInSeed ?? "")) };
  } catch (error) {
    crypto.release(rootKey);
    throw isUnopened(error) ? new PosternError("passwordNeeded", undefined, { cause: error }) : error;
  }
}

const isUnopened = (error: unknown) =>
  error instanceof PosternError && ["sealBroken", "unknownSuite"].includes(error.name);
