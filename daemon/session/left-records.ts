// Takes records of tokens' own logs into the person's log. A token may read on this machine while its person is signed out; then only the
// token's own log has the records. The person has the service account's keys too. So once the account is unlocked here, its log takes in
// each record that follows from a sealed key there, once. Other records are left out, and a record says so.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type LeftReading, readLeft, type TakenIn } from "../audit/left-reading.ts";
import { leftRecord } from "../audit/left-record.ts";
import type { AuditLog, LeftRecord } from "../audit/log.ts";
import { othersTurn, TURN_RECORDS } from "../audit/pages.ts";
import { listSegments, readSegment } from "../audit/segments.ts";
import { accountFolder, tokenFolder, tokenFoldersIn } from "../host/data-folder.ts";
import type { OpenSession } from "./account-session.ts";
import { type DeviceState, openDeviceStore } from "./device-store.ts";
import { namesKeyOf, openNames, storeKeyOf, type Unlocked } from "./unlocked.ts";

/**
 * Bytes of one token's log that are taken in at an unlock. The rest waits for the next one. A service account's tokens have the same room in a
 * day while the account is here: a holder of a token must not push the rest out of the person's log.
 */
export const TAKEN_IN_BYTES_MAX = 16 * 1024 * 1024;

/** Tokens' logs that are read, the last used ones first. A machine runs a few kinds of program, and tokens are renewed. */
export const LEFT_LOGS_MAX = 1_000;

/** Bytes of one write. After it the place is marked. */
const BATCH_BYTES = 1024 * 1024;

/** The newest segments of the person's log that are searched for records that a crash took in without a mark. */
const UNMARKED_SEGMENTS = 2;

/** The person's log and keys. */
export type Taker = {
  readonly file: Pick<OpenSession["file"], "account">;
  readonly audit: Pick<AuditLog, "takeIn" | "keep" | "flush">;
  readonly unlocked: Pick<Unlocked, "ownKind" | "store">;
};

export type LeftRecords = {
  /**
   * Takes in the records of tokens, once per unlock of the account. Calls at the same time wait for the same work. Throws offline, sealBroken,
   * auditUnwritable, locked. The next call then tries again.
   */
  takeIn(taker: Taker): Promise<void>;
};

export type LeftRecordsParts = {
  readonly home: string;
  readonly crypto: Primitives;
  /** Writes the records that open sessions of an account's tokens have in memory. */
  readonly flushTokens: (account: string) => void;
  /** The number of tokens' logs, and the bytes of each. For tests. */
  readonly limits?: { readonly logs: number; readonly bytes: number };
};

/** A service account: the keys that open its tokens' stores and the names in their logs. */
type Owner = { readonly id: string; readonly storeKey: Uint8Array; readonly namesKey: Uint8Array };

/** One token's log, and the facts about it in its sealed store. */
type LeftLog = { readonly key: string; readonly owner: Owner; readonly state: DeviceState };

export function createLeftRecords(parts: LeftRecordsParts): LeftRecords {
  const { home, crypto, limits = { logs: LEFT_LOGS_MAX, bytes: TAKEN_IN_BYTES_MAX } } = parts;
  const done = new WeakMap<Taker["unlocked"], Promise<void>>();

  async function takeAll(taker: Taker): Promise<void> {
    const { account } = taker.file;
    const keys = tokenFoldersIn(home).slice(0, limits.logs);
    await forgetMissing(taker, keys);
    if (keys.length === 0) return;
    parts.flushTokens(account);
    const owners = await ownersOf(crypto, taker.unlocked);
    try {
      for (const key of keys) {
        const log = ownedLog(key, account, owners);
        if (log !== undefined) await takeLog(taker, log);
        await othersTurn();
      }
    } finally {
      crypto.release(...owners.flatMap(({ storeKey, namesKey }) => [storeKey, namesKey]));
    }
  }

  /** The log in this folder, if a service account of the person sealed its store. Only a holder of its token can do that. */
  function ownedLog(key: string, account: string, owners: readonly Owner[]): LeftLog | undefined {
    const path = join(tokenFolder(home, key), "device.sealed");
    if (!existsSync(path)) return undefined;
    for (const owner of owners) {
      try {
        const { store } = openDeviceStore(crypto, owner.storeKey, { account, user: owner.id }, path);
        return { key, owner, state: store.state };
      } catch (error) {
        // It belongs to another service account or another person, or is no store.
        if (!(error instanceof PosternError)) throw error;
      }
    }
    return undefined;
  }

  async function takeLog(taker: Taker, log: LeftLog): Promise<void> {
    const folder = tokenFolder(home, log.key);
    const mark = taker.unlocked.store.state.takenIn?.[log.key];
    const goesOn = readLeft(crypto, folder, log.state, mark);
    // A log without the marked record is an older copy or was written anew. Then all of it is new.
    const reading = goesOn ?? readLeft(crypto, folder, log.state, undefined);
    if (reading === undefined) return;
    const { records, full } = await takeFrom(taker, log, reading);
    const isNew = reading.mark()?.last !== mark?.last;
    const found = full ? undefined : reading.problem();
    const problem = goesOn === undefined ? "it is not the log that it was" : found;
    if (isNew && (records > 0 || problem !== undefined)) tell(taker, { records, full, problem }, log.owner.id);
  }

  async function takeFrom(taker: Taker, log: LeftLog, reading: LeftReading) {
    const { account } = taker.file;
    const { takeIn } = taker.audit;
    const opens = (sealed: string) => namesOpen(crypto, log.owner, account, sealed);
    // Only a crash leaves records that were taken in without a mark.
    const isTaken = takenBefore(home, account);
    let batch: LeftRecord[] = [];
    let [records, bytes, batchBytes, looked] = [0, 0, 0, 0];
    const write = async () => {
      if (batch.length > 0) takeIn(batch);
      records += batch.length;
      batch = [];
      batchBytes = 0;
      await markAt(taker, log.key, reading.mark());
    };
    for (const { record, proven } of reading.records()) {
      if (++looked % TURN_RECORDS === 0) await othersTurn();
      const left = proven ? leftRecord(record, log.owner.id, opens) : undefined;
      if (left === undefined || isTaken(left)) continue;
      const size = JSON.stringify(left).length;
      batch.push(left);
      batchBytes += size;
      bytes += size;
      if (bytes >= limits.bytes) break;
      if (batchBytes >= BATCH_BYTES) await write();
    }
    await write();
    return { records, full: bytes >= limits.bytes };
  }

  return {
    takeIn: (taker) => {
      const { unlocked } = taker;
      const known = done.get(unlocked);
      if (known !== undefined) return known;
      const taking = takeAll(taker);
      done.set(unlocked, taking);
      taking.catch(() => done.delete(unlocked));
      return taking;
    },
  };
}

