// accounts.backup, accounts.openRestore, accounts.restore: all sealed rows in one file, and back. The password is the proof. The file is sent in
// chunks through a handle of the connection.
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { Overseer } from "../approval/overseer.ts";
import type { Connection } from "../call/connection.ts";
import { entryOf, trierOf } from "../call/log-entry.ts";
import type { Clock } from "../host/clock.ts";
import type { Sodium } from "../host/sodium.ts";
import { backupLines, newBackupBounds } from "../session/own-backup.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import { BACKUP_HANDLE_BYTES } from "../transfer/handle-bytes.ts";
import type { Handles } from "../transfer/handles.ts";
import { createSpools } from "../transfer/spool.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { createBackupReading } from "./backup-reading.ts";
import { emptyAccount } from "./empty-account.ts";
import { provenBeside } from "./new-account.ts";
import { recorded } from "./proven.ts";
import { restore } from "./restore.ts";

type BackupHandlers = Pick<
  Handlers,
  "accounts.backup" | "accounts.openRestore" | "accounts.inspectBackup" | "accounts.restore"
>;

export type BackupParts = {
  readonly home: string;
  readonly crypto: Sodium;
  readonly sessions: Sessions;
  readonly tokens: Pick<TokenSessions, "lock">;
  readonly handles: Handles;
  readonly clock: Clock;
  readonly overseer: Pick<Overseer, "prove">;
};

export function backupMethods(parts: BackupParts): BackupHandlers {
  const { home, crypto, sessions, tokens, handles, clock } = parts;
  /**
   * Each restore has keys in guarded memory. So a connection has one at a time, which ends with the connection. The limit is not one per agent:
   * then a program without a grant, with a service that never answers, could block the person.
   */
  const restoring = new WeakSet<Connection>();
  const spools = createSpools({ folder: home, clock, newBounds: newBackupBounds });
  const read = createBackupReading(crypto);
  /** Backups that came with a proof of the default account, and that account's session at the time. A lock ends the proof's effect. */
  const besides = new WeakMap<object, Unlocked | undefined>();
  const isProven = (spool: object) => {
    const unlocked = besides.get(spool);
    return unlocked !== undefined && sessions.list().some((session) => session.unlocked === unlocked);
  };

  return {
    "accounts.backup": async ({ account, password }, call) => {
      const session = sessions.open(account);
      const { file, unlocked, audit } = session;
      await recorded(call, () => sessions.provePassword(session, password, trierOf(call).place), audit);
      const lines = backupLines(crypto, session, new Date(clock.wallMs()));
      const holds = () => sessions.open(file.account).unlocked === unlocked;
      const handle = handles.add(call, {
        kind: "read",
        unlocked,
        holds,
        stream: { next: chunksOf(lines) },
        bytes: BACKUP_HANDLE_BYTES,
      });
      audit.keep(entryOf(call, "ok", [file.account]));
      return { handle };
    },

    "accounts.openRestore": async ({ replacePassword, proof }, call) => {
      if (replacePassword !== undefined && proof !== undefined)
        throw new PosternError("invalidParams", "replacePassword and proof must not both be given");
      const replaced = replacePassword === undefined ? undefined : emptyAccount(sessions, tokens, call);
      const isProven = replaced === undefined && (await provenBeside(parts, proof, call));
      await replaced?.prove(replacePassword ?? "");
      const isStranger = replaced === undefined && !isProven && !call.connection.subject.throughCommand;
      const spool = spools.create(isStranger);
      if (isProven) besides.set(spool, sessions.pick(undefined).unlocked);
      return { handle: handles.add(call, { kind: "restore", holds: () => true, spool }) };
    },

    "accounts.inspectBackup": ({ handle }, call) => {
      const opened = handles.demand(call, handle, "restore");
      return handles.alone(opened, async () => {
        const { header, serviceAccounts, shares } = await read(call, opened.spool.source);
        return { account: header.account, madeAt: header.madeAt, serviceAccounts, shares: shares.length };
      });
    },

    "accounts.restore": async (params, call) => {
      const { connection } = call;
      if (restoring.has(connection)) throw new PosternError("busy", "one restore at a time on a connection");
      restoring.add(connection);
      try {
        return await restore({ ...parts, read, isProven }, params, call);
      } finally {
        restoring.delete(connection);
      }
    },
  };
}

/** Joins lines to chunks of at most 1 MiB. */
function chunksOf(lines: AsyncGenerator<Uint8Array>): () => Promise<{ chunk: Uint8Array; final: boolean }> {
  let held: Uint8Array = new Uint8Array();
  let ended = false;
  return async () => {
    while (!ended && held.length <= limits.chunkBytes) {
      const { value, done } = await lines.next();
      if (done === true) ended = true;
      else held = joined(held, value);
    }
    const chunk = held.subarray(0, limits.chunkBytes);
    held = held.subarray(limits.chunkBytes);
    return { chunk, final: ended && held.length === 0 };
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
