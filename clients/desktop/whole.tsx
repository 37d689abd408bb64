// A list of the whole is behind a question of the page's own, which is answered on the page.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { AgentError } from "./agent-error.ts";
import type { PageProps, Standing, Stands } from "./standing.ts";
import { Words } from "./words.tsx";

export function useStands(standing: Standing): Stands | undefined {
  const [stands, setStands] = useState(standing.stands);
  useEffect(() => standing.onStands(setStands), [standing]);
  return stands;
}

/** Draws `children` where this page may see the whole, and otherwise the way there. */
export function Whole({ standing, what, children }: PageProps & { what: string; children: ComponentChildren }) {
  const stands = useStands(standing);
  const [refusal, setRefusal] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  if (stands === undefined) return <p class="waiting">Asking the agent …</p>;
  if (stands.seesWhole) return <>{children}</>;
  if (!stands.status.sessions.some(({ state }) => state === "unlocked"))
    return (
      <p>
        Everything is locked. <a href="#/">Unlock an account</a> first.
      </p>
    );
  const ask = async () => {
    setRefusal(undefined);
    setAsking(true);
    try {
      await standing.ask();
    } catch (error) {
      setRefusal(error instanceof AgentError ? refusalText(error) : "The agent went away before the answer.");
    } finally {
      setAsking(false);
    }
  };
  return (
    <>
      <p>
        {what} is shown to you only. Your PIN or your account password opens it for this page, until ten minutes without
        use.
      </p>
      {refusal !== undefined && (
        <p class="notice" role="alert">
          <Words text={refusal} />
        </p>
      )}
      <button type="button" class="main" onClick={ask} disabled={isAsking}>
        {isAsking ? "Asking …" : "Show it"}
      </button>
    </>
  );
}

const refusals: Readonly<Record<string, string>> = {
  approvalDenied: "You said no.",
  approvalTimedOut: "The question ended without an answer.",
};

const refusalText = ({ name, message, hint }: AgentError): string =>
  refusals[name] ?? (hint === undefined ? `${message}.` : `${message}; ${hint}.`);
