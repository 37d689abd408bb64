// The accounts on this agent, locked or unlocked. A locked account is locked for every caller at once. Then it is closed in order: grants end,
// prompts are withdrawn, the audit log is anchored, keys are wiped.

import {
  addressOf,
  type CallService,
  createServiceClient,
  EMBEDDED_ORIGIN,
  type ServiceAddress,
} from "../../clients/account/service-client.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Account } from "../account/account.ts";
import type { Actor } from "../audit/entry.ts";
import { openAuditLog } from "../audit/log.ts";
import { createAuthorities } from "../host/authorities.ts";
import { type Clock, elapsedMs, type Moment, momentOf } from "../host/clock.ts";
import { accountFolder, finishRemovals } from "../host/data-folder.ts";
import type { Log } from "../host/log.ts";
import { oneAtATime } from "../host/one-at-a-time.ts";
import { type AccountFile, readAccounts } from "./account-file.ts";
import { openOrderFile } from "./account-order.ts";
import { endAllApplications } from "./application-grants.ts";
import { type Arrivals, createArrivals } from "./arrivals.ts";
import { chooseDefault } from "./default-mark.ts";
import { forgetDevice } from "./device-names.ts";
import type { IdleLock } from "./device-store.ts";
import { createFirstSignIns, type FirstSignIns } from "./first-sign-ins.ts";
import { isOver } from "./idle.ts";
import { ANCHOR_MS, anchor, closeInOrder, closeLog, createEndings, keepCheckpoints } from "./lifecycle.ts";
import { sinceBoot } from "./password-tries.ts";
import { createPlaces, type Places } from "./places.ts";
import { noAccountHere, openRestoreMark, type RestoreMark } from "./restore-mark.ts";
import { createRunningRestores, type RunningRestores } from "./running-restores.ts";
import type { Session, SessionParts, Trier, UnlockedSession } from "./session.ts";
import type { TryPlace } from "./try-place.ts";
import { createTryQueue } from "./try-queue.ts";
import { makeWhole } from "./unfinished-account.ts";
import { createUnlockCopies, type UnlockCopies } from "./unlock-copies.ts";
import { repeatCounter, type Unlocked } from "./unlocked.ts";
import { createUnlocking, type Unlocking } from "./unlocking.ts";

/** Milliseconds between two checks of the clocks while there are no requests. */
const WATCH_MS = 5_000;

/** Changes of one account's file that may wait. One of them at most is a try of its password: the others wait in a queue of their own. */
const CHANGES_WAITING_MAX = 16;

/** Milliseconds that a lock waits for the service to take the store's counter. Keys should not live longer for that. */
const REPEAT_MS_MAX = 2_000;

export type Sessions = Pick<Places, "default" | "find" | "hold" | "setDefault"> &
  Pick<Arrivals, "make" | "takeIn" | "bring"> &
  Pick<Unlocking, "unlockByKey"> & {
    /** The accounts, oldest first. */
    list(): readonly Session[];
    /** The account with this id or name. Without one, the default account. Throws signedOut, accountNotFound. */
    pick(account: string | undefined): Session;
    /** The unlocked account, checked against the clocks. Throws signedOut, locked, accountNotFound. */
    open(account: string | undefined, now?: Moment): UnlockedSession;
    /** The default account where it is open, or else the oldest open one, for a question to any person here. Throws signedOut, locked. */
    someOpen(now?: Moment): UnlockedSession;
    /** Calls a service for an account that is not here yet. Throws busy where this terminal, or programs without one, make too many such calls. */
    readonly firstCallInTurn: FirstSignIns["inTurn"];
    /** Throws wrongPassword, tryLater, busy, offline, and locked where it was locked again meanwhile. */
    unlock(session: Session, password: string, from?: Trier): Promise<Unlocked>;
    /** Finishes a new account that was cut off. Returns whether it was. Throws locked, offline, diskFull. */
    makeWhole(session: UnlockedSession): Promise<boolean>;
    /** Ends every application grant of an account, or of all. Returns whether that is on disk. */
    endApplications(account: string | undefined): Promise<boolean>;
    /** Locks. Returns whether all of it was recorded, since a full disk must not keep an account unlocked. */
    lock(account: string | undefined, by: Actor, why?: string): Promise<boolean>;
    /** Checks the account password as a proof, and counts each try. Throws proofRefused, tryLater, busy. */
    provePassword(session: UnlockedSession, password: string, place?: TryPlace): Promise<void>;
    /**
     * Removes an account from this device, after its password was right. Returns whether the service removed the device too. Its log stays for a
     * later sign-in here, unless `withLog`. `still` checks the account once nobody can write to it any more. Throws signedOut where it is gone
     * already, wrongPassword, tryLater, busy, offline, sealBroken.
     */
    remove(
      session: Session,
      password: string,
      from: Trier,
      withLog: boolean,
      still?: (account: Account) => Promise<void>,
    ): Promise<boolean>;
    touch(unlocked: Unlocked, now: Moment): void;
    addressOf(service: string): Promise<ServiceAddress>;
    callTo(service: string): Promise<CallService>;
    readonly unlockCopies: UnlockCopies;
    /** Throws screenUnheard for the choice of the screen where the agent does not hear of it. */
    demandHeard(idleLock: IdleLock | undefined): void;
    readonly restoreMark: RestoreMark;
    readonly restores: RunningRestores;
    close(): Promise<void>;
  };

