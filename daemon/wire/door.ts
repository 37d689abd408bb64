// From an accepted socket to a connection that is served: who is there, who holds its grants, what it may make us hold.
import { randomUUID } from "node:crypto";
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Native } from "../host/native.ts";
import type { OwnProgram } from "../peer/foreign-ancestor.ts";
import type { Door } from "../peer/listen.ts";
import { hasHungUp, identifyPeer } from "../peer/peer.ts";
import { subjectOf } from "../peer/subject.ts";
import { type Connection, serveConnection } from "./connection.ts";
import type { Dispatch } from "./dispatch.ts";
import { createHeldBytes } from "./held-bytes.ts";

export type DoorParts = {
  readonly native: Native;
  readonly clock: Clock;
  readonly log: Log;
  readonly ours: readonly OwnProgram[];
  /** Those that are open: added and removed here, read by the rest of the agent. */
  readonly connections: Set<Connection>;
  readonly dispatch: Dispatch;
  /** A connection was closed unheard; `reason` names the rule. */
  readonly recordRefused: (reason: string) => void;
};

export function createDoor({ native, clock, log, ours, connections, dispatch, recordRefused }: DoorParts): Door {
  const heldBytes = createHeldBytes();

  function onRefused(reason: string): void {
    log.note("connection refused", { reason });
    recordRefused(reason);
  }

  return {
    native,
    onRefused,
    onSocket: (socket, credentials) => {
      try {
        const peer = identifyPeer(credentials, native, clock.monotonicMs);
        const connection = serveConnection({
          socket,
          peer,
          subject: subjectOf(peer.identity, ours, randomUUID),
          dispatch,
          log,
          hasHungUp: () => hasHungUp(socket, native),
          held: heldBytes.share(),
        });
        connections.add(connection);
        connection.onEnd(() => {
          connections.delete(connection);
          peer.release();
        });
      } catch (error) {
        socket.destroy();
        onRefused(error instanceof PosternError ? error.message : "unforeseen");
        if (!(error instanceof PosternError)) log.incident("accept", error);
      }
    },
  };
}
