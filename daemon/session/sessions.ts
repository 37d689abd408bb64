// The accounts on this agent, locked or unlocked. Locking is at once for everyone who asks, then orderly: grants end,
// prompts are withdrawn, the audit log is anchored, keys are wiped.

import {
  addressOf,
  type CallService,
  createServiceClient,
  EMBEDDED_ORIGIN,
  type ServiceAddress,
} from "../../clients/account/service-client.ts";
import { openUserData } from "../../clients/account/user-data.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Account } from "../account/account.ts";
import type { Actor } from "../audit/entry.ts";
import { openAuditLog } from "../audit/log.ts";
import { createAuthorities } from "../host/authorities.ts";
import { type Clock, elapsedMs, type Moment, momentOf } from "../host/clock.ts";
import {
  accountFolder,
  ensureNamedFolder,
  finishRemovals,
  hasKeptLog,
  removeAccountFile,
  removeAccountFolder,
} from "../host/data-folder.ts";
import type { Log } from "../host/log.ts";
import { oneAtATime } from "../host/one-at-a-time.ts";
import { type AccountFile, readAccounts, writeAccount } from "./account-file.ts";
import { forgetDevice } from "./device-names.ts";
import { isOver } from "./idle.ts";
import { ANCHOR_MS, anchor, closeInOrder, closeLog, createEndings, keepCheckpoints } from "./lifecycle.ts";
import { sinceBoot } from "./password-tries.ts";
import { noAccountHere, openRestoreMark, type RestoreMark } from "./restore-mark.ts";
import { createRunningRestores, type RunningRestore, type RunningRestores } from "./running-restores.ts";
import type { Session, SessionParts, UnlockedSession } from "./session.ts";
import { repeatCounter, type Unlocked } from "./unlocked.ts";
import { createUnlocking } from "./unlocking.ts";

/** Milliseconds between two looks at the clocks while nobody asks anything. */
const WATCH_MS = 5_000;

/** Milliseconds a lock waits for the service to take the store's counter: keys should not live on for its sake. */
const REPEAT_MS_MAX = 2_000;

/** Passwords of one account that may wait to be tried, one after another. */
const TRIES_WAITING_MAX = 16;

export type Sessions = {
  list(): readonly Session[];
  /** The account with this id or name; without one, the only account. Throws signedOut, accountNotFound, invalidParams. */
  pick(account: string | undefined): Session;
  /** The unlocked account, checked against the clocks. Throws signedOut, locked, accountNotFound. */
  open(account: string | undefined, now?: Moment): UnlockedSession;
  /** Throws wrongPassword, tryLater, busy, offline; locked where it was locked again meanwhile. */
  unlock(session: Session, password: string, by?: Actor): Promise<Unlocked>;
  /** Answers whether all of it was recorded: a disk that is full keeps nothing unlocked. */
  lock(account: string | undefined, by: Actor, why?: string): Promise<boolean>;
  /** Checks the account password as a proof; counts each try. Throws proofRefused, tryLater, busy. */
  provePassword(session: UnlockedSession, password: string): Promise<void>;
  /** Takes in the account that was just made, the first one here. Throws accountExists; restoreUnfinished while one is restored. */
  add(file: AccountFile): Promise<Session>;
  /** The same for one that was restored, unlocked. Nothing stays written unless that succeeds. */
  takeIn(file: AccountFile, password: string, by: Actor, restore: RunningRestore | undefined): Promise<UnlockedSession>;
  /** Signs in to an account of elsewhere and takes it in, unlocked. Nothing stays written unless that succeeds. */
  bring(file: AccountFile, password: string, by: Actor): Promise<UnlockedSession>;
  /**
   * Takes an account off this device once its password was shown; answers whether the service took the device out too. Its log
   * stays, for when it signs in here again, unless `withLog`. What `still` says of it is heard once nobody can write it any more.
   * Throws signedOut where it is gone already, wrongPassword, tryLater, busy, offline, sealBroken.
   */
  remove(
    session: Session,
    password: string,
    by: Actor,
    withLog: boolean,
    still?: (account: Account) => Promise<void>,
  ): Promise<boolean>;
  touch(unlocked: Unlocked, now: Moment): void;
  addressOf(service: string): Promise<ServiceAddress>;
  callTo(service: string): Promise<CallService>;
  readonly restoreMark: RestoreMark;
  readonly restores: RunningRestores;
  close(): Promise<void>;
};

