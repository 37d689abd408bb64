// Lines of the official SDKs' door that are longer than any other line: an envelope with a file. Several at once would need gigabytes. So one
// is read at a time in the whole agent, and the peers of the others wait with theirs. Requests of ordinary length wait for none of this.
import { limits } from "../../protocol/limits.ts";
import type { Clock } from "../host/clock.ts";
import { createTurnstile } from "./long-answers.ts";

/** Milliseconds for a long line from its turn to its end. A local program writes it in one second. The turn of a slower one goes on. */
export const LARGE_LINE_MS = 30_000;

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
  /** Waits for the turn. Rejects with the signal's reason. `tooSlow` is called where the line takes too long. */
  enter(signal: AbortSignal, tooSlow: () => void): Promise<LargeLine>;
};

export function createLargeLines(clock: Pick<Clock, "after">): LargeLines {
  const turns = createTurnstile(1);
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

  return {
    enter: (signal, tooSlow) =>
      new Promise((resolve, reject) => {
        const turn = turns.pass(signal, () => new Promise<void>((leave) => resolve(lineOf(leave, tooSlow))));
        turn.catch(reject);
      }),
  };
}
