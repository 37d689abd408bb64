// The keys of a user. Enrolment makes them, a sign-in opens them, and a password change wraps them anew.

import type { ServiceAccountToken } from "../../protocol/access/service-account-token.ts";
import { deriveUserKeys, KEY_BYTES, type UserKeys } from "../../protocol/crypto/derivation.ts";
import { fromBase64, toBase64 } from "../../protocol/crypto/encoding.ts";
import { type Context, open, seal } from "../../protocol/crypto/envelope.ts";
import { type Keyset, newKeyset, openKeyset } from "../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { openTokenRootKey, tokenKeys } from "../../protocol/crypto/service-account.ts";
import { passwordChangeBytes, signInKeyPair } from "../../protocol/crypto/sign-in.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { CallService, ServiceAddress } from "./service-client.ts";
import { createServiceSession, type ServiceSession, type UserRecord } from "./service-session.ts";
import type { SignedIn, UserOnDevice } from "./signed-in.ts";
import { newUserData, sealUserData } from "./user-data.ts";

/** Wipes the keys of a sign-in that opened no account. */
export function closeSignedIn(crypto: Primitives, { session, rootKey, keyset }: SignedIn): void {
  session.close();
  crypto.release(rootKey, keyset.identity.secretKey, keyset.box.secretKey);
}

function rootContext(account: string, user: string): Context {
  return { part: "root key", account, user };
}

function openRootKey(
  crypto: Primitives,
  unlockKey: Uint8Array,
  who: { account: string; user: string },
  sealed: string,
): Uint8Array {
  return crypto.keep(
    open(crypto, unlockKey, rootContext(who.account, who.user), fromBase64(sealed) ?? new Uint8Array()),
  );
}

/**
 * Makes an account at the service: root key, keyset, sign-in key, the user's own data. Returns the keys of the password, so that the first sign-in
 * need not derive them again. The caller wipes them.
 */
export async function enrol(
  crypto: Primitives,
  call: CallService,
  who: UserOnDevice & { password: string; name: string; registrationToken?: string },
): Promise<UserKeys> {
  const { account, user, device } = who;
  const keys = await deriveUserKeys(crypto, who);
  const { unlockKey, signInSeed } = keys;
  const rootKey = crypto.keep(crypto.randomBytes(KEY_BYTES));
  const { keyset, sealed } = newKeyset(crypto, rootKey, account, user);
  const signIn = signInKeyPair(crypto, signInSeed);
  try {
    await call("accounts.create", {
      account,
      user,
      device,
      ...(who.registrationToken === undefined ? {} : { registrationToken: who.registrationToken }),
      signInKey: toBase64(signIn.publicKey),
      record: {
        rootKey: toBase64(seal(crypto, unlockKey, rootContext(account, user), rootKey)),
        keyset: sealed,
        data: sealUserData(crypto, rootKey, { account, user }, 1, newUserData(who.name)),
      },
    });
    return keys;
  } catch (error) {
    crypto.release(unlockKey, signInSeed);
    throw error;
  } finally {
    crypto.release(rootKey, signIn.secretKey, keyset.identity.secretKey, keyset.box.secretKey);
  }
}

/** Signs in with password and Secret Key and opens the user's keys. Throws wrongCredentials, storeReplaced, deviceRemoved, restoreUnfinished, offline, sealBroken. */
export async function signIn(
  crypto: Primitives,
  call: CallService,
  address: ServiceAddress,
  who: UserOnDevice & { password: string; store?: string | undefined },
): Promise<SignedIn> {
  return signInWithKeys(crypto, call, address, who, await deriveUserKeys(crypto, who));
}

/** The same with the keys of the password, which are wiped in any case. */
export async function signInWithKeys(
  crypto: Primitives,
  call: CallService,
  address: ServiceAddress,
  who: Comer,
  { unlockKey, signInSeed }: UserKeys,
): Promise<SignedIn> {
  try {
    return await openedAt(crypto, call, address, who, signInSeed, ({ rootKey }) =>
      openRootKey(crypto, unlockKey, who, rootKey),
    );
  } finally {
    crypto.release(unlockKey);
  }
}

/** The same with a root key that was opened in another way. It is wiped where the sign-in fails, and the seed in any case. */
export function signInWithRootKey(
  crypto: Primitives,
  call: CallService,
  address: ServiceAddress,
  who: Comer,
  { rootKey, signInSeed }: { rootKey: Uint8Array; signInSeed: Uint8Array },
): Promise<SignedIn> {
  return openedAt(crypto, call, address, who, signInSeed, () => rootKey).catch((error: unknown) => {
    crypto.release(rootKey);
    throw error;
  });
}

/** A user who signs in, and the store of the last sign-in. */
type Comer = Omit<UserOnDevice, "secretKey"> & { store?: string | undefined };

