// Reads a whole backup, which any program may ask for. One is read at a time in the whole agent, since each needs a processor. A caller that has
// gone leaves the queue, and its reading stops.
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Call } from "../call/call.ts";
import type { Connection } from "../call/connection.ts";
import { oneAtATime } from "../host/one-at-a-time.ts";
import { type BackupBytes, type BackupRead, readBackup } from "../session/own-backup.ts";

/** Waiting readings. Each connection has one, and there are fewer connections. */
const WAITING_MAX = 1024;

/** Throws notRestorable, busy, and cancelled where the call has ended. */
export type ReadBackup = (call: Pick<Call, "connection" | "signal">, source: BackupBytes) => Promise<BackupRead>;

export function createBackupReading(crypto: Primitives): ReadBackup {
  const inTurn = oneAtATime(WAITING_MAX);
  const reading = new WeakSet<Connection>();
  return async ({ connection, signal }, source) => {
    if (reading.has(connection)) throw new PosternError("busy", "one backup at a time is read for a connection");
    reading.add(connection);
    const ended = signal();
    try {
      return await inTurn(() => readBackup(crypto, endedWith(source, ended)));
    } finally {
      reading.delete(connection);
    }
  };
}

function endedWith(source: BackupBytes, signal: AbortSignal): BackupBytes {
  return async function* () {
    if (signal.aborted) throw new PosternError("cancelled");
    for await (const piece of source()) {
      if (signal.aborted) throw new PosternError("cancelled");
      yield piece;
    }
  };
}
