// Batches (JSON-RPC 2.0, section 6): one text with all answers. Results are held until the last one is there, so they count as held bytes of
// the connection.

import { limits } from "../../protocol/limits.ts";
import { encodedBytes, wipeEncoded } from "../call/encoded.ts";
import { type Refuse, tooLong, tooMuchWaits } from "./error-response.ts";

export type Batches = {
  /** Answers a batch. Null where it holds notifications only. */
  answer(values: unknown[]): Promise<object | null>;
  /** The batch was sent. Wipes its parts. */
  sent(responses: readonly object[]): void;
  /** Bytes of results that wait for the others of their batch. */
  readonly heldBytes: number;
};

/** `mayHold` says whether the connection may hold its present bytes. `turn` is what each request of a batch waits for. */
export function createBatches(
  refuse: Refuse,
  answer: (value: unknown) => PromiseLike<object | null>,
  mayHold: () => boolean,
  turn: () => Promise<void> | undefined,
): Batches {
  let heldBytes = 0;

  function letGo(response: object | null): void {
    heldBytes -= encodedBytes(response);
    wipeEncoded(response);
  }

  /** Whether a result may be held until the others are there. False where the whole batch will be refused for its length. */
  function mayWait(response: object | null, bytes: number): boolean {
    heldBytes += encodedBytes(response);
    return bytes <= limits.answerBytes && mayHold();
  }

  return {
    answer: async (values) => {
      let bytes = 0;
      const responses = await Promise.all(
        values.map(async (value) => {
          const waits = turn();
          if (waits !== undefined) await waits;
          const response = await answer(value);
          bytes += encodedBytes(response);
          if (mayWait(response, bytes)) return response;
          letGo(response);
          return tooMuchWaits(refuse, value);
        }),
      );
      const answered = responses.filter((response) => response !== null);
      if (bytes <= limits.answerBytes) return answered.length === 0 ? null : answered;
      answered.forEach(letGo);
      return tooLong(refuse, values);
    },
    sent: (responses) => responses.forEach(letGo),
    get heldBytes() {
      return heldBytes;
    },
  };
}
