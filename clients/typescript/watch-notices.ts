// The agent's notices about watched secrets, by the id of the watch. A notice may arrive together with the answer that brings the id, and so
// be read before the id is known here.
import type { Channel, StopSignal } from "./channel.ts";
import { WatchEnded } from "./local-error.ts";

/** Watches without an owner that are remembered. The agent keeps as many watches of one program. */
const UNKNOWN_MAX = 100;

/** What was told of a watch. Many changes in a row are one change. */
type Told = { changed: boolean; ended?: string; wake(): void };

export type WatchNotices = {
  /** Takes a notification of the agent. Those about other things are left alone. */
  heard(method: string, params: Readonly<Record<string, unknown>>): void;
  /** The notices of a watch that is open on this channel. */
  of(id: string, channel: Channel): OpenWatch;
};

/** An AbortSignal, as far as a watch needs one. */
type Stop = StopSignal & { readonly aborted: boolean };

/** A watch that is open in the agent. */
export type OpenWatch = {
  /** Waits for a change. False where the connection was lost. Throws WatchEnded, or the reason of the signal. */
  changed(signal: Stop): Promise<boolean>;
  /** Ends it here and in the agent. */
  close(): void;
};

const silent = () => undefined;

export function createWatchNotices(): WatchNotices {
  const known = new Map<string, Told>();
  const unknown = new Map<string, Told>();

  function early(id: string): Told {
    const told = unknown.get(id) ?? { changed: false, wake: silent };
    unknown.set(id, told);
    const [oldest] = unknown.keys();
    if (unknown.size > UNKNOWN_MAX && oldest !== undefined) unknown.delete(oldest);
    return told;
  }

  return {
    heard: (method, params) => {
      if (method !== "secret.changed" && method !== "secret.ended") return;
      const id = String(params.watch);
      const told = known.get(id) ?? early(id);
      if (method === "secret.changed") told.changed = true;
      else told.ended = String(params.reason);
      told.wake();
    },
    of: (id, channel) => {
      const told = unknown.get(id) ?? { changed: false, wake: silent };
      unknown.delete(id);
      known.set(id, told);
      channel.onEnd(() => {
        known.delete(id);
        told.wake();
      });
      return {
        changed: (signal) => changeOf(told, channel, signal),
        close: () => {
          if (!known.delete(id) || told.ended !== undefined) return;
          // A lost connection has ended it too.
          channel.call("secrets.unwatch", { watch: id }).catch(silent);
        },
      };
    },
  };
}

function changeOf(told: Told, channel: Channel, signal: Stop): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settled = (settle: () => void) => {
      told.wake = silent;
      signal.removeEventListener("abort", look);
      channel.release(told);
      settle();
    };
    const look = () => {
      if (signal.aborted) return settled(() => reject(signal.reason));
      if (told.changed) {
        told.changed = false;
        return settled(() => resolve(true));
      }
      const { ended } = told;
      if (ended !== undefined) return settled(() => reject(new WatchEnded(ended)));
      if (!channel.isOpen) settled(() => resolve(false));
    };
    told.wake = look;
    signal.addEventListener("abort", look);
    // A program that waits for a change stays alive.
    channel.hold(told);
    look();
  });
}
