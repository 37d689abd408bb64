// What an answer of a service may cost: bytes, parts and nesting. All are counted while it arrives, before a parser sees it. A token names its own
// service, so any program can bring one that answers what it likes.

import { PosternError } from "../../protocol/errors.ts";
import { createShape } from "../../protocol/framing.ts";

/** The bounds of one answer. `parts` are arrays, objects, texts and fractions: a parser needs many times their length. */
export type AnswerBounds = { readonly bytes: number; readonly parts: number; readonly depth: number };

/** What a service may make its caller hold. */
export type ServiceBounds = {
  /** An answer without a session. */
  readonly before: AnswerBounds;
  /** An answer in a session, and the bytes of all of them that arrive at once. */
  readonly within: AnswerBounds;
  /** Vaults in one list. Each needs keys in locked memory. */
  readonly vaults: number;
};

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * The most bytes of one answer. The largest honest one is just under 79 MiB: ten found items with 500 long fields and 100 files
 * each. A service that sends more attacks the agent's memory.
 */
export const ANSWER_BYTES_MAX = 80 * MiB;

/** Parts of one answer. The rows of honest answers are sealed, and have at least forty bytes for each. */
export const ANSWER_PARTS_MAX = 2 * MiB;

/** Nesting of an answer. The schemas need eight. */
export const ANSWER_DEPTH_MAX = 32;

const whole: AnswerBounds = { bytes: ANSWER_BYTES_MAX, parts: ANSWER_PARTS_MAX, depth: ANSWER_DEPTH_MAX };

/** Those of a service that an account of a person here uses. */
export const ownService: ServiceBounds = { before: whole, within: whole, vaults: Number.POSITIVE_INFINITY };

/**
 * Those of any other one. A sign-in has some keys and names. Two full pages of a list, or a chunk of a file, are a fraction of what a session may
 * send. A machine without a person works in few vaults.
 */
export const otherService: ServiceBounds = {
  before: { bytes: 64 * KiB, parts: 2_000, depth: ANSWER_DEPTH_MAX },
  within: { bytes: 8 * MiB, parts: 200_000, depth: ANSWER_DEPTH_MAX },
  vaults: 64,
};

/** Reads texts of answers within bounds. The answers of one reader that arrive at once share the bytes of a session. */
export type AnswerReader = (response: Response, isSignedIn: boolean) => Promise<string>;

export function createAnswerReader({ before, within }: ServiceBounds): AnswerReader {
  let arriving = 0;
  return async (response, isSignedIn) => {
    const bounds = isSignedIn ? within : before;
    let bytes = 0;
    try {
      return await textOf(response, bounds, (more) => {
        bytes += more;
        arriving += more;
        if (bytes > bounds.bytes) throw tooLong(bounds.bytes);
        // A large answer of one's own service may be as long as the bound, and others arrive beside it.
        if (bounds.bytes < ANSWER_BYTES_MAX && arriving > within.bytes) throw tooLong(within.bytes);
      });
    } finally {
      arriving -= bytes;
    }
  };
}

const tooLong = (bytes: number) => new PosternError("serviceRefused", `its answer is longer than ${bytes} bytes`);

async function textOf(response: Response, bounds: AnswerBounds, hold: (bytes: number) => void): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const shape = createShape();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      hold(value.length);
      shape.add(value);
      demandWithin(shape, bounds);
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    // Not awaited, so that a service that does not let go cannot block the agent.
    reader.cancel().catch(() => undefined);
    throw error;
  }
}

function demandWithin({ parts, deepest }: { parts: number; deepest: number }, bounds: AnswerBounds): void {
  if (parts > bounds.parts) throw new PosternError("serviceRefused", `its answer has more than ${bounds.parts} parts`);
  if (deepest > bounds.depth)
    throw new PosternError("serviceRefused", `its answer is nested deeper than ${bounds.depth}`);
}
