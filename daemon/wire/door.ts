// Turns an accepted socket into a served connection: identifies the peer, finds the holder of its grants, and sets its share of memory.
import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { PosternError } from "../../protocol/errors.ts";
import type { Connection } from "../call/connection.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Native } from "../host/native.ts";
import type { OwnProgram } from "../peer/foreign-ancestor.ts";
import type { Door } from "../peer/listen.ts";
import type { Peer, PeerSystem } from "../peer/peer.ts";
import { type Subject, subjectOf } from "../peer/subject.ts";
import { unseenPeer } from "../peer/unseen-peer.ts";
import { whyTooMany } from "./admission.ts";
import { type ConnectionParts, serveConnection } from "./connection.ts";
import type { Dispatch } from "./dispatch.ts";
import { createHeldBytes } from "./held-bytes.ts";
import { createLargeLines } from "./large-lines.ts";
import { createProcessClients } from "./process-clients.ts";
import type { AnswerSdk } from "./sdk-lines.ts";
import type { Trace } from "./trace.ts";
import { createTurns, type Standing } from "./turns.ts";

export type DoorParts = {
  readonly peers: PeerSystem;
  readonly native: Native;
  readonly clock: Clock;
  readonly log: Log;
  readonly ours: readonly OwnProgram[];
  /** The open connections. They are added and removed here, and the rest of the agent reads them. */
  readonly connections: Set<Connection>;
  readonly dispatch: Dispatch;
  /** The meaning of an envelope of the official SDKs. */
  readonly answerSdk: AnswerSdk;
  /** A connection was closed before it was read. `reason` names the rule. */
  readonly recordRefused: (reason: string) => void;
  /** How a program stands to the persons here. */
  readonly standingOf: (connection: Connection) => Standing;
  /** What of each request is written down; undefined where nothing is. */
  readonly trace?: Trace | undefined;
};

/** The holder behind a line of the app's page. */
type PageHolder = { readonly subject: Subject; readonly shows: string | undefined; isAlive(): boolean };

/** The way in for a page of the app: its lines as a stream. */
export type PageEntrance = (stream: Duplex, holder: PageHolder) => void;

export function createDoor(parts: DoorParts): Door & { readonly onPage: PageEntrance } {
  const { peers, native, clock, log, ours, connections, dispatch, answerSdk, recordRefused, trace, standingOf } = parts;
  const heldBytes = createHeldBytes();
  const processClients = createProcessClients();
  const large = createLargeLines(clock);
  const turns = createTurns();

  function onRefused(reason: string): void {
    log.note("connection refused", { reason });
    recordRefused(reason);
  }

  function serve(
    peer: Peer,
    given: Omit<ConnectionParts, "peer" | "dispatch" | "log" | "held" | "place" | "trace" | "sdk">,
  ): void {
    const join = () => {
      // Its clients would be those of one process, and all pages would share them.
      if (given.subject.kind === "app") throw new PosternError("invalidRequest", "a page has no such door");
      return processClients.join(peer.identity);
    };
    const sdk = { answer: answerSdk, large, join };
    const place = (connection: Connection, idle: () => void) =>
      turns.place(peer.identity.pid, () => standingOf(connection), idle);
    const connection = serveConnection({ ...given, peer, dispatch, log, held: heldBytes.share(), place, trace, sdk });
    const why = whyTooMany(connection, connections, standingOf);
    if (why !== undefined) {
      connection.close();
      onRefused(why);
    }
    // Its end is near, where it may not stay.
    connections.add(connection);
    connection.onEnd(() => {
      connections.delete(connection);
      peer.release();
    });
  }

  return {
    peers,
    native,
    onRefused,
    onPage: (socket, { subject, shows, isAlive }) =>
      serve(unseenPeer(isAlive), { socket, subject, shows, isSame: isAlive, hasHungUp: () => socket.destroyed }),
    onSocket: (socket, handle) => {
      try {
        const peer = peers.identify(handle, clock.monotonicMs);
        const subject = subjectOf(peer.identity, ours, randomUUID);
        serve(peer, {
          socket,
          subject,
          isSame: () => peer.recheck() && (subject.holder === undefined || peers.isStill(subject.holder)),
          hasHungUp: () => peers.hasHungUp(socket),
        });
      } catch (error) {
        socket.destroy();
        onRefused(error instanceof PosternError ? error.message : "unforeseen");
        if (!(error instanceof PosternError)) log.incident("accept", error);
      }
    },
  };
}
