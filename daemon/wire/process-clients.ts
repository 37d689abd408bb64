// The clients of the official SDKs' door. They belong to a process, since one of its programs may use several connections at once, and opens
// and closes them as it likes.
import type { OpenClient } from "../call/connection.ts";
import type { ProcessFacts } from "../peer/peer.ts";

/** Processes without a connection whose clients are kept. A program of one more opens its clients again. */
export const IDLE_PROCESSES_MAX = 256;

export type ProcessClients = {
  /** The clients of a process, for one more connection of it. `leave` ends that connection. */
  join(process: ProcessFacts): { readonly clients: Map<string, OpenClient>; leave(): void };
};

type Known = { readonly clients: Map<string, OpenClient>; connections: number };

export function createProcessClients(): ProcessClients {
  const inUse = new Map<string, Known>();
  /** In the order in which their last connection ended. */
  const idle = new Map<string, Known>();

  function keepIdle(key: string, known: Known): void {
    inUse.delete(key);
    if (known.clients.size === 0) return;
    idle.set(key, known);
    const [oldest] = idle.keys();
    if (idle.size > IDLE_PROCESSES_MAX && oldest !== undefined) idle.delete(oldest);
  }

  return {
    join: (process) => {
      const key = keyOf(process);
      const known = inUse.get(key) ?? idle.get(key) ?? { clients: new Map(), connections: 0 };
      idle.delete(key);
      inUse.set(key, known);
      known.connections++;
      return {
        clients: known.clients,
        leave: () => {
          known.connections--;
          if (known.connections === 0) keepIdle(key, known);
        },
      };
    },
  };
}

/** Another process has another key, also one with the same number, and one that has started another program since. */
const keyOf = ({ pid, startTicks, image }: ProcessFacts) => [pid, startTicks, image].join("|");
