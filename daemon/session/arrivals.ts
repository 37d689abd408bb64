// Adds an account to this agent and removes it: its folder, its file and its place. Nothing stays on disk of an account that was not added
// completely.
import type { CallService } from "../../clients/account/service-client.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { openUserData } from "../../clients/account/user-data.ts";
import { closeSignedIn } from "../../clients/account/user-keys.ts";
import type { UserKeys } from "../../protocol/crypto/derivation.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Actor } from "../audit/entry.ts";
import {
  accountFolder,
  ensureNamedFolder,
  hasKeptLog,
  removeAccountFile,
  removeAccountFolder,
} from "../host/data-folder.ts";
import type { Log } from "../host/log.ts";
import { type AccountFile, writeAccount } from "./account-file.ts";
import { withUnsurePolicy } from "./device-store.ts";
import type { FirstSignIns } from "./first-sign-ins.ts";
import { closeLog } from "./lifecycle.ts";
import { type Enrolment, enrolAt } from "./own-account.ts";
import type { Places } from "./places.ts";
import type { RestoreMark } from "./restore-mark.ts";
import type { RunningRestore, RunningRestores } from "./running-restores.ts";
import type { Session, Trier, UnlockedSession } from "./session.ts";
import type { Unlocked } from "./unlocked.ts";
import type { Unlocking } from "./unlocking.ts";

/** The way an account comes: whether a proof of the default one was given, and its restore. */
export type Coming = { readonly proven: boolean; readonly restore?: RunningRestore | undefined };

export type Arrivals = {
  /**
   * Makes a new account at its service, adds it and unlocks it. Throws the errors of `demandFree` and of the service, and restoreUnfinished while
   * another account is being restored. If only the unlock fails, the account stays here, and the next unlock finishes it.
   */
  make(file: AccountFile, enrolment: Enrolment, by: Actor, proven: boolean): Promise<void>;
  /** Adds a restored account, and unlocks it. Nothing stays on disk unless that succeeds. */
  takeIn(file: AccountFile, password: string, by: Actor, coming: Coming): Promise<UnlockedSession>;
  /** Signs in to an existing account of a service, and adds it unlocked. Nothing stays on disk unless that succeeds. */
  bring(file: AccountFile, password: string, from: Trier, proven: boolean): Promise<UnlockedSession>;
  /** Removes an account, or undoes an addition that failed. */
  drop(session: Session, keepLog: boolean): void;
};

export type ArrivalsParts = {
  readonly home: string;
  readonly crypto: Primitives;
  readonly log: Log;
  readonly places: Places;
  readonly restoreMark: RestoreMark;
  readonly restores: RunningRestores;
  readonly firstSignIns: FirstSignIns;
  readonly unlocking: Pick<Unlocking, "unlock" | "unlockNew" | "signInFirst" | "open">;
  readonly callTo: (service: string) => Promise<CallService>;
  readonly sessionOf: (file: AccountFile) => Session;
  readonly lock: (session: Session) => Promise<unknown>;
};

