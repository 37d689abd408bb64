// Unlocks an account by its password or by an authenticator's output, and checks the password as a proof on an unlocked one. A try of a password is
// counted on disk before it is made; an authenticator's output cannot be guessed. A failed unlock leaves no key behind. An unlock with a lock in between does not stand.

import { createServiceClient, type ServiceAddress } from "../../clients/account/service-client.ts";
import type { SignedIn, UserOnDevice } from "../../clients/account/signed-in.ts";
import { passwordOpens, signIn, signInWithKeys } from "../../clients/account/user-keys.ts";
import type { UserKeys } from "../../protocol/crypto/derivation.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Actor } from "../audit/entry.ts";
import { WRONG_TRY } from "../audit/wrong-tries.ts";
import { accountFolder } from "../host/data-folder.ts";
import { type AccountFile, writeAccount } from "./account-file.ts";
import { endMarkedApplications } from "./application-grants.ts";
import { withCopiesOf, withSeed } from "./key-unlock.ts";
import { counted, demandTry, forgiven } from "./password-tries.ts";
import { forgivePin } from "./pin.ts";
import type { Session, SessionParts, Trier, UnlockedSession } from "./session.ts";
import type { TryPlace } from "./try-place.ts";
import { openEverything, repeatCounter, type Unlocked, withForgiven } from "./unlocked.ts";
import { createKeyUnlocking, type Manner, type UnlockByKey } from "./unlocking-by-key.ts";

export type Unlocking = {
  /** Throws wrongPassword, storeReplaced, tryLater, busy, offline, and locked where it was locked again meanwhile. */
  unlock(session: Session, password: string, from?: Trier): Promise<Unlocked>;
  /** Does work that begins with a try of the password, when its turn comes. Throws tryLater, busy. */
  tryInTurn<T>(session: Session, place: TryPlace, work: () => Promise<T>): Promise<T>;
  /** Unlocks, for a caller that has the session's turn already. */
  unlockInTurn(session: Session, password: string, from?: Trier): Promise<Unlocked>;
  /**
   * Unlocks by an authenticator. `prove` verifies its assertion, and `demand` checks it once more against the sealed device store. Throws proofRefused,
   * passwordNeeded, storeReplaced, busy, offline, and locked where it was locked again meanwhile.
   */
  readonly unlockByKey: UnlockByKey;
  /** Checks the account password as a proof. Throws proofRefused, tryLater, busy, locked. */
  prove(session: UnlockedSession, password: string, place?: TryPlace): Promise<void>;
  /** Signs in on a device without a file of the account. The caller counts the tries. */
  signInFirst(file: AccountFile, password: string): Promise<SignedIn>;
  /** Unlocks an account that was just made, with the keys of its enrolment, so no password is tried. Throws offline, locked, busy. */
  unlockNew(session: Session, keys: UserKeys, by: Actor): Promise<Unlocked>;
  /** Opens the account of a user who has just signed in. */
  open(session: Session, signedIn: SignedIn, by?: Actor): Promise<Unlocked>;
};

/** The file before a try, and the file after it where it was wrong. */
type Counted = { readonly before: AccountFile; readonly refused: () => AccountFile };

type Parts = SessionParts & {
  readonly serviceAddress: (service: string) => Promise<ServiceAddress>;
  /** Fulfilled when a running lock has wiped its keys. */
  readonly closing: (session: Session) => Promise<void>;
  /** Throws signedOut where the account was removed from this agent meanwhile. */
  readonly demandHere: (session: Session) => void;
};

