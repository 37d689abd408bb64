// The memory of all bodies together. A request takes room before its body is read, and gives it back after its answer. So it does not
// matter how many connections send at once.
import { PosternError } from "../../protocol/errors.ts";

const MiB = 1024 * 1024;

export type RoomLimits = {
  /** Bytes of all bodies in this room. */
  readonly allBytes: number;
  /** Bytes of one owner's bodies. So one owner leaves room for others. */
  readonly ownerBytes: number;
  /** Requests that wait for room. The next one is refused. Their bodies stay on the network meanwhile. */
  readonly waiting: number;
  /** Those of one owner. So one owner does not take every place. */
  readonly ownerWaiting: number;
};

/** Bodies of callers with a session. Parsing takes some four times the bytes, so they need half a gigabyte at most. One user may send two of the longest. */
export const CALLERS_ROOM: RoomLimits = { allBytes: 128 * MiB, ownerBytes: 32 * MiB, waiting: 1000, ownerWaiting: 100 };

/** Bodies without a session. Some two thousand of a sign-in fit, sixty-four from one address. Nobody waits: it would hold a connection. */
export const STRANGERS_ROOM: RoomLimits = { allBytes: 4 * MiB, ownerBytes: 128 * 1024, waiting: 0, ownerWaiting: 0 };

/** Bodies that make accounts, apart from others: they alone are large before a session, and must not take the room of a sign-in. */
export const REGISTRATIONS_ROOM: RoomLimits = {
  allBytes: 2 * MiB,
  ownerBytes: 256 * 1024,
  waiting: 0,
  ownerWaiting: 0,
};

export type BodyRoom = {
  /** Takes room. The answered function gives it back. Throws busy where the room is full and nobody may wait. */
  take(owner: string, bytes: number, signal: AbortSignal): Promise<() => void>;
};

type Waiting = { readonly owner: string; readonly bytes: number; begin(): void };

export function createBodyRoom({ allBytes, ownerBytes, waiting: waitingMost, ownerWaiting }: RoomLimits): BodyRoom {
  const held = new Map<string, number>();
  const waiting = new Set<Waiting>();
  let all = 0;

  const fits = (owner: string, bytes: number) =>
    all + bytes <= allBytes && (held.get(owner) ?? 0) + bytes <= ownerBytes;

  function add(owner: string, bytes: number): void {
    all += bytes;
    const now = (held.get(owner) ?? 0) + bytes;
    if (now === 0) held.delete(owner);
    else held.set(owner, now);
  }

  function giver(owner: string, bytes: number): () => void {
    add(owner, bytes);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      add(owner, -bytes);
      letIn();
    };
  }

  /** The first that fits goes on. One owner's own limit holds up nobody else; a large body that waits lets no later one pass it. */
  function letIn(): void {
    for (const next of [...waiting]) {
      if (all + next.bytes > allBytes) return;
      if (fits(next.owner, next.bytes)) next.begin();
    }
  }

  async function take(owner: string, bytes: number, signal: AbortSignal): Promise<() => void> {
    if (waiting.size === 0 && fits(owner, bytes)) return giver(owner, bytes);
    const own = [...waiting].filter((one) => one.owner === owner).length;
    if (waiting.size >= waitingMost || own >= ownerWaiting) throw new PosternError("busy");
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(entry);
        reject(new PosternError("cancelled"));
        letIn();
      };
      const entry: Waiting = {
        owner,
        bytes,
        begin: () => {
          waiting.delete(entry);
          signal.removeEventListener("abort", leave);
          resolve(giver(owner, bytes));
        },
      };
      waiting.add(entry);
      signal.addEventListener("abort", leave, { once: true });
      // It may fit although others wait: they wait for their own owner's room.
      if (signal.aborted) leave();
      else letIn();
    });
  }

  return { take };
}
