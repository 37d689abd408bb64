// Follows what other programs change in items. Reading anew counts as a use of the page's right, so a page that nobody looks at reads nothing: it
// reads when the person comes back to it.
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../channel.ts";

/** Milliseconds in which many changes make one reading. */
const GATHER_MS = 200;

/** Calls `again` after items have changed elsewhere, while the page is in view. */
export function useItemChanges(channel: Channel, again: () => void): void {
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isDue = false;
    const look = () => {
      if (!isDue || document.visibilityState !== "visible") return;
      isDue = false;
      latest.current();
    };
    const unhear = channel.onNotification(({ method }) => {
      if (method !== "item.changed") return;
      isDue = true;
      clearTimeout(timer);
      timer = setTimeout(look, GATHER_MS);
    });
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      unhear();
      document.removeEventListener("visibilitychange", look);
    };
  }, [channel]);
}