async function openedAt(
  crypto: Primitives,
  call: CallService,
  address: ServiceAddress,
  who: Comer,
  signInSeed: Uint8Array,
  rootKeyOf: (record: UserRecord) => Uint8Array,
): Promise<SignedIn> {
  const session = sessionWith(
    crypto,
    call,
    { origin: address.origin, account: who.account, user: who.user, device: who.device, store: who.store },
    signInSeed,
  );
  try {
    const record = await session.signIn();
    const rootKey = rootKeyOf(record);
    const keyset = keysetUnder(crypto, rootKey, who, record.keyset);
    return { session, rootKey, keyset, record };
  } catch (error) {
    session.close();
    throw error;
  }
}

/** The session of a seed, which is wiped in any case. */
function sessionWith(...parts: Parameters<typeof createServiceSession>): ServiceSession {
  const [crypto, , , seed] = parts;
  try {
    return createServiceSession(...parts);
  } finally {
    crypto.release(seed);
  }
}

/** The keys under a root key, which is released where they do not open. */
function keysetUnder(
  crypto: Primitives,
  rootKey: Uint8Array,
  { account, user }: { account: string; user: string },
  sealed: UserRecord["keyset"],
): Keyset {
  try {
    return openKeyset(crypto, rootKey, account, user, sealed);
  } catch (error) {
    crypto.release(rootKey);
    throw error;
  }
}

/** Signs in as a service account with its token and opens its keys. Throws tokenRefused, storeReplaced, offline, sealBroken. */
export async function signInWithToken(
  crypto: Primitives,
  call: CallService,
  address: ServiceAddress,
  { account, serviceAccount, token, secret }: ServiceAccountToken,
  store?: string,
): Promise<SignedIn> {
  const { unlockKey, signInSeed } = tokenKeys(crypto, secret);
  const identity = {
    origin: address.origin,
    account,
    user: serviceAccount,
    device: token,
    byToken: true,
    store,
  } as const;
  try {
    const session = sessionWith(crypto, call, identity, signInSeed);
    try {
      const record = await session.signIn();
      const place = { account, serviceAccount };
      const rootKey = openTokenRootKey(crypto, { place, token, unlockKey, sealed: record.rootKey });
      const keyset = keysetUnder(crypto, rootKey, identity, record.keyset);
      return { session, rootKey, keyset, record };
    } catch (error) {
      session.close();
      throw error;
    }
  } finally {
    crypto.release(unlockKey);
  }
}

/**
 * Opens a user's keys from the record in a backup. Throws wrongCredentials where password or Secret Key do not open it. The session
 * is that of a restore, and not signed in yet.
 */
export async function openKeys(
  crypto: Primitives,
  who: UserOnDevice & { password: string; origin: string; call: CallService; record: UserRecord },
): Promise<SignedIn & { signInKey: Uint8Array }> {
  const { unlockKey, signInSeed } = await deriveUserKeys(crypto, who);
  const pair = signInKeyPair(crypto, signInSeed);
  crypto.release(pair.secretKey);
  const { origin, account, user, device } = who;
  const session = createServiceSession(
    crypto,
    who.call,
    { origin, account, user, device, restoring: true },
    signInSeed,
  );
  try {
    const rootKey = openRootKey(crypto, unlockKey, who, who.record.rootKey);
    const keyset = keysetUnder(crypto, rootKey, who, who.record.keyset);
    return { session, rootKey, keyset, record: who.record, signInKey: pair.publicKey };
  } catch (error) {
    session.close();
    if (error instanceof PosternError && error.name === "sealBroken") throw new PosternError("wrongCredentials");
    throw error;
  } finally {
    crypto.release(unlockKey);
  }
}

/** Whether the password is this user's: it opens the wrapped root key or not. Asks no service. Takes as long as Argon2id. */
export async function passwordOpens(
  crypto: Primitives,
  who: UserOnDevice & { password: string },
  sealedRootKey: string,
): Promise<boolean> {
  const { unlockKey, signInSeed } = await deriveUserKeys(crypto, who);
  crypto.release(signInSeed);
  try {
    crypto.release(openRootKey(crypto, unlockKey, who, sealedRootKey));
    return true;
  } catch (error) {
    if (error instanceof PosternError && error.name === "sealBroken") return false;
    throw error;
  } finally {
    crypto.release(unlockKey);
  }
}

/** Wraps the root key under a new password and replaces the sign-in key, in one transaction of the service. Returns the new wrapping. */
export async function changePassword(
  crypto: Primitives,
  signedIn: SignedIn,
  who: UserOnDevice & { newPassword: string },
): Promise<string> {
  const { account, user } = who;
  const { unlockKey, signInSeed } = await deriveUserKeys(crypto, { ...who, password: who.newPassword });
  try {
    const next = signInKeyPair(crypto, signInSeed);
    crypto.release(next.secretKey);
    const rootKey = seal(crypto, unlockKey, rootContext(account, user), signedIn.rootKey);
    const message = passwordChangeBytes({ account, user, rootKey, signInKey: next.publicKey });
    const signature = crypto.sign(signedIn.session.signInKey(), message);
    await signedIn.session.call("users.changePassword", {
      rootKey: toBase64(rootKey),
      signInKey: toBase64(next.publicKey),
      signature: toBase64(signature),
    });
    signedIn.session.replaceKey(signInSeed);
    return toBase64(rootKey);
  } finally {
    crypto.release(unlockKey, signInSeed);
  }
}
