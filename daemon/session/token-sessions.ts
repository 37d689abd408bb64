// Sessions of service accounts. Presenting a token is the proof: a program that has it may do everything that its account may, and nobody is
// asked. All programs with one token share one session. It is kept while a connection holds it, and a while longer for the next program. A
// lock ends it, and idleness does not.
import { createHash } from "node:crypto";
import { otherService, ownService } from "../../clients/account/answer-bounds.ts";
import {
  type CallService,
  createServiceClient,
  EMBEDDED_ORIGIN,
  type ServiceAddress,
} from "../../clients/account/service-client.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { closeSignedIn, signInWithToken } from "../../clients/account/user-keys.ts";
import { formatToken, parseToken, type ServiceAccountToken } from "../../protocol/access/service-account-token.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Actor, LogEntry } from "../audit/entry.ts";
import { type AuditLog, openAuditLog, type Recorder } from "../audit/log.ts";
import type { Checkpoint } from "../audit/proof.ts";
import { createTokenRecorder, type Spent } from "../audit/token-recorder.ts";
import type { Clock } from "../host/clock.ts";
import { ensureNamedFolder, tokenFolder } from "../host/data-folder.ts";
import { withoutReserve } from "../host/key-reserve.ts";
import type { Log } from "../host/log.ts";
import type { Sodium } from "../host/sodium.ts";
import type { Whose } from "./account-file.ts";
import type { AccountSession, OpenSession } from "./account-session.ts";
import { createHolders, type Holders } from "./holders.ts";
import { ANCHOR_MS, anchor, closeInOrder, createEndings, keepCheckpoints } from "./lifecycle.ts";
import { createStarts } from "./starts.ts";
import { readStoreMark, writeStoreMark } from "./store-mark.ts";
import { type AccountOf, openEverything, type Unlocked } from "./unlocked.ts";

/** Tokens in use at once. Each has keys in locked memory, and a machine runs a few kinds of program. */
export const TOKEN_SESSIONS_MAX = 16;

export type TokenSession = AccountSession & {
  /** Throws locked once the session has ended. The token must then be presented again. */
  demandOpen(): OpenSession;
  /** Holds the session for a connection. The returned function releases it, once. */
  hold(): () => void;
};

export type TokenSessions = {
  /** The session of this token. `family` is the presenting subject's. Throws tokenInvalid, tokenRefused, storeReplaced, offline, sealBroken, busy. */
  present(text: string, family: string): Promise<TokenSession>;
  /** Writes the records that open sessions of an account have in memory to their own logs. */
  flush(account: string): void;
  /** The open sessions. */
  list(): readonly TokenSession[];
  /** Ends the sessions of an account, or all. Returns whether all of it was recorded. */
  lock(account: string | undefined, by: Actor): Promise<boolean>;
  close(): Promise<void>;
};

export type TokenSessionParts = {
  readonly home: string;
  readonly crypto: Sodium;
  readonly clock: Clock;
  readonly log: Log;
  readonly serviceAddress: (service: string) => Promise<ServiceAddress>;
  readonly accountOf?: AccountOf | undefined;
  /** Whether an account of a person here is at this service. */
  readonly isPersons: (service: string) => boolean;
  /** The log of the account's person, where this agent has the account. */
  readonly personsLog: (whose: Whose) => AuditLog | undefined;
  /** The store of that person's last sign-in. */
  readonly personsStore: (whose: Whose) => string | undefined;
  /** Clears from memory what no code holds any more. Called after each session that ended. */
  readonly collect: () => void;
  readonly events: {
    /** `end` is called by code that learns that the service refuses the token now. */
    opened(session: OpenSession, end: () => Promise<unknown>): void;
    ended(unlocked: Unlocked): void;
  };
};

type Entry = TokenSession & {
  unlocked: Unlocked | undefined;
  /** The token's own log. */
  readonly own: AuditLog;
  readonly holders: Holders;
  /** Returns whether it was recorded. */
  end(why: string, by?: Actor): Promise<boolean>;
};

