// What a page shows after an approval. The page first tries without a question: the right may be there already, and an address that somebody
// else opened must not raise one. Then a button asks.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { AgentError, ConnectionLost, isAgentError, SessionEnded } from "../agent-error.ts";
import { faultText } from "../fault-text.ts";

export type Reading<T> =
  | { readonly kind: "reading" }
  /** Nothing is shown yet. `fault` is how the last try ended. */
  | { readonly kind: "closed"; readonly fault?: string }
  | { readonly kind: "read"; readonly value: T };

export type Asked<T> = {
  readonly reading: Reading<T>;
  /** Reads anew. A person is asked where that is needed. */
  readonly ask: () => void;
  /** Reads anew without a question. What is shown stays until then, and also where the reading fails. */
  readonly again: () => void;
};

/** Reads at once, with a question only where `mayAskFirst`. Another `read` begins anew. */
export function useAsked<T>(read: (mayAsk: boolean) => Promise<T>, mayAskFirst = false): Asked<T> {
  const [reading, setReading] = useState<Reading<T>>({ kind: "reading" });
  const last = useRef(0);
  const start = useCallback(
    (mayAsk: boolean, isShown = false) => {
      // An answer that a later reading has overtaken is dropped.
      const turn = ++last.current;
      if (!isShown) setReading({ kind: "reading" });
      read(mayAsk).then(
        (value) => {
          if (turn === last.current) setReading({ kind: "read", value });
        },
        (error: unknown) => {
          const next = closed(error);
          if (turn === last.current && !isShown) setReading(next);
        },
      );
      return () => {
        last.current++;
      };
    },
    [read],
  );
  useEffect(() => start(mayAskFirst), [start]);
  return { reading, ask: () => void start(true), again: () => void start(false, true) };
}

const answers: Readonly<Record<string, string>> = {
  approvalDenied: "You said no.",
  approvalTimedOut: "The question ended without an answer.",
};

function closed(error: unknown): Reading<never> {
  if (isAgentError(error, "approvalRequired")) return { kind: "closed" };
  // Another error is a fault of the page. It must not look like an agent that went away.
  if (!(error instanceof AgentError || error instanceof ConnectionLost || error instanceof SessionEnded)) throw error;
  return { kind: "closed", fault: answers[error.name] ?? faultText(error) };
}

/** The way to what is not shown yet. */
export function Closed({
  fault,
  onAsk,
  button = "Show it",
  children,
}: {
  fault: string | undefined;
  onAsk: () => void;
  button?: string;
  children: ComponentChildren;
}) {
  return (
    <>
      <p>{children}</p>
      {fault !== undefined && (
        <p class="notice" role="alert">
          {fault}
        </p>
      )}
      <button type="button" class="main" onClick={onAsk}>
        {button}
      </button>
    </>
  );
}
