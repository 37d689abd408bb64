// One agent per home. The lock is an exclusive SQLite transaction that never ends. The kernel holds it for the process and drops it however
// the process dies. So there is no stale lock file.
import { closeSync, constants, existsSync, lstatSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { StartRefused } from "./start-refused.ts";

/** The lock, held until `release` or the end of the process. */
export type InstanceLock = { release(): void };

/** SQLITE_BUSY, the primary result code: another process holds the lock. */
const SQLITE_BUSY = 5;

/**
 * Takes the lock at `path`, a small database in a private folder. Nothing else in this process may open the file: closing any other
 * descriptor of it would drop the lock (fcntl(2)). Throws StartRefused where another agent holds it; `holder` describes that agent. Must
 * be taken before the socket is touched.
 */
export function takeInstanceLock(
  path: string,
  holder: () => { readonly pid: number; readonly socket: string } | undefined = () => undefined,
): InstanceLock {
  makePrivate(path);
  const database = new DatabaseSync(path);
  try {
    // The journal stays in memory, or its file would lie beside the lock. There is no waiting: the holder never lets go.
    database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((((error as { errcode?: number }).errcode ?? 0) & 0xff) === SQLITE_BUSY) {
      const found = holder();
      const who = found === undefined ? "" : ` (process ${found.pid}, which listens at ${found.socket})`;
      throw new StartRefused(
        `another agent already runs for this home${who}`,
        "use it, or stop it first with `postern agent stop`",
        error,
      );
    }
    // SQLite reads these files before the lock itself, and the agent makes none of them.
    const beside = ["-journal", "-wal", "-shm"].map((end) => path + end).find((one) => existsSync(one));
    throw new StartRefused(
      beside === undefined
        ? `the instance lock ${path} cannot be used: it is damaged, or not to be opened`
        : `the instance lock cannot be used because of ${beside}, which lies beside it and is not the agent's`,
      `where no agent runs for this home, remove ${beside ?? path} and start again`,
      error,
    );
  }
  return { release: () => database.close() };
}

/** Makes the file here, since SQLite would use the umask and follow a link. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EEXIST")
      throw new StartRefused(
        `the instance lock could not be made (${code})`,
        "check that the data folder can be written",
        error,
      );
    // Looked at without opening: closing the file again would drop a lock that this process holds.
    if (!lstatSync(path).isFile())
      throw new StartRefused(`what lies at the lock's path ${path} is no file`, "move it out of the way");
  }
}