export function createTokenSessions(parts: TokenSessionParts): TokenSessions {
  const { home, clock, log, events } = parts;
  const crypto = withoutReserve(parts.crypto);
  /** Keyed by the hash of the token, which names its folder too. The text itself is kept nowhere. */
  const entries = new Map<string, Promise<Entry>>();
  const open = new Set<Entry>();
  const endings = createEndings();
  /** The number of locks and ends. A token that was signing in at that time must be presented again. */
  let locks = 0;
  const starts = createStarts();
  /** The bytes that service accounts have added to persons' logs. There are as many entries as service accounts made here. */
  const spentBy = new Map<string, Spent>();
  let cancelAnchoring = clock.after(ANCHOR_MS, anchorAll);

  function anchorAll(): void {
    cancelAnchoring = clock.after(ANCHOR_MS, anchorAll);
    for (const { own, unlocked } of open)
      anchor(own, unlocked).catch((error: unknown) => log.incident("anchor", error));
  }

  /** Calls a service. A token may name any. */
  function callTo(address: ServiceAddress, service: string): CallService {
    const isOwn = address.origin === EMBEDDED_ORIGIN || parts.isPersons(service);
    return createServiceClient(address, undefined, isOwn ? ownService : otherService);
  }

  async function enter(token: ServiceAccountToken, key: string): Promise<Entry> {
    const address = await parts.serviceAddress(token.service);
    const folder = tokenFolder(home, key);
    const known = readStoreMark(folder) ?? parts.personsStore(whoseOf(token));
    const signedIn = await signInWithToken(crypto, callTo(address, token.service), address, token, known);
    crypto.wipe(token.secret);
    // Whoever ended it handles the outcome.
    await endings.of(key).catch(() => undefined);
    const whose = whoseOf(token);
    let store: Unlocked["store"] | undefined;
    const audit = openLog(
      signedIn,
      folder,
      keepCheckpoints(() => store, log),
    );
    try {
      const unlocked = await openEverything(
        { crypto, folder, clock, audit, accountOf: parts.accountOf, byToken: true },
        whose,
        signedIn,
      );
      ({ store } = unlocked);
      await writeStoreMark(folder, signedIn.session.store);
      return entryOf(whose, audit, unlocked, key);
    } catch (error) {
      audit.close();
      throw error;
    }
  }

  function openLog(signedIn: SignedIn, folder: string, onRotate: (checkpoint: Checkpoint) => void): AuditLog {
    try {
      ensureNamedFolder(folder);
      return openAuditLog(folder, crypto, clock, log, onRotate);
    } catch (error) {
      closeSignedIn(crypto, signedIn);
      throw error;
    }
  }

  function recorderOf(file: Whose, own: AuditLog, { sealNames }: Unlocked): Recorder {
    const { user: serviceAccount, device: token } = file;
    const persons = () => parts.personsLog(file);
    const spent = spentBy.get(serviceAccount) ?? { sinceMs: clock.monotonicMs(), bytes: 0 };
    if (persons() !== undefined) spentBy.set(serviceAccount, spent);
    return createTokenRecorder({ own, persons, token: { serviceAccount, token, sealNames }, spent, clock });
  }

  function entryOf(file: Whose, audit: AuditLog, unlocked: Unlocked, key: string): Entry {
    const holders = createHolders(clock, () =>
      entry.end("nobody uses it").catch((error: unknown) => log.incident("token", error)),
    );
    const entry: Entry = {
      file,
      audit: recorderOf(file, audit, unlocked),
      own: audit,
      unlocked,
      demandOpen: () => {
        if (entry.unlocked === undefined) throw new PosternError("locked", "present the token again");
        return entry as OpenSession;
      },
      holders,
      hold: holders.hold,
      end: (why, by = {}) => {
        if (entry.unlocked === undefined) return endings.of(key);
        // From now on no caller finds it open. The rest is tidying.
        entry.unlocked = undefined;
        holders.stop();
        entries.delete(key);
        open.delete(entry);
        return endings.begin(key, () => close(file, unlocked, audit, { event: "token.ended", outcome: why, ...by }));
      },
    };
    return entry;
  }

  function close(file: Whose, unlocked: Unlocked, audit: AuditLog, ended: LogEntry): Promise<boolean> {
    return closeInOrder({
      audit,
      unlocked,
      record: () => {
        events.ended(unlocked);
        // The counted calls there have names that need this session's key.
        parts.personsLog(file)?.flush();
        audit.keep(ended);
      },
      unrecorded: () => log.note("a token's session ended, and that was not recorded: the disk took nothing"),
      finish: () => {
        audit.close();
        parts.collect();
      },
    });
  }

  async function start(token: ServiceAccountToken, key: string): Promise<Entry> {
    const before = locks;
    const entry = await enter(token, key);
    open.add(entry);
    if (locks !== before) await entry.end("asked");
    events.opened(entry.demandOpen(), () => entry.end("the service refuses it"));
    return entry;
  }

  /** Ends a session without holders, where there is no place for another. */
  function makeRoom(): void {
    if (entries.size < TOKEN_SESSIONS_MAX) return;
    const left = [...open].find((entry) => entry.holders.isLeft());
    if (left === undefined) throw new PosternError("busy", `${TOKEN_SESSIONS_MAX} tokens may be in use at once`);
    left.end("room for another").catch((error: unknown) => log.incident("token", error));
  }

  return {
    present: async (text, family) => {
      const token = parseToken(text);
      const key = keyOf(token);
      const known = entries.get(key);
      if (known !== undefined) return known;
      // Checked before room is made: a program that may not begin must not end a session that others left.
      starts.demand(family);
      makeRoom();
      const starting = starts.counted(family, () => start(token, key));
      entries.set(key, starting);
      // A refused token leaves no trace, not even of the try.
      starting.catch(() => {
        // A lock may have ended this start, and another start may have begun meanwhile.
        if (entries.get(key) === starting) entries.delete(key);
      });
      return starting;
    },
    flush: (account) => {
      for (const { file, own } of open) if (file.account === account) own.flush();
    },
    list: () => [...open],
    lock: async (account, by) => {
      locks++;
      const chosen = [...open].filter(({ file }) => account === undefined || file.account === account);
      const recorded = await Promise.all(chosen.map((entry) => entry.end("asked", by)));
      return recorded.every(Boolean);
    },
    close: async () => {
      cancelAnchoring();
      locks++;
      await Promise.all([...open].map((entry) => entry.end("the agent stops")));
    },
  };
}

/**
 * A name for the token that only its holder can compute. The token's own id would be enough for honest ones. But an attacker who knows that id
 * could run a service that accepts it, and would reach the same log.
 */
function keyOf(token: ServiceAccountToken): string {
  return createHash("sha256").update(formatToken(token)).digest("hex");
}

function whoseOf({ account, serviceAccount, token, service }: ServiceAccountToken): Whose {
  return { account, user: serviceAccount, device: token, name: serviceAccount, service };
}
