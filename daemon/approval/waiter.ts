// A call that waits for a person. It leaves the prompt when the call is cancelled or its connection ends. It gets the match code when the prompt
// is shown.

import type { Call } from "../call/call.ts";
import type { Prompt, Waiter } from "./prompt.ts";

export function waiterOf(call: Call): Waiter {
  const { connection, requestId } = call;
  return {
    signal: call.signal(),
    shown: (prompt: Prompt) =>
      connection.notify("prompt.opened", {
        prompt: prompt.id,
        code: prompt.code,
        expiresAt: new Date(prompt.expiresAtMs).toISOString(),
        ...(requestId === undefined ? {} : { request: requestId }),
      }),
  };
}