export function createArrivals(parts: ArrivalsParts): Arrivals {
  const { home, crypto, log, places, restoreMark, restores, firstSignIns, unlocking, callTo, sessionOf, lock } = parts;

  async function add(file: AccountFile, { proven, restore }: Coming): Promise<Session> {
    // Two programs may have asked at once. The first one's account stays.
    places.demandFree(file, proven);
    restores.demandPlace(restore);
    const keepLog = hasKeptLog(home, file.account);
    // Leftovers of an account that was never acknowledged do not belong to this one.
    if (!keepLog) takeAway(file.account);
    ensureNamedFolder(accountFolder(home, file.account));
    const session = sessionOf(file);
    try {
      await places.put(session);
      await writeAccount(home, file);
    } catch (error) {
      drop(session, keepLog);
      throw error;
    }
    restoreMark.clear();
    return session;
  }

  /** The name is reserved while the service is asked. Otherwise the later of two with one name would be made at the service and be lost here. */
  async function enrolHeld(file: AccountFile, enrolment: Enrolment, proven: boolean): Promise<UserKeys> {
    const letGo = places.hold(file, proven);
    try {
      return await enrolAt(crypto, await callTo(file.service), file, enrolment);
    } finally {
      letGo();
    }
  }

  async function make(file: AccountFile, enrolment: Enrolment, by: Actor, proven: boolean): Promise<void> {
    const keys = await enrolHeld(file, enrolment, proven);
    try {
      await unlocking.unlockNew(await add(file, { proven }), keys, by);
    } finally {
      crypto.release(keys.unlockKey, keys.signInSeed);
    }
  }

  /** The account with its own name, which only its keys reveal. Where that name is taken, the device leaves the account again. */
  async function nameFree(file: AccountFile, signedIn: SignedIn, proven: boolean): Promise<AccountFile> {
    try {
      const { name } = openUserData(crypto, signedIn.rootKey, file, signedIn.record.data);
      places.demandFree({ account: file.account, name }, proven);
      return { ...file, name };
    } catch (error) {
      await signedIn.session.call("devices.remove", { device: file.device }).catch((thrown: unknown) => {
        if (!(thrown instanceof PosternError)) throw thrown;
        log.note("a device that was not needed could not be taken out", { account: file.account });
      });
      closeSignedIn(crypto, signedIn);
      throw error;
    }
  }

  /**
   * Adds an account and opens it. Of an earlier stay of this account, the PIN no longer approves, no program is known again, the choice of its idle
   * lock is over, its policy allows nothing, and it is not the default by that stay.
   */
  async function addOpen(
    file: AccountFile,
    coming: Coming,
    open: (session: Session) => Promise<Unlocked>,
  ): Promise<UnlockedSession> {
    const keepLog = hasKeptLog(home, file.account);
    const session = await add(file, coming);
    try {
      const { store } = await open(session);
      await store.change(
        ({ isDefault: _former, idleLock: _lock, approvers: _order, applications: _known, ...state }) => ({
          ...withUnsurePolicy(state),
          pin: undefined,
          wrongPinsToTell: 0,
        }),
      );
    } catch (error) {
      await lock(session);
      drop(session, keepLog);
      throw keepLog ? namingTheLog(error, file.account) : error;
    }
    return session as UnlockedSession;
  }

  function drop(session: Session, keepLog: boolean): void {
    const { file, audit } = session;
    places.drop(session);
    try {
      closeLog(audit, log, file.account);
    } finally {
      if (keepLog) removeAccountFile(home, file.account);
      else takeAway(file.account);
    }
  }

  function takeAway(account: string): void {
    const stays = removeAccountFolder(home, account);
    if (stays !== undefined) log.note("a folder stays: something in it is not the agent's", { folder: stays });
  }

  return {
    make,
    takeIn: (file, password, by, coming) =>
      addOpen(file, coming, (session) => unlocking.unlock(session, password, { by, isNew: true })),
    bring: (file, password, { by, place }, proven) =>
      firstSignIns.inTurn(place, async () => {
        places.demandFree({ account: file.account }, proven);
        restores.demandPlace();
        const signedIn = await firstSignIns.attempt(file, () => unlocking.signInFirst(file, password));
        const named = await nameFree(file, signedIn, proven);
        return addOpen(named, { proven }, (session) => unlocking.open(session, signedIn, by));
      }),
    drop,
  };
}

/** Adds the place of the leftovers to the error, where a sign-in fails because of an earlier one's leftovers. */
function namingTheLog(error: unknown, account: string): unknown {
  if (!(error instanceof PosternError) || !["sealBroken", "unknownSuite"].includes(error.name)) return error;
  return new PosternError("sealBroken", "the store of its log, or the service's answer", {
    hint: `where it stays so, move accounts/${account} out of the agent's data folder: the log that it kept goes with it`,
    cause: error,
  });
}
