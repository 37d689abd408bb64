// A signed-in session with the account service. It signs in at its first use, and again after the service ended the session. It then
// repeats the call once. The caller does not notice.
import { fromBase64, toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { signInBytes, signInKeyPair } from "../../protocol/crypto/sign-in.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import { type CallService, EMBEDDED_ORIGIN } from "./service-client.ts";

/** The user that signs in, the device, and the origin. */
export type Identity = {
  readonly origin: string;
  readonly account: string;
  readonly user: string;
  readonly device: string;
  /** Whether a token signs in. Then a refusal is not about a password. */
  readonly byToken?: true;
  /**
   * Whether a restore signs in, at each sign-in. The service then lets in nobody else, and refuses the session once the account is
   * whole. So such a session is closed at the end of its restore.
   */
  readonly restoring?: true;
  /** The service's store at this user's last sign-in. Undefined where it is unknown. */
  readonly store?: string | undefined;
};

/** The user's sealed keys and data at the service. */
export type UserRecord = OperationResult<"users.get">;

export type ServiceSession = {
  call<N extends OperationName>(name: N, params: OperationParams<N>, signal?: AbortSignal): Promise<OperationResult<N>>;
  /** Signs in now. Returns the user's record. Throws deviceRemoved, restoreUnfinished, conflict (for a restore), storeReplaced where the service has another store than before, and wrongCredentials for any other refusal. */
  signIn(): Promise<UserRecord>;
  /** The store of the last sign-in. Undefined where the service does not say. */
  readonly store: string | undefined;
  /** The origin to which sign-ins are bound. */
  readonly origin: string;
  /** Whether a token of a service account opened it. */
  readonly byToken: boolean;
  /** Calls `listener` after every answer of the service from now on. */
  onAnswered(listener: () => void): void;
  /** Takes a new sign-in key after a password change. */
  replaceKey(seed: Uint8Array): void;
  /** The Ed25519 secret key that signs in. */
  signInKey(): Uint8Array;
  /** Wipes the sign-in key. Later calls throw locked. The session at the service ends by itself. */
  close(): void;
};

const NONCE_BYTES = 32;

/** `seed` is the sign-in seed of the password. It is wiped here once the key is made. */
export function createServiceSession(
  crypto: Primitives,
  call: CallService,
  identity: Identity,
  seed: Uint8Array,
): ServiceSession {
  let key = keyOf(crypto, seed);
  let token: string | undefined;
  let signingIn: Promise<UserRecord> | undefined;
  let closed = false;
  let { store } = identity;
  let answered: () => void = () => undefined;

  /** The account may be locked while an answer is on its way. After that, no token and no wiped key may be used. */
  function demandOpen(): void {
    if (closed) throw new PosternError("locked");
  }

  async function challenge(): Promise<UserRecord> {
    const { account, user, device, origin } = identity;
    const clientNonce = crypto.randomBytes(NONCE_BYTES);
    const ids = { account, user, device, clientNonce: toBase64(clientNonce) };
    const { serverNonce, expiresAt } = await call("signIn.start", ids);
    demandOpen();
    const nonce = fromBase64(serverNonce);
    if (nonce?.length !== NONCE_BYTES) throw new PosternError("serviceRefused", "its nonce has the wrong size");
    const message = signInBytes({ origin, account, user, device, serverNonce: nonce, clientNonce, expiresAt });
    const answer = await call("signIn.finish", {
      ...ids,
      serverNonce,
      expiresAt,
      signature: toBase64(crypto.sign(key, message)),
      ...(identity.restoring ? { restoring: true } : {}),
    });
    demandOpen();
    token = answer.token;
    if (!identity.restoring) store = (await storeNow()) ?? store;
    demandOpen();
    return answer.record;
  }

  /** The service's store. Undefined where the service does not say. */
  async function storeNow(): Promise<string | undefined> {
    try {
      return (await call("service.info", {})).store;
    } catch (error) {
      // The caller asked for the sign-in itself, so its error goes to the caller.
      if (error instanceof PosternError) return undefined;
      throw error;
    }
  }

  /** The meaning of a refused sign-in. A store that never had the user knows none of its keys, whatever password was typed. */
  async function refusal(): Promise<PosternError> {
    const now = store === undefined || identity.restoring ? undefined : await storeNow();
    if (now !== undefined && now !== store) return storeReplaced(identity);
    return new PosternError(identity.byToken ? "tokenRefused" : "wrongCredentials");
  }

  /** Many calls may find the session ended at the same time. One sign-in serves them all. */
  function signIn(): Promise<UserRecord> {
    signingIn ??= challenge()
      .catch(async (error: unknown) => {
        const isRefused = error instanceof PosternError && error.name === "wrongCredentials";
        throw isRefused ? await refusal() : error;
      })
      .finally(() => {
        signingIn = undefined;
      });
    return signingIn;
  }

  const asked: ServiceSession["call"] = async (name, params, signal) => {
    demandOpen();
    if (token === undefined) await signIn();
    const used = token;
    try {
      return await call(name, params, {
        ...(used === undefined ? {} : { token: used }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (!(error instanceof PosternError) || error.name !== "wrongCredentials") throw error;
      demandOpen();
      if (token === used) await signIn();
      return call(name, params, {
        ...(token === undefined ? {} : { token }),
        ...(signal === undefined ? {} : { signal }),
      });
    }
  };

  return {
    origin: identity.origin,
    byToken: identity.byToken === true,
    get store() {
      return store;
    },
    signIn,
    call: async (name, params, signal) => {
      const result = await asked(name, params, signal);
      answered();
      return result;
    },
    onAnswered: (listener) => {
      answered = listener;
    },
    replaceKey: (next) => {
      demandOpen();
      crypto.release(key);
      key = keyOf(crypto, next);
    },
    signInKey: () => key,
    close: () => {
      closed = true;
      token = undefined;
      crypto.release(key);
    },
  };
}

function storeReplaced({ origin, byToken }: Identity): PosternError {
  const where = origin === EMBEDDED_ORIGIN ? "the embedded one" : origin;
  return new PosternError("storeReplaced", where, byToken ? { hint: TOKEN_HINT } : {});
}

const TOKEN_HINT =
  "the token may be as good as ever: ask who runs the service whether its store can be put back; once the account is restored to it, `postern service-account rotate NAME` makes a new token";

function keyOf(crypto: Primitives, seed: Uint8Array): Uint8Array {
  const { secretKey } = signInKeyPair(crypto, seed);
  crypto.release(seed);
  return secretKey;
}
