// A signed-in session with the account service. It signs in when it must (first use, or after the service ended the
// session) and repeats the call once; the caller never sees it.
import { fromBase64, toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { signInBytes, signInKeyPair } from "../../protocol/crypto/sign-in.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import type { CallService } from "./service-client.ts";

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
};

/** The user's sealed keys and data, as the service keeps them. */
export type UserRecord = OperationResult<"users.get">;

export type ServiceSession = {
  call<N extends OperationName>(name: N, params: OperationParams<N>, signal?: AbortSignal): Promise<OperationResult<N>>;
  /** Signs in now; answers the user's record. Throws deviceRemoved, restoreUnfinished, for a restore conflict; wrongCredentials for any other reason the service has. */
  signIn(): Promise<UserRecord>;
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
  p: Primitives,
  call: CallService,
  identity: Identity,
  seed: Uint8Array,
): ServiceSession {
  let key = keyOf(p, seed);
  let token: string | undefined;
  let signingIn: Promise<UserRecord> | undefined;
  let closed = false;
  let answered: () => void = () => undefined;

  /** The account may be locked while an answer is on its way; a token or a wiped key must not be used after. */
  function demandOpen(): void {
    if (closed) throw new PosternError("locked");
  }

  async function challenge(): Promise<UserRecord> {
    const { account, user, device, origin } = identity;
    const clientNonce = p.randomBytes(NONCE_BYTES);
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
      signature: toBase64(p.sign(key, message)),
      ...(identity.restoring ? { restoring: true } : {}),
    });
    demandOpen();
    token = answer.token;
    return answer.record;
  }

  /** Many calls may find the session ended at once; one sign-in serves them all. */
  function signIn(): Promise<UserRecord> {
    signingIn ??= challenge()
      .catch((error: unknown) => {
        const refused = error instanceof PosternError && error.name === "wrongCredentials";
        throw refused && identity.byToken ? new PosternError("tokenRefused") : error;
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
      p.release(key);
      key = keyOf(p, next);
    },
    signInKey: () => key,
    close: () => {
      closed = true;
      token = undefined;
      p.release(key);
    },
  };
}

function keyOf(p: Primitives, seed: Uint8Array): Uint8Array {
  const { secretKey } = signInKeyPair(p, seed);
  p.release(seed);
  return secretKey;
}
