// Unlocks an account by an authenticator: its assertion is verified, its output opens a copy of the root key, and the service takes the sign-in seed beside
// it. No try is counted, since no output can be guessed. Each try is recorded as one of the password is.
import { createServiceClient, type ServiceAddress } from "../../clients/account/service-client.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { signInWithRootKey } from "../../clients/account/user-keys.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Actor } from "../audit/entry.ts";
import type { AccountFile } from "./account-file.ts";
import { keysOfCopy, type PrfOf } from "./key-unlock.ts";
import type { Session } from "./session.ts";
import type { TryPlace } from "./try-place.ts";
import type { Unlocked } from "./unlocked.ts";

/** How an assertion is verified while the account is locked, and what the sealed device store must say of it once that is open. */
export type KeyGiven = {
  readonly prove: (file: AccountFile) => Promise<PrfOf>;
  readonly demand: (unlocked: Unlocked) => Promise<void>;
};

export type UnlockByKey = (session: Session, given: KeyGiven, by: Actor) => Promise<Unlocked>;

/** How an unlock is made: what else is demanded of the opened account, whether the password was given, and where it was typed. */
export type Manner = {
  readonly demand?: KeyGiven["demand"];
  readonly byPassword: boolean;
  readonly place?: TryPlace;
  /** The wrong passwords that the account's file counted before. Undefined for an account that has just come to this agent. */
  readonly wrongTries?: number | undefined;
};

type Parts = {
  readonly crypto: Primitives;
  readonly serviceAddress: (service: string) => Promise<ServiceAddress>;
  readonly closing: (session: Session) => Promise<void>;
  readonly demandHere: (session: Session) => void;
};

type Open = (session: Session, signedIn: SignedIn, by: Actor, locks: number, manner: Manner) => Promise<Unlocked>;

export function createKeyUnlocking(parts: Parts, open: Open): UnlockByKey {
  const { crypto, serviceAddress } = parts;

  async function unlock(session: Session, given: PrfOf, demand: KeyGiven["demand"], by: Actor): Promise<Unlocked> {
    await parts.closing(session);
    parts.demandHere(session);
    session.audit.demandWritable();
    const { locks } = session;
    const record = (outcome: string) => session.audit.keep({ event: "session.unlock", outcome, ...by });
    const keys = keysOf(session, given);
    const { unlocked } = session;
    if (unlocked === undefined)
      return open(session, await signIn(session, keys), by, locks, {
        demand,
        byPassword: false,
        wrongTries: session.file.wrongPasswords,
      });
    crypto.release(keys.rootKey, keys.signInSeed);
    await demand(unlocked);
    // A refusal is recorded as every refused call is: folded, and bounded for strangers. Nobody can guess a key, so its tries are not counted, and any program
    // may make as many as it likes.
    record("was open");
    return unlocked;
  }

  function keysOf(session: Session, given: PrfOf) {
    try {
      parts.demandHere(session);
      return keysOfCopy(crypto, session.file, given);
    } finally {
      crypto.wipe(given.prf);
    }
  }

  async function signIn(session: Session, keys: ReturnType<typeof keysOf>): Promise<SignedIn> {
    const { file } = session;
    const address = await serviceAddress(file.service).catch((error: unknown) => {
      crypto.release(keys.rootKey, keys.signInSeed);
      throw error;
    });
    return signInWithRootKey(crypto, createServiceClient(address), address, file, keys).catch(ofTheSeed);
  }

  // Proven before the turn, so that assertions which prove nothing keep nobody waiting.
  return async (session, { prove, demand }, by) => {
    parts.demandHere(session);
    const given = await prove(session.file);
    return session.inTurn(() => unlock(session, given, demand, by)).finally(() => crypto.wipe(given.prf));
  };
}

/** The seed beside the copies is that of an earlier password. */
function ofTheSeed(error: unknown): never {
  const isRefused = error instanceof PosternError && error.name === "wrongCredentials";
  throw isRefused ? new PosternError("passwordNeeded", undefined, { cause: error }) : error;
}
