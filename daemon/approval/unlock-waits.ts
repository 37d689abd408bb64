// Calls that wait until a person unlocks their account. Nobody is asked for a password: a person unlocks with our own command. A wait delays
// only its own call.
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";
import { PROMPT_MS } from "./broker.ts";
import type { Ending } from "./prompt.ts";
import type { Quotas } from "./quotas.ts";
import type { Room } from "./rooms.ts";

/** Waiting calls of one subject for one account: as many as are promised to share one prompt. */
export const UNLOCK_WAITERS_MAX = 1_000;

/** A call that waits for an unlock. `begun` is called once, so that the asker can say that it waits. */
export type UnlockWaiter = {
  readonly signal: AbortSignal;
  /** Whether it is our own command at a terminal. While the account is locked nobody holds a grant, so all others share the room of known programs. */
  readonly isAtTerminal: boolean;
  begun(expiresAtMs: number): void;
};

export type UnlockWaits = {
  /**
   * Waits until the account is unlocked, by its id. `undefined` stands for a name that no account here has, and waits for any unlock. Throws
   * locked at the deadline, at the account's removal and beyond the quotas; cancelled at the abort of the waiter's signal.
   */
  wait(account: string | undefined, subject: Subject, waiter: UnlockWaiter): Promise<void>;
  unlocked(account: string): void;
  removed(account: string): void;
};

export type UnlockWaitsParts = {
  readonly clock: Clock;
  /** Its own counts, with the numbers of prompts. A wait takes no prompt away from the program. */
  readonly quotas: Quotas;
  /** Tells who may know of it that a program waits. Called for each wait. */
  readonly tell: (account: string, expiresAtMs: number) => void;
};

type Waiting = { go(): void; fail(error: PosternError): void };

/** The waiting calls of one subject for one account, and the room that they are counted in. */
type Place = { readonly account: string | undefined; readonly room: Room; readonly waiting: Set<Waiting> };

export function createUnlockWaits({ clock, quotas, tell }: UnlockWaitsParts): UnlockWaits {
  const places = new Map<string, Place>();

  function placeOf(account: string | undefined, subject: Subject, room: Room): Place {
    const key = JSON.stringify([subject.key, account ?? null]);
    const known = places.get(key);
    if (known !== undefined) return known;
    demandPlace(subject.family, room);
    const made: Place = { account, room, waiting: new Set() };
    places.set(key, made);
    return made;
  }

  /** Beyond the quota a call is told what every call was told before calls could wait. */
  function demandPlace(family: string, room: Room): void {
    try {
      quotas.opening(family, room);
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      throw tooMany();
    }
  }

  /** A wait that the unlock ended costs no quota, like a question that was approved. */
  function leave(place: Place, one: Waiting, { key, family }: Subject, ending: Ending): void {
    place.waiting.delete(one);
    if (place.waiting.size > 0) return;
    places.delete(JSON.stringify([key, place.account ?? null]));
    quotas.closed(family, ending, place.room);
  }

  function join(place: Place, subject: Subject, { signal, begun }: UnlockWaiter): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = (ending: Ending, settle: () => void) => {
        cancelTimer();
        signal.removeEventListener("abort", abort);
        leave(place, one, subject, ending);
        settle();
      };
      const fail = (error: PosternError) => over("withdrawn", () => reject(error));
      const abort = () => fail(new PosternError("cancelled"));
      const one: Waiting = { go: () => over("approved", resolve), fail };
      const cancelTimer = clock.after(PROMPT_MS, () => fail(new PosternError("locked")));
      signal.addEventListener("abort", abort, { once: true });
      place.waiting.add(one);
      const expiresAtMs = clock.wallMs() + PROMPT_MS;
      begun(expiresAtMs);
      if (place.account !== undefined) tell(place.account, expiresAtMs);
    });
  }

  const waitingFor = (isMeant: (account: string | undefined) => boolean): Waiting[] =>
    [...places.values()].filter(({ account }) => isMeant(account)).flatMap(({ waiting }) => [...waiting]);

  return {
    // Async, so that a refusal by the quotas is a rejection like other outcomes.
    wait: async (account, subject, waiter) => {
      if (waiter.signal.aborted) throw new PosternError("cancelled");
      const place = placeOf(account, subject, waiter.isAtTerminal ? "terminal" : "known");
      if (place.waiting.size >= UNLOCK_WAITERS_MAX) throw tooMany();
      await join(place, subject, waiter);
    },
    unlocked: (opened) => {
      for (const one of waitingFor((account) => account === opened || account === undefined)) one.go();
    },
    removed: (gone) => {
      for (const one of waitingFor((account) => account === gone)) one.fail(new PosternError("locked"));
    },
  };
}

const tooMany = () => new PosternError("locked", "too many calls wait for an unlock already");