export function createSessions(parts: SessionParts): Sessions {
  const { home, crypto, clock, log, events, hearsScreen } = parts;
  const endings = createEndings();
  let anchoredAt: Moment = momentOf(clock);
  const authorities = createAuthorities(home, log);
  const restoreMark = openRestoreMark(home);
  const restores = createRunningRestores();
  let cancelWatch = clock.after(WATCH_MS, watch);
  const files = readAccounts(home).map((file) => sinceBoot(file, clock.bootMs()));
  const places = createPlaces(openOrderFile(home), files, sessionOf);
  finishRemovals(home);

  function sessionOf(file: AccountFile): Session {
    let session: Session | undefined;
    const keep = keepCheckpoints(() => session?.unlocked?.store, log);
    const audit = openAuditLog(accountFolder(home, file.account), crypto, clock, log, keep);
    session = {
      file,
      audit,
      unlocked: undefined,
      locks: 0,
      applicationsEnded: false,
      untold: [],
      tries: createTryQueue(),
      inTurn: oneAtATime(CHANGES_WAITING_MAX),
    };
    return session;
  }

  function demandHere(session: Session): void {
    if (!places.isHere(session)) throw new PosternError("signedOut");
  }

  async function serviceAddress(service: string): Promise<ServiceAddress> {
    if (service === "embedded" || service === EMBEDDED_ORIGIN) return parts.embedded();
    authorities.look();
    return addressOf(service);
  }

  const callTo = async (service: string) => createServiceClient(await serviceAddress(service));

  const unlocking = createUnlocking({
    ...parts,
    serviceAddress,
    closing: async ({ file }) => void (await endings.of(file.account)),
    demandHere,
  });

  const firstSignIns = createFirstSignIns(() => clock.bootMs());
  const arrivals = createArrivals({
    ...{ home, crypto, log, places, restoreMark, restores, unlocking, callTo, sessionOf },
    firstSignIns,
    lock: (session) => lockOne(session, "it was not taken in"),
  });

  const pick = (account: string | undefined): Session => {
    const found = account === undefined ? places.default() : places.find(account);
    if (found !== undefined) return found;
    throw places.list().length === 0 ? noAccountHere(restoreMark) : new PosternError("accountNotFound");
  };

  function watch(): void {
    cancelWatch = clock.after(WATCH_MS, watch);
    const now = momentOf(clock);
    for (const session of places.list()) {
      if (session.unlocked !== undefined && isOver(session.unlocked, now, hearsScreen()))
        lockLater(session, "the clock");
    }
    if (elapsedMs(now, anchoredAt) < ANCHOR_MS) return;
    anchoredAt = now;
    for (const session of places.list()) anchorOne(session).catch((error: unknown) => log.incident("anchor", error));
  }

  async function anchorOne({ unlocked, audit, file }: Session): Promise<void> {
    if ((await anchor(audit, unlocked)) && unlocked !== undefined) await repeatCounter(unlocked, file.device);
  }

  function lockLater(session: Session, why: string): void {
    lockOne(session, why).catch((error: unknown) => log.incident("lock", error));
  }

  /** The account, checked against the clocks. */
  function demandOpen(session: Session, now: Moment): UnlockedSession {
    if (session.unlocked !== undefined && isOver(session.unlocked, now, hearsScreen())) lockLater(session, "the clock");
    if (session.unlocked === undefined) throw new PosternError("locked");
    return session as UnlockedSession;
  }

  /** Returns whether it was recorded. */
  function lockOne(session: Session, why: string, by: Actor = {}): Promise<boolean> {
    const { unlocked } = session;
    session.locks++;
    const { file, audit } = session;
    if (unlocked === undefined) return endings.of(file.account);
    // From now on no caller finds it unlocked. The rest is tidying.
    session.unlocked = undefined;
    return endings.begin(file.account, () =>
      closeInOrder({
        audit,
        unlocked,
        record: () => {
          events.locked(file.account, unlocked);
          audit.keep({ event: "session.lock", outcome: why, ...by });
        },
        after: () => repeatInTime(unlocked, file.device, clock, log),
        unrecorded: () => log.note("locked, and not recorded: the disk took nothing", { account: file.account }),
        finish: parts.collect,
      }),
    );
  }

  return {
    list: places.list,
    default: places.default,
    find: places.find,
    hold: places.hold,
    setDefault: async (session) => {
      await places.setDefault(session);
      await chooseDefault(session, places.list());
    },
    pick,
    open: (account, now = momentOf(clock)) => demandOpen(pick(account), now),
    someOpen: (now = momentOf(clock)) => {
      const first = pick(undefined);
      const open = [first, ...places.list()].find(
        ({ unlocked }) => unlocked !== undefined && !isOver(unlocked, now, hearsScreen()),
      );
      return demandOpen(open ?? first, now);
    },
    unlock: unlocking.unlock,
    unlockByKey: unlocking.unlockByKey,
    unlockCopies: createUnlockCopies({ home, crypto, demandHere }),
    makeWhole: (session) => makeWhole(home, session),
    endApplications: async (account) => {
      const chosen = account === undefined ? places.list() : [pick(account)];
      const ended = chosen.map((session) => endAllApplications(session, accountFolder(home, session.file.account)));
      return (await Promise.all(ended)).every(Boolean);
    },
    lock: async (account, by, why = "asked") => {
      const chosen = account === undefined ? places.list() : [pick(account)];
      const recorded = await Promise.all(chosen.map((session) => lockOne(session, why, by)));
      return recorded.every(Boolean);
    },
    provePassword: unlocking.prove,
    demandHeard: (idleLock) => {
      if (idleLock === "screenLock" && !hearsScreen()) throw new PosternError("screenUnheard");
    },
    firstCallInTurn: firstSignIns.inTurn,
    make: arrivals.make,
    takeIn: arrivals.takeIn,
    bring: arrivals.bring,
    // In turn with tries of its password, so that none of them finds it half removed.
    remove: (session, password, from, withLog, still) =>
      unlocking.tryInTurn(session, from.place, async () => {
        const { by } = from;
        demandHere(session);
        // The lock ends every grant, so nobody can write between the check and the end.
        if (still !== undefined) await lockOne(session, "to be replaced", by);
        const deviceRemoved = await unlocking.unlockInTurn(session, password, from).then(async (unlocked) => {
          await still?.(unlocked.account);
          await unlocked.store.change(({ authenticators: _keys, ...state }) => ({ ...state, pin: undefined }));
          return leave(unlocked, session.file.device);
        }, isRemovedAlready);
        await lockOne(session, "removed from this agent", by);
        arrivals.drop(session, !withLog);
        events.removed(session.file.account);
        log.note("account removed", { account: session.file.account });
        return deviceRemoved;
      }),
    restoreMark,
    restores,
    touch: (unlocked, now) => {
      unlocked.lastActivity = now;
    },
    addressOf: serviceAddress,
    callTo,
    close: async () => {
      cancelWatch();
      await Promise.all(places.list().map((session) => lockOne(session, "the agent stops")));
      for (const { audit, file } of places.list()) closeLog(audit, log, file.account);
      crypto.wipeAll();
    },
  };
}

