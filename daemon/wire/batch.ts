// Batches (JSON-RPC 2.0, section 6): one text with every answer in it. Results are held until the last of them is there, so
// they count among what the connection holds.

import { limits } from "../../protocol/limits.ts";
import { encodedBytes, wipeEncoded } from "../call/encoded.ts";
import { type Refuse, tooLong, tooMuchWaits } from "./error-response.ts";

export type Batches = {
  /** Answers a batch; null where it holds notifications alone. */
  answer(values: unknown[]): Promise<object | null>;
  /** The batch was sent: what it was made of is wiped. */
  sent(responses: readonly object[]): void;
  /** Bytes of results that wait for the others of their batch. */
  readonly heldBytes: number;
};

/** `mayHold` says whether the connection may hold what it holds by now. */
export function createBatches(
  refuse: Refuse,
  answer: (value: unknown) => PromiseLike<object | null>,
  mayHold: () => boolean,
): Batches {
  let heldBytes = 0;

  function letGo(response: object | null): void {
    heldBytes -= encodedBytes(response);
    wipeEncoded(response);
  }

  /** Whether a result may be held until the others are there; not where the whole will be refused for its length. */
  function mayWait(response: object | null, bytes: number): boolean {
    heldBytes += encodedBytes(response);
    return bytes <= limits.answerBytes && mayHold();
  }

  return {
    answer: async (values) => {
      let bytes = 0;
      const responses = await Promise.all(
        values.map(async (value) => {
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
