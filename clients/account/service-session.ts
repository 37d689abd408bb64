// A signed-in session with the account service. It signs in when it must (first use, or after the service ended the
// session) and repeats the call once; the caller never sees it.
import { fromBase64, toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { signInBytes, signInKeyPair } from "../../protocol/crypto/sign-in.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import { type CallService, EMBEDDED_ORIGIN } from "./service-client.ts";

/** Who signs in, from where, to which origin. */
export type Identity = {
  readonly origin: string;
  readonly account: string;
  readonly user: string;
  readonly device: string;
  /** Whether a token signs in: then no password is what is wrong. */
  readonly byToken?: true;
  /**
   * Whether a restore signs in, each time: the service then lets in nobody else, and refuses it once the account is whole.
   * So such a session is closed when its restore ends.
   */
  readonly restoring?: true;
  /** The store that the service worked with when this user signed in last; undefined where nobody knows. */
  readonly store?: string | undefined;
};

/** The user's sealed keys and data, as the service keeps them. */
export type UserRecord = OperationResult<"users.get">;

export type ServiceSession = {
  call<N extends OperationName>(name: N, params: OperationParams<N>, signal?: AbortSignal): Promise<OperationResult<N>>;
  /** Signs in now; answers the user's record. Throws deviceRemoved, restoreUnfinished, for a restore conflict; storeReplaced where it works with another store than before; wrongCredentials for any other reason the service has. */
  signIn(): Promise<UserRecord>;
  /** The store that it signed in to last; undefined where the service does not say. */
  readonly store: string | undefined;
  /** The origin that sign-ins are bound to. */
  readonly origin: string;
  /** From now on `listener` is told whenever the service has answered a call. */
  onAnswered(listener: () => void): void;
  /** Takes a new sign-in key after a password change. */
  replaceKey(seed: Uint8Array): void;
  /** The Ed25519 secret key that signs in. */
  signInKey(): Uint8Array;
  /** Wipes the sign-in key; later calls throw locked. The session at the service ends by itself. */
  close(): void;
};

const NONCE_BYTES = 32;

/** `seed` is the sign-in seed of the password; it is wiped here once the key is made. */
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

  /** The account may be locked while an answer is on its way; a token or a wiped key must not be used after. */
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

  /** The store that the service works with; undefined where it does not say. */
  async function storeNow(): Promise<string | undefined> {
    try {
      return (await call("service.info", {})).store;
    } catch (error) {
      // It is the sign-in that was asked for, and how that went is told.
      if (error instanceof PosternError) return undefined;
      throw error;
    }
  }

  /** What a refused sign-in means: a store that never had the user knows none of its keys, whatever was typed. */
  async function refusal(): Promise<PosternError> {
    const now = store === undefined || identity.restoring ? undefined : await storeNow();
    if (now !== undefined && now !== store) return storeReplaced(identity);
    return new PosternError(identity.byToken ? "tokenRefused" : "wrongCredentials");
  }

  /** Many calls may find the session ended at once; one sign-in serves them all. */
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
