// Lines of the official SDKs' door that are longer than any other line: an envelope with a file. Several at once would need gigabytes. So one
// is read at a time in the whole agent, and the peers of the others wait with theirs. Requests of ordinary length wait for none of this.
import { limits } from "../../protocol/limits.ts";
import type { Clock } from "../host/clock.ts";
import { createTurnstile, type Turnstile } from "./long-answers.ts";

/** Milliseconds for a long line from its turn to its end. A local program writes it in one second. A slower one is closed. */
export const LARGE_LINE_MS = 10_000;

/**
 * Bytes of long requests that wait for their answers. A person may take minutes to allow one, and must not delay the next. So two of the
 * longest are held, and a third is refused.
 */
export const LARGE_HELD_BYTES_MAX = 2 * limits.sdkLineBytes;

/** One long line. It has its turn until `read`, and holds its bytes until `end`. */
export type LargeLine = {
  /** The whole line has come. */
  arrived(): void;
  /** The line is a request of so many bytes now. False where the agent holds too many already. */
  read(bytes: number): boolean;
  end(): void;
};

export type LargeLines = {
  /**
   * Waits for the turn. Rejects with the signal's reason. `tooSlow` is called where the line takes too long. Of one owner, one line at a time
   * stands in the queue, so a program with many connections does not keep the others waiting.
   */
  enter(owner: object, signal: AbortSignal, tooSlow: () => void): Promise<LargeLine>;
};

export function createLargeLines(clock: Pick<Clock, "after">): LargeLines {
  const turns = createTurnstile(1);
  const owners = new WeakMap<object, Turnstile>();
  let heldBytes = 0;

  function lineOf(leave: () => void, tooSlow: () => void): LargeLine {
    const arrived = clock.after(LARGE_LINE_MS, tooSlow);
    let mine = 0;
    const endTurn = () => {
      arrived();
      leave();
    };
    return {
      arrived,
      read: (bytes) => {
        endTurn();
        if (heldBytes + bytes > LARGE_HELD_BYTES_MAX) return false;
        mine = bytes;
        heldBytes += bytes;
        return true;
      },
      end: () => {
        endTurn();
        heldBytes -= mine;
        mine = 0;
      },
    };
  }

  function ofOwner(owner: object): Turnstile {
    const turnstile = owners.get(owner) ?? createTurnstile(1);
    owners.set(owner, turnstile);
    return turnstile;
  }

  return {
    enter: (owner, signal, tooSlow) =>
      new Promise((resolve, reject) => {
        const turn = () => turns.pass(signal, () => new Promise<void>((leave) => resolve(lineOf(leave, tooSlow))));
        ofOwner(owner).pass(signal, turn).catch(reject);
      }),
  };
}
