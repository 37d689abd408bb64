// One service per store. The lock is an exclusive SQLite transaction that is never ended, as the agent's is: the kernel holds it
// for the process and drops it however the process dies. Two services on one store would each tell only their own changes,
// and a generation of changes would no more be what one process wrote.
import { closeSync, constants, existsSync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { PosternError } from "../../protocol/errors.ts";
import { storeFault } from "./own-file.ts";

export type StoreLock = { release(): void };

/** SQLITE_BUSY, the primary result code: somebody else holds the lock. */
const SQLITE_BUSY = 5;

/** Takes the lock of the store at `store`. Throws storeInUse, with the process that has it where that is known. */
export function takeStoreLock(store: string): StoreLock {
  const path = `${store}.lock`;
  makePrivate(path);
  const database = new DatabaseSync(path);
  try {
    // The journal stays in memory: a file of it would lie beside the lock while it is held. No waiting: the holder never lets go.
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

/** SQLite looks at what lies beside the lock first, and we make none of it. */
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

/** For the words of a refusal alone: where it cannot be written, those lack a number. */
function tellHolder(store: string): void {
  try {
    rmSync(pidPath(store), { force: true });
    writeFileSync(pidPath(store), `${process.pid}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** The process that said so and still lives; another may have died before it could take its number back. */
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

/** SQLite would make the file as the umask says, and would follow a link. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // Looked at without opening it: closing it again would drop a lock this process holds.
    if (!lstatSync(path).isFile())
      throw new PosternError("storeInUse", undefined, {
        text: `what lies at the lock's path ${path} is no file`,
        hint: "move it out of the way",
      });
  }
}
