// One service per store. The lock is an exclusive SQLite transaction that never ends, as the agent's lock is. The kernel holds it
// for the process and drops it however the process dies. Two services on one store would each announce their own changes only,
// and a generation would no longer be the work of one process.
import { closeSync, constants, existsSync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { PosternError } from "../../protocol/errors.ts";
import { storeFault } from "./own-file.ts";

export type StoreLock = { release(): void };

/** SQLITE_BUSY, the primary result code: another process holds the lock. */
const SQLITE_BUSY = 5;

/** Takes the lock of the store at `store`. Throws storeInUse, with the id of the other process where it is known. */
export function takeStoreLock(store: string): StoreLock {
  const path = `${store}.lock`;
  makePrivate(path);
  const database = new DatabaseSync(path);
  try {
    // The journal stays in memory, or its file would lie beside the lock. There is no waiting: the holder never lets go.
    database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== SQLITE_BUSY) throw unusable(error, path);
    const pid = holderOf(store);
    const holder = pid === undefined ? "" : ` (process ${pid})`;
    throw new PosternError("storeInUse", `${store}${holder}`, { cause: error });
  }
  tellHolder(store);
  return {
    release: () => {
      rmSync(pidPath(store), { force: true });
      database.close();
    },
  };
}

/** SQLite reads files beside the lock first, and Postern makes none of them. */
function unusable(error: unknown, path: string): unknown {
  const beside = ["-journal", "-wal", "-shm"].map((end) => path + end).find((one) => existsSync(one));
  const fault = storeFault(error, path);
  if (fault === undefined || fault.name !== "fileUnusable") return fault ?? error;
  const what =
    beside === undefined
      ? `the lock ${path} is damaged, or not to be opened`
      : `${beside} lies beside the lock, and is not the service's`;
  return new PosternError("fileUnusable", what, {
    hint: `where no service runs on this store, remove ${beside ?? path} and start again`,
    cause: error,
  });
}

const pidPath = (store: string): string => `${store}.pid`;

/** Written for the words of a refusal only. Where it cannot be written, the words lack the number. */
function tellHolder(store: string): void {
  try {
    rmSync(pidPath(store), { force: true });
    writeFileSync(pidPath(store), `${process.pid}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** The process that wrote its number and still lives. A dead one may have left its number behind. */
function holderOf(store: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidPath(store), "utf8"));
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return undefined;
  }
}

/** Makes the file here, since SQLite would use the umask and follow a link. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // Looked at without opening: closing the file again would drop a lock that this process holds.
    if (!lstatSync(path).isFile())
      throw new PosternError("storeInUse", undefined, {
        text: `what lies at the lock's path ${path} is no file`,
        hint: "move it out of the way",
      });
  }
}
