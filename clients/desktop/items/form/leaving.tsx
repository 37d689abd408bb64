// Nobody leaves a form with unsaved changes by a slip. Within the app the page asks. The browser asks where the tab is closed or loaded again.
import { useEffect, useRef, useState } from "preact/hooks";
import { holdPlace } from "../../held-place.ts";

export type Leaving = {
  /** The address that the person wants to go to. */
  readonly wanted: string | undefined;
  readonly stay: () => void;
  readonly leave: () => void;
  /** From now on nothing is held. Called once everything is saved. */
  readonly release: () => void;
};

export function useLeaving(isDirty: boolean): Leaving {
  const holds = useRef(isDirty);
  holds.current = isDirty;
  const [wanted, setWanted] = useState<string>();
  useEffect(() => {
    const here = location.hash;
    const keeps = (address: string) => {
      if (!holds.current || address === here) return false;
      // Another one-time code: the page loads itself again, and then the browser asks.
      if (address !== "" && !address.startsWith("#/")) return true;
      setWanted(address);
      history.pushState(null, "", here);
      return true;
    };
    const free = holdPlace({ isUnsaved: () => holds.current, keeps });
    const ask = (event: BeforeUnloadEvent) => {
      if (holds.current) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => {
      free();
      removeEventListener("beforeunload", ask);
    };
  }, []);
  const release = () => {
    holds.current = false;
  };
  return {
    wanted,
    release,
    stay: () => setWanted(undefined),
    leave: () => {
      release();
      if (wanted !== undefined) location.hash = wanted;
    },
  };
}

export function LeaveQuestion({ leaving }: { leaving: Leaving }) {
  if (leaving.wanted === undefined) return null;
  return (
    <div class="notice" role="alertdialog" aria-label="Unsaved changes">
      <p>You have not saved. Leave, and lose what you typed?</p>
      <button type="button" ref={focused} onClick={leaving.stay}>
        Stay here
      </button>{" "}
      <button type="button" class="bad" onClick={leaving.leave}>
        Leave without saving
      </button>
    </div>
  );
}

/** The safe answer has the focus. */
const focused = (button: HTMLButtonElement | null) => button?.focus();