export function createSessions(parts: SessionParts): Sessions {
  const { home, crypto, clock, log, events } = parts;
  const sessions = new Map<string, Session>();
  const endings = createEndings();
  let anchoredAt: Moment = momentOf(clock);
  const bringing = oneAtATime(TRIES_WAITING_MAX);
  const authorities = createAuthorities(home, log);
  const restoreMark = openRestoreMark(home);
  const restores = createRunningRestores();
  let cancelWatch = clock.after(WATCH_MS, watch);
  for (const file of readAccounts(home)) sessions.set(file.account, sessionOf(sinceBoot(file, clock.bootMs())));
  finishRemovals(home);

  function sessionOf(file: AccountFile): Session {
    const keep = keepCheckpoints(() => sessions.get(file.account)?.unlocked?.store, log);
    const audit = openAuditLog(accountFolder(home, file.account), crypto, clock, log, keep);
    return { file, audit, unlocked: undefined, locks: 0, inTurn: oneAtATime(TRIES_WAITING_MAX) };
  }

  function demandHere(session: Session): void {
    if (sessions.get(session.file.account) !== session) throw new PosternError("signedOut");
  }

  async function serviceAddress(service: string): Promise<ServiceAddress> {
    if (service === "embedded" || service === EMBEDDED_ORIGIN) return parts.embedded();
    authorities.look();
    return addressOf(service);
  }

  const unlocking = createUnlocking({
    ...parts,
    serviceAddress,
    closing: async ({ file }) => void (await endings.of(file.account)),
    demandHere,
  });

  const pick = (account: string | undefined): Session => {
    if (sessions.size === 0) throw noAccountHere(restoreMark);
    return pickOf([...sessions.values()], account);
  };

  function watch(): void {
    cancelWatch = clock.after(WATCH_MS, watch);
    const now = momentOf(clock);
    for (const session of sessions.values()) {
      if (session.unlocked !== undefined && isOver(session.unlocked, now)) lockLater(session, "the clock");
    }
    if (elapsedMs(now, anchoredAt) < ANCHOR_MS) return;
    anchoredAt = now;
    for (const session of sessions.values())
      anchorOne(session).catch((error: unknown) => log.incident("anchor", error));
  }

  async function anchorOne({ unlocked, audit, file }: Session): Promise<void> {
    if ((await anchor(audit, unlocked)) && unlocked !== undefined) await repeatCounter(unlocked, file.device);
  }

  function lockLater(session: Session, why: string): void {
    lockOne(session, why).catch((error: unknown) => log.incident("lock", error));
  }

  /** Answers whether it was recorded. */
  function lockOne(session: Session, why: string, by: Actor = {}): Promise<boolean> {
    const { unlocked } = session;
    session.locks++;
    const { file, audit } = session;
    if (unlocked === undefined) return endings.of(file.account);
    // From here on nobody finds it unlocked; what follows is only tidying.
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
      }),
    );
  }

  async function add(file: AccountFile, restore?: RunningRestore): Promise<Session> {
    // Two programs may have asked at once; the first one's account stands.
    if (sessions.size > 0) throw new PosternError("accountExists");
    restores.demandPlace(restore);
    const keepLog = hasKeptLog(home, file.account);
    // What an account that was never acknowledged left behind is no part of this one.
    if (!keepLog) takeAway(file.account);
    ensureNamedFolder(accountFolder(home, file.account));
    const session = sessionOf(file);
    sessions.set(file.account, session);
    try {
      await writeAccount(home, file);
    } catch (error) {
      drop(session, keepLog);
      throw error;
    }
    restoreMark.clear();
    return session;
  }

  /** Takes an account in and opens it; who was here before under its id approves nothing now. */
  async function addOpen(
    file: AccountFile,
    restore: RunningRestore | undefined,
    open: (session: Session) => Promise<Unlocked>,
  ): Promise<UnlockedSession> {
    const keepLog = hasKeptLog(home, file.account);
    const session = await add(file, restore);
    try {
      const { store } = await open(session);
      await store.change((state) => ({ ...state, pin: undefined, wrongPinsToTell: 0 }));
    } catch (error) {
      await lockOne(session, "it was not taken in");
      drop(session, keepLog);
      throw keepLog ? namingTheLog(error, file.account) : error;
    }
    return session as UnlockedSession;
  }

  /** Takes an account out, or back where it could not be taken in. */
  function drop({ file, audit }: Session, keepLog: boolean): void {
    sessions.delete(file.account);
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
    list: () => [...sessions.values()],
    pick,
    open: (account, now = momentOf(clock)) => {
      const session = pick(account);
      if (session.unlocked !== undefined && isOver(session.unlocked, now)) lockLater(session, "the clock");
      if (session.unlocked === undefined) throw new PosternError("locked");
      return session as UnlockedSession;
    },
    unlock: unlocking.unlock,
    lock: async (account, by, why = "asked") => {
      const chosen = account === undefined ? [...sessions.values()] : [pick(account)];
      const recorded = await Promise.all(chosen.map((session) => lockOne(session, why, by)));
      return recorded.every(Boolean);
    },
    provePassword: unlocking.prove,
    add: (file) => add(file),
    takeIn: (file, password, by, restore) =>
      addOpen(file, restore, (session) => unlocking.unlock(session, password, by)),
    bring: (file, password, by) =>
      bringing(async () => {
        if (sessions.size > 0) throw new PosternError("accountExists");
        restores.demandPlace();
        const signedIn = await unlocking.signInFirst(file, password);
        const named = { ...file, name: openUserData(crypto, signedIn.rootKey, file, signedIn.record.data).name };
        return addOpen(named, undefined, (session) => unlocking.open(session, signedIn, by));
      }),
    // In turn with those who try its password: none of them finds it half gone.
    remove: (session, password, by, withLog, still) =>
      session.inTurn(async () => {
        demandHere(session);
        // The lock ends every grant, and its password was shown: nobody writes between the look and the end.
        if (still !== undefined) await lockOne(session, "to be replaced", by);
        const deviceRemoved = await unlocking.unlockInTurn(session, password, by).then(async (unlocked) => {
          await still?.(unlocked.account);
          await unlocked.store.change((state) => ({ ...state, pin: undefined }));
          return leave(unlocked, session.file.device);
        }, isRemovedAlready);
        await lockOne(session, "removed from this agent", by);
        drop(session, !withLog);
        log.note("account removed", { account: session.file.account });
        return deviceRemoved;
      }),
    restoreMark,
    restores,
    touch: (unlocked, now) => {
      unlocked.lastActivity = now;
    },
    addressOf: serviceAddress,
    callTo: async (service) => createServiceClient(await serviceAddress(service)),
    close: async () => {
      cancelWatch();
      await Promise.all([...sessions.values()].map((session) => lockOne(session, "the agent stops")));
      for (const { audit, file } of sessions.values()) closeLog(audit, log, file.account);
      crypto.wipeAll();
    },
  };
}

