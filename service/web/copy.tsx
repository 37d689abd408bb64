// A button that copies a text and says whether it worked.
import { useEffect, useState } from "preact/hooks";

/** Milliseconds for which the outcome is shown. */
const SHOWN_MS = 2_000;

export function Copy({ label, text }: { label: string; text: () => string }) {
  const [outcome, setOutcome] = useState<"copied" | "failed">();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  // The person or a policy of the browser may forbid the clipboard.
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setOutcome("copied"),
      () => setOutcome("failed"),
    );
  const said = outcome === "copied" ? "Copied" : outcome === "failed" ? "Not copied" : "Copy";
  return (
    <button type="button" onClick={copy} aria-label={`Copy ${label}`} data-outcome={outcome}>
      <span aria-live="polite">{said}</span>
    </button>
  );
}
