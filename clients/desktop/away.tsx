// Says that the agent cannot be reached. The page tries again by itself.
import { useEffect, useState } from "preact/hooks";
import type { ChannelState } from "./channel.ts";

/** Milliseconds of an interruption that nobody is told of. At a lock a page changes its session, which takes less. */
const UNTOLD_MS = 700;

export function Away({ state }: { state: ChannelState }) {
  const [isTold, setTold] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setTold(state === "lost"), state === "lost" ? UNTOLD_MS : 0);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div role="status" class="away">
      {isTold && (
        <p class="notice">The agent cannot be reached. This page tries again, and goes on when the agent is back.</p>
      )}
    </div>
  );
}
