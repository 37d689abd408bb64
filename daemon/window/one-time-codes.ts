// The codes by which a browser enters. One is worth one session, within a minute. It lies in a file that only this user can read, so whoever has it is a
// program of this user, and gets no more than any such program: it may ask.
import { createHash, randomBytes } from "node:crypto";
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";

/** Milliseconds for which a code can be used. A browser that starts cold on a slow disk needs half of it. */
export const CODE_MS = 60_000;

/** Codes at once. A person opens a few. */
export const CODES_MAX = 64;

/** Bytes of a code. Nobody guesses it. */
const CODE_BYTES = 32;

/** Whether a code was used, or cannot be used any more. */
export type CodeEnd = "used" | "unused";

/** What a code was made for: the app, or one question. `ended` is called once. */
export type Purpose = {
  readonly prompt: string | undefined;
  /** The quotas of the session count by it: what opened the page. */
  readonly family: string;
  /** Whether a program without a yes wanted it, and it is not for a question. All of these share what is left. */
  readonly isStranger: boolean;
  readonly ended: (how: CodeEnd) => void;
};

/** The end of a try: the purpose of a right code; of a code that was used before, the question that it was for. */
export type Entered = { readonly purpose: Purpose } | { readonly spentFor: string | undefined };

export type OneTimeCodes = {
  /** A new code. Where there are too many, the oldest one ends. */
  issue(purpose: Purpose): string;
  enter(code: string): Entered;
  /** Ends every code. */
  clear(): void;
};

type Kept = { readonly purpose: Purpose; readonly at: Moment; isSpent: boolean; readonly cancel: () => void };

export function createOneTimeCodes(clock: Clock): OneTimeCodes {
  /** By hash, so that comparing takes the same time for every wrong code. In the order of their making. */
  const codes = new Map<string, Kept>();

  function end(kept: Kept): void {
    kept.cancel();
    if (!kept.isSpent) kept.purpose.ended("unused");
    kept.isSpent = true;
  }

  function forget(hash: string): void {
    const kept = codes.get(hash);
    if (kept !== undefined) end(kept);
    codes.delete(hash);
  }

  return {
    issue: (purpose) => {
      const [oldest] = codes.keys();
      if (codes.size >= CODES_MAX && oldest !== undefined) forget(oldest);
      const code = randomBytes(CODE_BYTES).toString("base64url");
      const hash = hashOf(code);
      const cancel = clock.after(CODE_MS, () => forget(hash));
      codes.set(hash, { purpose, at: momentOf(clock), isSpent: false, cancel });
      return code;
    },
    enter: (code) => {
      const kept = codes.get(hashOf(code));
      if (kept === undefined || passedMs(momentOf(clock), kept.at) >= CODE_MS) return { spentFor: undefined };
      if (kept.isSpent) return { spentFor: kept.purpose.prompt };
      // Kept for the rest of its minute, so that a second use can be told.
      kept.isSpent = true;
      kept.purpose.ended("used");
      return { purpose: kept.purpose };
    },
    clear: () => {
      for (const hash of [...codes.keys()]) forget(hash);
    },
  };
}

const hashOf = (code: string) => createHash("sha256").update(code).digest("base64");
