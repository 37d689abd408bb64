// A call that waits for a person: for an answer to its prompt, or for an unlock. It stops waiting when it is cancelled or its connection ends.
// The asker is told that it waits; of a prompt, with the match code.

import type { Call } from "../call/call.ts";
import type { Prompt, Waiter } from "./prompt.ts";
import type { UnlockWaiter } from "./unlock-waits.ts";

export function waiterOf(call: Call, client?: string): Waiter {
  const { connection, requestId } = call;
  return {
    signal: call.signal(),
    connection,
    named: connection.clientOf(client)?.named,
    isClient: client !== undefined && !connection.subject.throughCommand,
    shown: (prompt: Prompt) =>
      connection.notify("prompt.opened", {
        prompt: prompt.id,
        code: prompt.code,
        expiresAt: new Date(prompt.expiresAtMs).toISOString(),
        ...(requestId === undefined ? {} : { request: requestId }),
      }),
  };
}

export function unlockWaiterOf(call: Call): UnlockWaiter {
  const { connection, requestId } = call;
  return {
    signal: call.signal(),
    isAtTerminal: connection.terminal !== undefined,
    begun: (expiresAtMs) => {
      if (requestId === undefined) return;
      connection.notify("unlock.awaited", { request: requestId, expiresAt: new Date(expiresAtMs).toISOString() });
    },
  };
}
