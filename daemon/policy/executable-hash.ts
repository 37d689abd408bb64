// SHA-256 of the file that a process runs. It is computed in a thread, once for each state of a file, and only when a rule needs it.
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { inThread } from "../host/thread.ts";
import type { ProcessFacts } from "../peer/peer.ts";

/** Bytes of the largest executable that is hashed. Browsers and runtimes have up to two hundred megabytes. */
export const EXECUTABLE_BYTES_MAX = 512 * 1024 * 1024;

/** Files whose hash is remembered. A person runs far fewer programs. Past it the oldest is forgotten. */
export const HASHES_MAX = 256;

/** Files that wait to be hashed. One is hashed at a time. Past it a file counts as one that no rule names. */
export const WAITING_MAX = 32;

export type ExecutableHashes = {
  /** The hash in hex. Undefined where the file cannot be read, is too large, or is another one by now. */
  of(facts: ProcessFacts): Promise<string | undefined>;
};

export function createExecutableHashes(
  hash: (file: FileHandle, size: number) => Promise<string> = hashInThread,
): ExecutableHashes {
  const known = new Map<string, string>();
  const running = new Map<string, Promise<string | undefined>>();
  let last: Promise<unknown> = Promise.resolve();

  /** In a queue: the descriptors of waiting files are closed only after their turn. */
  async function hashed(file: FileHandle, before: BigIntStats, key: string): Promise<string | undefined> {
    const made = await hash(file, Number(before.size));
    if (keyOf(await file.stat({ bigint: true })) !== key) return undefined;
    const [oldest] = known.keys();
    if (known.size >= HASHES_MAX && oldest !== undefined) known.delete(oldest);
    known.set(key, made);
    return made;
  }

  async function look(file: FileHandle, { executable }: ProcessFacts): Promise<string | undefined> {
    const found = await file.stat({ bigint: true });
    // After an exec it is another program's file.
    if (`${found.dev}` !== executable?.device || `${found.ino}` !== executable.inode) return undefined;
    if (!found.isFile() || found.size > EXECUTABLE_BYTES_MAX) return undefined;
    const key = keyOf(found);
    const before = known.get(key) ?? running.get(key);
    if (before !== undefined) return before;
    if (running.size >= WAITING_MAX) return undefined;
    const turn = last.then(() => hashed(file, found, key)).finally(() => running.delete(key));
    last = turn.catch(() => undefined);
    running.set(key, turn);
    return turn;
  }

  return {
    of: async (facts) => {
      if (facts.executable === undefined) return undefined;
      let file: FileHandle | undefined;
      try {
        file = await open(`/proc/${facts.pid}/exe`, constants.O_RDONLY | constants.O_NONBLOCK);
        return await look(file, facts);
      } catch (error) {
        // It has ended, or it is hidden.
        if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
        throw error;
      } finally {
        await file?.close();
      }
    },
  };
}

const keyOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats) => [dev, ino, size, mtimeNs, ctimeNs].join("|");

const hashInThread = ({ fd }: FileHandle, size: number) =>
  inThread<string>(new URL("./hash-worker.ts", import.meta.url), { descriptor: fd, size });
