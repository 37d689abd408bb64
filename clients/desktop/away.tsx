// Says that the agent cannot be reached. The page tries again by itself. An agent that starts again listens for pages only once one is opened, so the
// page may never hear that it has ended: the next step stands here.
import { useEffect, useState } from "preact/hooks";
import type { ChannelState } from "./channel.ts";
import { Words } from "./words.tsx";

/** Milliseconds of an interruption that nobody is told of. At a lock a page changes its session, which takes less. */
const UNTOLD_MS = 700;

/** `next` is what to do where the page is over, as in "run `postern app`". */
export function Away({ state, next }: { state: ChannelState; next: string }) {
  const [isTold, setTold] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setTold(state === "lost"), state === "lost" ? UNTOLD_MS : 0);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div role="status" class="away">
      {isTold && (
        <p class="notice">
          <Words
            text={`The agent cannot be reached. This page tries again. If the agent was stopped or started again, this page is over: ${next}.`}
          />
        </p>
      )}
    </div>
  );
}
