// The bytes that open files may make the agent hold: per connection, per asker over all its connections, and in all. A handle counts by the
// bytes that it holds between two chunks, and not by the size of its file.
import { PosternError } from "../../protocol/errors.ts";
import type { Connection } from "../call/connection.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes of a file being read or written: ids, key and state of its stream, and the runtime's own part. Measured at about 3 KiB. */
export const FILE_HANDLE_BYTES = 4 * KiB;

/** Bytes of a backup being written: a page of a hundred sealed items that waits for its reader, and the chunk before it. */
export const BACKUP_HANDLE_BYTES = 32 * MiB;

/** A test sets smaller bounds than the product. */
export type HandleLimits = { readonly perConnection: number; readonly perAsker: number; readonly all: number };

export const handleLimits: HandleLimits = {
  /** One backup, and more files than a connection may open. */
  perConnection: 33 * MiB,
  /** Two backups at once from two terminals of one person, and the files of a hundred connections. */
  perAsker: 72 * MiB,
  /** Four backups, and every file of every connection. The rest of the agent's memory is for answers. */
  all: 192 * MiB,
};

export type HandleBytes = {
  /** Throws busy where there is no room for so many bytes. */
  take(connection: Connection, bytes: number): void;
  giveBack(connection: Connection, bytes: number): void;
};

export function createHandleBytes(limits: HandleLimits = handleLimits): HandleBytes {
  const byConnection = new Map<Connection, number>();
  const byAsker = new Map<string, number>();
  let all = 0;

  function add<K>(held: Map<K, number>, key: K, bytes: number): void {
    const now = (held.get(key) ?? 0) + bytes;
    if (now === 0) held.delete(key);
    else held.set(key, now);
  }

  function note(connection: Connection, bytes: number): void {
    add(byConnection, connection, bytes);
    add(byAsker, connection.subject.family, bytes);
    all += bytes;
  }

  return {
    take: (connection, bytes) => {
      const rules = [
        [byConnection.get(connection), limits.perConnection, "this connection has"],
        [byAsker.get(connection.subject.family), limits.perAsker, "this program and its like have"],
        [all, limits.all, "all programs have"],
      ] as const;
      for (const [held = 0, limit, who] of rules)
        if (held + bytes > limit) throw new PosternError("busy", `${who} as much open as may be: ${limit} bytes`);
      note(connection, bytes);
    },
    giveBack: (connection, bytes) => note(connection, -bytes),
  };
}