type Told = { readonly records: number; readonly full: boolean; readonly problem: string | undefined };

function tell({ audit }: Taker, { records, full, problem }: Told, serviceAccount: string): void {
  const outcome = [`${records} taken in`, full ? "more wait for the next unlock" : undefined, problem];
  audit.keep({
    event: "audit.takenIn",
    outcome: outcome.filter((text) => text !== undefined).join("; "),
    ids: [serviceAccount],
  });
}

/** A missing log has no mark any more. Its absence is reported once. */
async function forgetMissing({ audit, unlocked: { store } }: Taker, keys: readonly string[]): Promise<void> {
  const gone = Object.keys(store.state.takenIn ?? {}).filter((key) => !keys.includes(key));
  if (gone.length === 0) return;
  audit.keep({ event: "audit.takenIn", outcome: `${gone.length} logs of tokens are gone` });
  await store.change(({ takenIn = {}, ...state }) => ({
    ...state,
    takenIn: Object.fromEntries(Object.entries(takenIn).filter(([key]) => !gone.includes(key))),
  }));
}

async function markAt({ unlocked: { store } }: Taker, key: string, mark: TakenIn | undefined): Promise<void> {
  if (mark?.last === store.state.takenIn?.[key]?.last) return;
  await store.change(({ takenIn = {}, ...state }) => {
    const { [key]: _before, ...others } = takenIn;
    return { ...state, takenIn: mark === undefined ? others : { ...others, [key]: mark } };
  });
}

/** Whether the newest segments of the person's log hold a record already. They are read at the first question. */
function takenBefore(home: string, account: string): (left: LeftRecord) => boolean {
  let known: Set<string> | undefined;
  return ({ token, seq, at }) => {
    known ??= new Set(
      listSegments(accountFolder(home, account))
        .slice(-UNMARKED_SEGMENTS)
        .flatMap(readSegment)
        .flatMap((line) => (line.kind === "torn" ? [] : [line.record]))
        .map((record) => placeOf(record.token, record.leftSeq, record.happened)),
    );
    return known.has(placeOf(token, seq, at));
  };
}

function placeOf(token: LeftRecord["token"], seq: number | undefined, at: string | undefined): string {
  return `${token?.token} ${seq} ${at}`;
}

async function ownersOf(crypto: Primitives, { ownKind }: Pick<Unlocked, "ownKind">): Promise<Owner[]> {
  const owners: Owner[] = [];
  try {
    await ownKind.serviceAccounts.eachRootKey(({ id }, rootKey) => {
      owners.push({
        id,
        storeKey: crypto.keep(storeKeyOf(crypto, rootKey)),
        namesKey: crypto.keep(namesKeyOf(crypto, rootKey)),
      });
    });
    return owners;
  } catch (error) {
    crypto.release(...owners.flatMap(({ storeKey, namesKey }) => [storeKey, namesKey]));
    throw error;
  }
}

/** Checks the opened names, since a holder of the token can seal anything. */
function namesOpen(crypto: Primitives, { id, namesKey }: Owner, account: string, sealed: string): boolean {
  try {
    const names: unknown = openNames(crypto, namesKey, { account, user: id }, sealed);
    return Array.isArray(names) && names.every((name) => typeof name === "string");
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof PosternError && error.name !== "locked")) return false;
    throw error;
  }
}