export function createUnlocking(parts: Parts): Unlocking {
  const { home, crypto, clock, log, events, serviceAddress } = parts;

  async function countTry(session: Session, place: TryPlace): Promise<Counted> {
    parts.demandHere(session);
    session.audit.demandWritable();
    const allowed = demandTry(session.file, place, clock.bootMs());
    const before = session.file;
    const now = counted(before, place, allowed, clock.bootMs());
    // If the disk cannot take the count, no try is made, and none is counted here either.
    await writeAccount(home, now);
    parts.demandHere(session);
    session.file = now;
    return { before, refused: () => counted(before, place, allowed, clock.bootMs()) };
  }

  async function settleTry(session: Session, file: AccountFile): Promise<void> {
    parts.demandHere(session);
    session.file = file;
    await writeAccount(home, file);
  }

  async function unlock(session: Session, password: string, { by, place, isNew }: Trier): Promise<Unlocked> {
    const { locks } = session;
    const { before, refused } = await countTry(session, place);
    try {
      const address = await serviceAddress(session.file.service);
      const who = { ...userOnDevice(crypto, session.file), password, store: session.file.store };
      const signedIn = await signIn(crypto, createServiceClient(address), address, who).catch(ofThePassword);
      return await open(session, signedIn, by, locks, {
        ...{ byPassword: true, place },
        wrongTries: isNew ? undefined : before.wrongPasswords,
      });
    } catch (error) {
      const name = error instanceof PosternError ? error.name : "internal";
      // An unreachable service says nothing about the password, and neither does one with another store. A service that refuses this device should
      // have checked the password first, and may not have. So such a try counts, or the service could make tries uncounted.
      const counts = ["wrongPassword", "deviceRemoved", "restoreUnfinished"].includes(name);
      await settleTry(session, counts ? refused() : before);
      session.audit.keep({ event: counts ? WRONG_TRY : "session.unlock", outcome: name, ...by });
      throw error;
    }
  }

  async function unlockNew(session: Session, keys: UserKeys, by: Actor): Promise<Unlocked> {
    await parts.closing(session);
    parts.demandHere(session);
    session.audit.demandWritable();
    // Its password may have been given at another connection meanwhile.
    if (session.unlocked !== undefined) return session.unlocked;
    const { locks } = session;
    try {
      const address = await serviceAddress(session.file.service);
      const signedIn = await signInWithKeys(crypto, createServiceClient(address), address, session.file, keys);
      return await open(session, signedIn, by, locks);
    } catch (error) {
      session.audit.keep({
        event: "session.unlock",
        outcome: error instanceof PosternError ? error.name : "internal",
        ...by,
      });
      throw error;
    }
  }

  async function open(
    session: Session,
    signedIn: SignedIn,
    by: Actor = {},
    locks: number = session.locks,
    { demand, byPassword, place, wrongTries }: Manner = { byPassword: true },
  ): Promise<Unlocked> {
    const { audit } = session;
    const folder = accountFolder(home, session.file.account);
    const unlocked = await openEverything(
      { crypto, folder, clock, audit, accountOf: parts.accountOf, byToken: false, wrongTries },
      session.file,
      signedIn,
    );
    try {
      await demand?.(unlocked);
      const { store } = signedIn.session;
      const kept = withSeed(crypto, withCopiesOf(session.file, unlocked.store.state), unlocked);
      await settleTry(session, { ...forgiven(kept, place), ...(store === undefined ? {} : { store }) });
      // A PIN that was switched off works again after the password alone.
      if (byPassword) await forgivePin(unlocked.store);
      await endMarkedApplications(session, unlocked.store, folder);
      audit.keep({ event: "session.unlock", outcome: "ok", ...by });
      if (session.locks !== locks) throw new PosternError("locked");
    } catch (error) {
      session.untold.push(...unlocked.warnings);
      audit.lock();
      unlocked.close();
      throw error;
    }
    session.unlocked = unlocked;
    events.unlocked(session.file.account);
    // As at lock: a service that cannot take the counter now must not keep the account shut.
    await repeatCounter(unlocked, session.file.device).catch((error: unknown) => log.incident("counter", error));
    return unlocked;
  }

  async function prove(
    session: Session,
    password: string,
    place: TryPlace,
    refusal: "proofRefused" | "wrongPassword" = "proofRefused",
  ): Promise<void> {
    const { unlocked } = session;
    // A lock may have come while others had their turn. Then there is no try, and nothing is counted.
    if (unlocked === undefined) throw new PosternError("locked");
    const { before, refused } = await countTry(session, place);
    const right = await passwordOpens(
      crypto,
      { ...userOnDevice(crypto, session.file), password },
      unlocked.sealedRootKey,
    );
    await settleTry(session, right ? forgiven(session.file, place) : refused());
    // It was locked meanwhile. Its keys are wiped, and work that needed the proof cannot continue.
    if (session.unlocked !== unlocked) throw new PosternError("locked");
    if (!right)
      throw refusal === "proofRefused"
        ? new PosternError(refusal, "wrong account password")
        : new PosternError(refusal);
    if (before.wrongPasswords > 0) await unlocked.store.change((state) => withForgiven(state, session.audit));
    await forgivePin(unlocked.store);
  }

  /** Unlocking an open account checks the password like a proof, and is recorded like one. */
  async function unlockAgain(session: UnlockedSession, password: string, { by, place }: Trier): Promise<Unlocked> {
    const { unlocked } = session;
    try {
      await prove(session, password, place, "wrongPassword");
    } catch (error) {
      if (error instanceof PosternError) {
        const event = error.name === "wrongPassword" ? WRONG_TRY : "session.unlock";
        session.audit.keep({ event, outcome: error.name, ...by });
      }
      throw error;
    }
    session.audit.keep({ event: "session.unlock", outcome: "was open", ...by });
    return unlocked;
  }

  async function unlockInTurn(session: Session, password: string, from: Trier = {}): Promise<Unlocked> {
    await parts.closing(session);
    return session.unlocked === undefined
      ? unlock(session, password, from)
      : unlockAgain(session as UnlockedSession, password, from);
  }

  function tryInTurn<T>(session: Session, place: TryPlace, work: () => Promise<T>): Promise<T> {
    const demand = () => void demandTry(session.file, place, clock.bootMs());
    return session.tries(place, demand, () => session.inTurn(work));
  }

  return {
    unlock: (session, password, from) => tryInTurn(session, from?.place, () => unlockInTurn(session, password, from)),
    tryInTurn,
    unlockInTurn,
    unlockByKey: createKeyUnlocking(parts, open),
    unlockNew: (session, keys, by) => session.inTurn(() => unlockNew(session, keys, by)),
    prove: (session, password, place) => tryInTurn(session, place, () => prove(session, password, place)),
    signInFirst: async (file, password) => {
      const address = await serviceAddress(file.service);
      return signIn(crypto, createServiceClient(address), address, { ...userOnDevice(crypto, file), password });
    },
    open: (session, signedIn, by) => open(session, signedIn, by),
  };
}

/** The service does not say whether the password or the Secret Key was wrong. The Secret Key is this machine's own, so it was the password. */
function ofThePassword(error: unknown): never {
  const isRefused = error instanceof PosternError && error.name === "wrongCredentials";
  throw isRefused ? new PosternError("wrongPassword", undefined, { cause: error }) : error;
}

/** The user that signs in on this device. Throws internal where the account file has no valid Secret Key. */
export function userOnDevice(
  crypto: Primitives,
  { account, user, device, secretKey: text }: AccountFile,
): UserOnDevice {
  const secretKey = parseSecretKey(crypto, text);
  if (secretKey === undefined) throw new PosternError("internal", "the account file's Secret Key is damaged");
  return { account, user, device, secretKey };
}
