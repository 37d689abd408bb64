// An unlocked account: open keys, the cache, the device store, and the times for locking it again.
import { join } from "node:path";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { closeSignedIn } from "../../clients/account/user-keys.ts";
import { subkey } from "../../protocol/crypto/derivation.ts";
import { fromBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import { openText, sealText } from "../../protocol/crypto/envelope.ts";
import { keepAll } from "../../protocol/crypto/keep-all.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import type { Account } from "../account/account.ts";
import { type Cache, createCache } from "../account/cache.ts";
import type { AuditLog } from "../audit/log.ts";
import { type Clock, type Moment, momentOf } from "../host/clock.ts";
import type { Whose } from "./account-file.ts";
import { authenticatorsOf } from "./authenticators.ts";
import {
  type DeviceState,
  type DeviceStore,
  newDeviceState,
  openDeviceStore,
  withUnsurePolicy,
} from "./device-store.ts";
import { idleLockOf } from "./idle.ts";
import { logDaysOf } from "./log-days.ts";
import { type SealedParts, sealedAccount } from "./sealed-account.ts";

export type Unlocked = {
  /** The account for the other rooms. */
  readonly account: Account;
  /** The parts that only our own kind has: the user's own data, the keys of service accounts. For this room only. */
  readonly ownKind: OpenAccount;
  readonly cache: Cache;
  readonly store: DeviceStore;
  readonly unlockedAt: Moment;
  lastActivity: Moment;
  /** The wrapped root key. It checks the account password as a proof. */
  sealedRootKey: string;
  readonly signedIn: SignedIn;
  /** Seals names for the audit log, and opens names in it. */
  sealNames(names: readonly string[]): string;
  openNames(sealed: string): string[];
  /** A keyed hash of words that a person allowed: the same for this account until its root key is another one. A grant holds it, and no title. */
  hashWords(words: readonly (string | readonly string[] | undefined)[]): string;
  /** The messages for the person at this unlock. */
  readonly warnings: readonly string[];
  /** Wipes every key. */
  close(): void;
};

/** Makes the account for the other rooms. Another kind of account needs another such function. */
export type AccountOf = (parts: SealedParts) => Account;

type Parts = {
  readonly crypto: Primitives;
  readonly folder: string;
  readonly clock: Clock;
  readonly audit: AuditLog;
  /** The default makes our own kind. */
  readonly accountOf?: AccountOf | undefined;
  /** Whether a service account's token opens it. */
  readonly byToken: boolean;
  /** The wrong passwords that the account's file counted before. Undefined where it has no count of its own. */
  readonly wrongTries?: number | undefined;
};

/** Opens an account whose user has just signed in. */
export async function openEverything(parts: Parts, whose: Whose, signedIn: SignedIn): Promise<Unlocked> {
  const opened: (() => void)[] = [];
  const closeAll = () => {
    for (const close of opened) close();
  };
  try {
    return await openParts(parts, whose, signedIn, opened, closeAll);
  } catch (error) {
    closeAll();
    throw error;
  }
}

async function openParts(
  { crypto, folder, clock, audit, accountOf = sealedAccount, byToken, wrongTries }: Parts,
  file: Whose,
  signedIn: SignedIn,
  opened: (() => void)[],
  close: () => void,
): Promise<Unlocked> {
  const ownKind = openOrClose(crypto, file, signedIn, clock);
  opened.push(ownKind.close);
  const [storeKey, namesKey, wordsKey] = keepAll(
    crypto,
    storeKeyOf(crypto, signedIn.rootKey),
    namesKeyOf(crypto, signedIn.rootKey),
    subkey(crypto, signedIn.rootKey, "postern/1 allowed words"),
  );
  opened.push(() => crypto.release(storeKey, namesKey, wordsKey));
  const owner = { account: file.account, user: file.user };
  const namesContext = { part: "audit names", ...owner } as const;
  const { store } = openDeviceStore(crypto, storeKey, owner, join(folder, "device.sealed"));
  const warnings = [...(await checkCounter(ownKind, file.device, store)), ...olderUserData(ownKind, store)];

  const sealNames = (names: readonly string[]) =>
    sealText(crypto, namesKey, namesContext, JSON.stringify(names)).toBase64();
  const resumed = audit.unlock({
    sealNames,
    start: crypto.randomBytes(32),
    checkpoints: store.state.checkpoints,
    anchor: store.state.anchor,
    forgivenSeq: store.state.forgivenSeq,
  });
  const userData = ownKind.userDataRevision();
  const anchor = audit.anchor();
  await store.change((state) => ({
    ...withForgiven(state, audit),
    ...{ checkpoints: resumed.checkpoints, anchor, userData },
  }));

  audit.keepFor(logDaysOf(store.state));

  const account = accountOf({ crypto, open: ownKind, session: signedIn.session, byToken });
  const cache = createCache(crypto, clock.bootMs, account.feed !== undefined);
  opened.push(cache.close);
  const now = momentOf(clock);
  return {
    account,
    ownKind,
    cache,
    store,
    unlockedAt: now,
    lastActivity: now,
    sealedRootKey: signedIn.record.rootKey,
    signedIn,
    sealNames,
    openNames: (sealed) => openNames(crypto, namesKey, owner, sealed),
    hashWords: (words) => crypto.keyedHash(wordsKey, utf8(JSON.stringify(words.map((one) => one ?? null)))).toBase64(),
    warnings: [...warnings, ...resumed.problems, ...hiddenTries(resumed.wrongTries, wrongTries)],
    close,
  };
}

/** The key of the device store, for a user or service account with this root key. */
export function storeKeyOf(crypto: Primitives, rootKey: Uint8Array): Uint8Array {
  return subkey(crypto, rootKey, "postern/1 device store");
}

/** The key of names in the log, for a user or service account with this root key. */
export function namesKeyOf(crypto: Primitives, rootKey: Uint8Array): Uint8Array {
  return subkey(crypto, rootKey, "postern/1 audit names");
}

/** Opens names in a log. Throws sealBroken. */
export function openNames(
  crypto: Primitives,
  namesKey: Uint8Array,
  owner: { account: string; user: string },
  sealed: string,
): string[] {
  const context = { part: "audit names", ...owner } as const;
  return JSON.parse(openText(crypto, namesKey, context, fromBase64(sealed) ?? new Uint8Array())) as string[];
}

function openOrClose(crypto: Primitives, { account, user }: Whose, signedIn: SignedIn, clock: Clock): OpenAccount {
  try {
    return openAccount(crypto, account, user, signedIn, clock.bootMs);
  } catch (error) {
    closeSignedIn(crypto, signedIn);
    throw error;
  }
}

/**
 * The user's sealed data at the service repeats the store's counter. A lower counter on disk means that an old copy was put back, perhaps one
 * with fewer counted tries, or with a longer idle lock. Then both are removed, and the person is told.
 */
async function checkCounter(account: OpenAccount, device: string, store: DeviceStore): Promise<string[]> {
  const repeated = account.userData().deviceCounters[device] ?? 0;
  if (store.state.counter >= repeated) return [];
  const wasLonger = idleLockOf(store.state) !== idleLockOf(newDeviceState);
  const hadPolicy = store.state.policy !== undefined;
  const hadAuthenticators = authenticatorsOf(store.state).length > 0;
  await store.change(
    ({ idleLock: _lock, approvers: _order, applications: _known, authenticators: _keys, ...state }) => ({
      ...withUnsurePolicy(state),
      counter: repeated,
      pin: undefined,
    }),
  );
  return [
    "the device store was replaced by an older copy; the approval PIN was taken away",
    ...(wasLonger ? ["the account locks after ten idle minutes again; `postern config` chooses another time"] : []),
    ...(hadAuthenticators
      ? ["its fingerprint readers and security keys were taken away; enrol them again in the app"]
      : []),
    ...(hadPolicy ? ["the policy allows nothing until you approve it again: `postern policy`"] : []),
  ];
}

/**
 * The device keeps the revision of the user's data. A lower one means that the service shows an older copy: one from before a device was named,
 * a key was pinned, or this store's counter was raised. It is told once, since the service may have been put back on purpose.
 */
function olderUserData(account: OpenAccount, store: DeviceStore): string[] {
  const seen = store.state.userData ?? 0;
  return account.userDataRevision() < seen ? [OLDER_USER_DATA] : [];
}

/** Told at an unlock. */
export const OLDER_USER_DATA =
  "the account service gave an older copy of your account's own data than this device has seen; ask who runs the service whether its store was put back";

/** Marks that no wrong password up to now is counted any more. */
export function withForgiven(state: DeviceState, audit: Pick<AuditLog, "anchor">): DeviceState {
  const seq = audit.anchor()?.seq;
  return seq === undefined ? state : { ...state, forgivenSeq: seq };
}

/** What is told where the log has more wrong passwords than the account's file counted. */
export function hiddenTries(inLog: number | undefined, inFile: number | undefined): string[] {
  const hidden = (inLog ?? 0) - (inFile ?? Number.POSITIVE_INFINITY);
  if (hidden <= 0) return [];
  const what = hidden === 1 ? "1 wrong account password was" : `${hidden} wrong account passwords were`;
  return [
    `${what} tried that account.json does not count: a program edited that file or put an older one back, and so could try sooner; \`postern audit\` shows them`,
  ];
}

/** Repeats the store's counter at the service. */
export async function repeatCounter({ ownKind, store }: Unlocked, device: string): Promise<void> {
  const counter = store.state.counter;
  if ((ownKind.userData().deviceCounters[device] ?? 0) >= counter) return;
  await ownKind.changeUserData((data) => ({ ...data, deviceCounters: { ...data.deviceCounters, [device]: counter } }));
}

/** Keeps the revision of the user's data that this device has seen last. For a moment at which the store is written in any case. */
export const withSeenUserData = (state: DeviceState, { ownKind }: Pick<Unlocked, "ownKind">): DeviceState => ({
  ...state,
  userData: Math.max(state.userData ?? 0, ownKind.userDataRevision()),
});
