// The accounts on this agent, locked or unlocked. Locking is at once for everyone who asks, then orderly: grants end,
// prompts are withdrawn, the audit log is anchored, keys are wiped.
import {
  addressOf,
  type CallService,
  createServiceClient,
  EMBEDDED_ORIGIN,
  type ServiceAddress,
} from "../clients/account/service-client.ts";
import { openUserData } from "../clients/account/user-data.ts";
import { passwordOpens, signIn, type UserOnDevice } from "../clients/account/user-keys.ts";
import { parseSecretKey } from "../protocol/crypto/secret-key.ts";
import { PosternError } from "../protocol/errors.ts";
import { type AccountFile, accountFolder, readAccounts, writeAccount } from "./account-file.ts";
import { type AuditLog, openAuditLog } from "./audit/log.ts";
import { type Clock, elapsedMs, type Moment, momentOf, SET_BACK_MS_MAX, setBackMs } from "./clock.ts";
import type { Log } from "./log.ts";
import { counted, demandTry, forgiven } from "./password-tries.ts";
import { forgivePin } from "./proofs.ts";
import type { Sodium } from "./sodium.ts";
import { openEverything, repeatCounter, type Unlocked } from "./unlocked.ts";

/** Milliseconds without activity after which an account locks. */
export const IDLE_MS = 10 * 60_000;

/** Milliseconds after which an unlocked account locks in any case. */
export const UNLOCKED_MS_MAX = 12 * 60 * 60_000;

/** Boot time running ahead of monotonic time by this many milliseconds means that the machine slept. */
export const SUSPENDED_MS = 5_000;

/** Milliseconds between two looks at the clocks while nobody asks anything. */
const WATCH_MS = 5_000;

/** Milliseconds between two anchors of the audit log. */
export const ANCHOR_MS = 60_000;

/** Milliseconds a lock waits for the service to take the store's counter: keys should not live on for its sake. */
const REPEAT_MS_MAX = 2_000;

/** One account on this agent. */
export type Session = { file: AccountFile; readonly audit: AuditLog; unlocked: Unlocked | undefined };

export type SessionEvents = {
  /** The account is locked from now on: end grants, withdraw prompts, tell subscribers. */
  locked(account: string): void;
  unlocked(account: string): void;
};

export type Sessions = {
  list(): readonly Session[];
  /** The account with this id or name; without one, the only account. Throws signedOut, accountNotFound, invalidParams. */
  pick(account: string | undefined): Session;
  /** The unlocked account, checked against the clocks. Throws signedOut, locked, accountNotFound. */
  open(account: string | undefined): Session & { unlocked: Unlocked };
  unlock(session: Session, password: string): Promise<Unlocked>;
  lock(account?: string): Promise<void>;
  /** Checks the account password as a proof; counts each try. Throws proofRefused, tryLater. */
  provePassword(session: Session & { unlocked: Unlocked }, password: string): Promise<void>;
  /** Takes an account in that was just made. */
  add(file: AccountFile): Promise<Session>;
  /** Signs in to an account of elsewhere and takes it in, unlocked. Nothing is written unless that succeeds. */
  bring(file: AccountFile, password: string): Promise<Session & { unlocked: Unlocked }>;
  touch(unlocked: Unlocked): void;
  addressOf(service: string): Promise<ServiceAddress>;
  callTo(service: string): Promise<CallService>;
  close(): Promise<void>;
};

export type SessionParts = {
  readonly home: string;
  readonly p: Sodium;
  readonly clock: Clock;
  readonly log: Log;
  readonly embedded: () => Promise<ServiceAddress>;
  readonly events: SessionEvents;
};