/** A service that cannot take the counter must not keep the account open. Then an older copy of the store would not be noticed. */
function repeatInTime(unlocked: Unlocked, device: string, clock: Clock, log: Log): Promise<unknown> {
  return Promise.race([
    repeatCounter(unlocked, device).catch((error: unknown) => tellUnlessGone(error, log)),
    new Promise((resolve) => clock.after(REPEAT_MS_MAX, () => resolve(undefined))),
  ]);
}

/** Logs an error, but not a removed device or a replaced store, which other code reports. */
function tellUnlessGone(error: unknown, log: Log): void {
  const isGone = error instanceof PosternError && ["deviceRemoved", "storeReplaced"].includes(error.name);
  if (!isGone) log.incident("counter", error);
}

/** Whether the service removed the device. An unreachable service does not keep the account on it. */
async function leave(unlocked: Unlocked, device: string): Promise<boolean> {
  try {
    await forgetDevice(unlocked, device);
    await unlocked.signedIn.session.call("devices.remove", { device });
    return true;
  } catch (error) {
    if (error instanceof PosternError) return error.name === "deviceRemoved";
    throw error;
  }
}

/**
 * Whether the error means that the device was removed already. The service gives it only to a caller with the password's key, which is the proof.
 * The rest is done here. During a restore the account lists only the restore's device.
 */
function isRemovedAlready(error: unknown): true {
  if (error instanceof PosternError && ["deviceRemoved", "restoreUnfinished"].includes(error.name)) return true;
  throw error;
}