/** The account with this id or name; without one, the only account. */
function pickOf(all: readonly Session[], account: string | undefined): Session {
  if (account === undefined) {
    const only = all.length === 1 ? all[0] : undefined;
    if (only === undefined)
      throw new PosternError("invalidParams", "account is required, since this agent has several");
    return only;
  }
  const found = all.filter(({ file }) => file.account === account || file.name === account);
  const one = found.length === 1 ? found[0] : undefined;
  if (one === undefined) throw new PosternError("accountNotFound");
  return one;
}

/** A service that cannot take the counter does not keep the account open: an older store is then not noticed, that is all. */
function repeatInTime(unlocked: Unlocked, device: string, clock: Clock, log: Log): Promise<unknown> {
  return Promise.race([
    repeatCounter(unlocked, device).catch((error: unknown) => tellUnlessGone(error, log)),
    new Promise((resolve) => clock.after(REPEAT_MS_MAX, () => resolve(undefined))),
  ]);
}

/** A device that was removed, and a store that was replaced, are told where they are found out. */
function tellUnlessGone(error: unknown, log: Log): void {
  const isGone = error instanceof PosternError && ["deviceRemoved", "storeReplaced"].includes(error.name);
  if (!isGone) log.incident("counter", error);
}

/** A sign-in that fails for what an earlier one left says where that is. */
function namingTheLog(error: unknown, account: string): unknown {
  if (!(error instanceof PosternError) || !["sealBroken", "unknownSuite"].includes(error.name)) return error;
  return new PosternError("sealBroken", "the store of its log, or the service's answer", {
    hint: `where it stays so, move accounts/${account} out of the agent's data folder: the log that it kept goes with it`,
    cause: error,
  });
}

/** Whether the service took a device out. One that cannot be told keeps no account on it. */
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
 * Said in answer to a signature with the key that the password makes: that is the proof, and what is left to do is here. An
 * account that is being restored lists no device but the restore's.
 */
function isRemovedAlready(error: unknown): true {
  if (error instanceof PosternError && ["deviceRemoved", "restoreUnfinished"].includes(error.name)) return true;
  throw error;
}