export function createSessions(parts: SessionParts): Sessions {
  const { home, p, clock, log, events } = parts;
  const sessions = new Map<string, Session>();
  const locking = new Map<string, Promise<void>>();
  let anchoredAt: Moment = momentOf(clock);
  let wrongBrings = { wrongPasswords: 0, lastWrongMs: 0 };
  let cancelWatch = clock.after(WATCH_MS, watch);
  for (const file of readAccounts(home)) sessions.set(file.account, sessionOf(file));

  function sessionOf(file: AccountFile): Session {
    const audit = openAuditLog(accountFolder(home, file.account), p, clock, log, (checkpoint) => {
      const store = sessions.get(file.account)?.unlocked?.store;
      // Locked, the state before this segment is found again by following the one before.
      store
        ?.change((state) => ({ ...state, checkpoints: [...state.checkpoints, checkpoint] }))
        .catch((error: unknown) => log.incident("checkpoint", error));
    });
    return { file, audit, unlocked: undefined };
  }

  const whoIs = (file: AccountFile): UserOnDevice => {
    const secretKey = parseSecretKey(p, file.secretKey);
    if (secretKey === undefined) throw new PosternError("internal", "the account file's Secret Key is damaged");
    return { account: file.account, user: file.user, device: file.device, secretKey };
  };

  async function serviceAddress(service: string): Promise<ServiceAddress> {
    return service === "embedded" || service === EMBEDDED_ORIGIN ? parts.embedded() : addressOf(service);
  }

  function pick(account: string | undefined): Session {
    if (sessions.size === 0) throw new PosternError("signedOut");
    const all = [...sessions.values()];
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

  function isOver(unlocked: Unlocked): boolean {
    const slept = clock.bootMs() - unlocked.unlockedAt.bootMs - (clock.monotonicMs() - unlocked.unlockedAt.monotonicMs);
    return (
      elapsedMs(clock, unlocked.lastActivity) > IDLE_MS ||
      elapsedMs(clock, unlocked.unlockedAt) > UNLOCKED_MS_MAX ||
      setBackMs(clock, unlocked.unlockedAt) > SET_BACK_MS_MAX ||
      slept > SUSPENDED_MS
    );
  }

  function watch(): void {
    cancelWatch = clock.after(WATCH_MS, watch);
    for (const session of sessions.values()) {
      if (session.unlocked !== undefined && isOver(session.unlocked)) lockLater(session, "the clock");
    }
    if (elapsedMs(clock, anchoredAt) < ANCHOR_MS) return;
    anchoredAt = momentOf(clock);
    for (const session of sessions.values()) anchor(session).catch((error: unknown) => log.incident("anchor", error));
  }

  async function anchor(session: Session): Promise<void> {
    const { unlocked, audit, file } = session;
    const now = audit.anchor();
    if (unlocked === undefined || now === undefined || now.seq === unlocked.store.state.anchor?.seq) return;
    audit.flush();
    await unlocked.store.change((state) => ({ ...state, anchor: now }));
    await repeatCounter(unlocked, file.device);
  }

  function lockLater(session: Session, why: string): void {
    lockOne(session, why).catch((error: unknown) => log.incident("lock", error));
  }

  function lockOne(session: Session, why: string): Promise<void> {
    const { unlocked } = session;
    if (unlocked === undefined) return locking.get(session.file.account) ?? Promise.resolve();
    // From here on nobody finds it unlocked; what follows is only tidying.
    session.unlocked = undefined;
    events.locked(session.file.account);
    const done = closeOrderly(session, unlocked, why).finally(() => locking.delete(session.file.account));
    locking.set(session.file.account, done);
    return done;
  }

  async function closeOrderly(session: Session, unlocked: Unlocked, why: string): Promise<void> {
    const { audit, file } = session;
    try {
      audit.keep({ event: "session.lock", outcome: why });
      await unlocked.store.change((state) => ({ ...state, anchor: audit.anchor() }));
      await Promise.race([
        // A service that cannot take it does not keep the account open: an older store is then not noticed, that is all.
        repeatCounter(unlocked, file.device).catch((error: unknown) => log.incident("counter", error)),
        new Promise((resolve) => clock.after(REPEAT_MS_MAX, () => resolve(undefined))),
      ]);
    } finally {
      audit.lock();
      unlocked.close();
    }
  }

  async function countTry(session: Session): Promise<AccountFile> {
    demandTry(session.file, clock.wallMs());
    const before = session.file;
    session.file = counted(before, clock.wallMs());
    await writeAccount(home, session.file);
    return before;
  }

  async function settleTry(session: Session, file: AccountFile): Promise<void> {
    session.file = file;
    await writeAccount(home, file);
  }

  async function unlock(session: Session, password: string): Promise<Unlocked> {
    await locking.get(session.file.account);
    if (session.unlocked !== undefined) {
      await provePassword(session as Session & { unlocked: Unlocked }, password, "wrongCredentials");
      return session.unlocked;
    }
    const before = await countTry(session);
    const address = await serviceAddress(session.file.service);
    try {
      const signedIn = await signIn(p, createServiceClient(address), address, { ...whoIs(session.file), password });
      const unlocked = await openEverything({ p, home, clock, audit: session.audit }, session.file, signedIn);
      await settleTry(session, forgiven(session.file));
      session.unlocked = unlocked;
      session.audit.keep({ event: "session.unlock", outcome: "ok" });
      await forgivePin(unlocked.store);
      await repeatCounter(unlocked, session.file.device);
      events.unlocked(session.file.account);
      return unlocked;
    } catch (error) {
      const name = error instanceof PosternError ? error.name : "internal";
      session.audit.keep({ event: "session.unlock", outcome: name });
      // Only a password that was seen to be wrong counts: an unreachable service says nothing about it.
      if (name !== "wrongCredentials") await settleTry(session, before);
      throw error;
    }
  }

  async function provePassword(
    session: Session & { unlocked: Unlocked },
    password: string,
    refusal: "proofRefused" | "wrongCredentials" = "proofRefused",
  ): Promise<void> {
    const { unlocked } = session;
    session.audit.demandWritable();
    await countTry(session);
    const right = await passwordOpens(p, { ...whoIs(session.file), password }, unlocked.sealedRootKey);
    // Locked meanwhile: its keys are wiped, and nothing that needed the proof can go on.
    if (session.unlocked !== unlocked) throw new PosternError("locked");
    if (!right) throw new PosternError(refusal, "wrong account password");
    await settleTry(session, forgiven(session.file));
    await forgivePin(unlocked.store);
  }

  async function add(file: AccountFile): Promise<Session> {
    await writeAccount(home, file);
    const session = sessionOf(file);
    sessions.set(file.account, session);
    return session;
  }

  /** There is no file to count in before the first sign-in, so these tries are counted in memory. */
  function demandBring(): void {
    demandTry(wrongBrings, clock.wallMs());
  }

  return {
    list: () => [...sessions.values()],
    pick,
    open: (account) => {
      const session = pick(account);
      if (session.unlocked !== undefined && isOver(session.unlocked)) lockLater(session, "the clock");
      if (session.unlocked === undefined) throw new PosternError("locked");
      return session as Session & { unlocked: Unlocked };
    },
    unlock,
    lock: async (account) => {
      const chosen = account === undefined ? [...sessions.values()] : [pick(account)];
      await Promise.all(chosen.map((session) => lockOne(session, "asked")));
    },
    provePassword: (session, password) => provePassword(session, password),
    add,
    bring: async (file, password) => {
      demandBring();
      const address = await serviceAddress(file.service);
      const signedIn = await signIn(p, createServiceClient(address), address, { ...whoIs(file), password }).catch(
        (error: unknown) => {
          wrongBrings = { wrongPasswords: wrongBrings.wrongPasswords + 1, lastWrongMs: clock.wallMs() };
          throw error;
        },
      );
      const data = openUserData(p, signedIn.rootKey, file, signedIn.record.data);
      const session = await add({ ...file, name: data.name });
      session.unlocked = await openEverything({ p, home, clock, audit: session.audit }, session.file, signedIn);
      session.audit.keep({ event: "session.unlock", outcome: "ok" });
      events.unlocked(file.account);
      return session as Session & { unlocked: Unlocked };
    },
    touch: (unlocked) => {
      unlocked.lastActivity = momentOf(clock);
    },
    addressOf: serviceAddress,
    callTo: async (service) => createServiceClient(await serviceAddress(service)),
    close: async () => {
      cancelWatch();
      await Promise.all([...sessions.values()].map((session) => lockOne(session, "the agent stops")));
      for (const { audit } of sessions.values()) audit.close();
      p.wipeAll();
    },
  };
}
