// A connection and its clients, as the other rooms see them.
import type { ParamsOf } from "../../protocol/catalogue.ts";
import type { Launch, Unknowable } from "../peer/launch.ts";
import type { Peer } from "../peer/peer.ts";
import type { Subject } from "../peer/subject.ts";
import type { TokenSession } from "../session/token-sessions.ts";
import type { LongAnswers } from "./long-answers.ts";

/** The form of the wire that a connection speaks. */
export type DoorName = NonNullable<ParamsOf<"agent.hello">["door"]>;

/**
 * Whether a program knows its account as open. After a lock it is told of that once, and then its calls wait. `gaveUp` says that its last wait
 * ended without an unlock.
 */
export type UnlockWait = { sawOpen: boolean; gaveUp?: boolean };

/** A client: its account, and its integration's name and version. */
export type OpenClient = {
  /** Its id; or what the program named, where that is on no agent like this one. */
  readonly account: string;
  /** The program's own word for the account, where it named one: then it is not told whether there is one. */
  readonly named?: string;
  /** The session that a presented token opened. No other client can use it. */
  readonly bearer?: TokenSession;
  /** Set where the program wants its calls to wait for an unlock. */
  readonly unlockWait?: UnlockWait;
  /** Releases the client's resources. */
  readonly release: () => void;
  readonly integrationName: string;
  readonly integrationVersion: string;
};

/** A connection, as the other rooms see it. */
export type Connection = {
  readonly peer: Peer;
  /** The holder of the grants that this peer uses. */
  readonly subject: Subject;
  /** Whether the peer, and the process that it speaks for, still run the same program. */
  isSame(): boolean;
  /** Throws peerRefused where they do not. */
  demandSame(): void;
  /** How the program that asks was started, or why it cannot be known again. Its files are looked at when this is first asked. */
  launch(): Launch | Unknowable;
  /** The terminal session of our own command, where its question can be asked while it is in the foreground. Undefined for all other peers. */
  readonly terminal: string | undefined;
  /** Whether the peer is in the foreground of its terminal now. The kernel is asked each time. */
  isInFront(): boolean;
  /** The id of the one question that a page of the app was opened for. It may see that question without being its asker. */
  readonly shows: string | undefined;
  /** The clients of this connection. On the official SDKs' door they are those of its process. */
  readonly clients: Map<string, OpenClient>;
  /** The client that a request names; undefined where it names none and means the default account. Throws clientNotFound. */
  clientOf(client: string | undefined): OpenClient | undefined;
  /** Set by agent.hello. It raises the limit of a line, and chooses the form of the wire. Throws invalidRequest where that comes too late. */
  hello(door: DoorName): void;
  /** Set by agent.subscribe. Without it `notify` sends nothing. */
  subscribe(): void;
  readonly subscribed: boolean;
  /** Sends a notification to a subscriber. */
  notify(method: string, params: object): void;
  /** The queue for answers of megabytes. */
  readonly longAnswers: LongAnswers;
  /** Runs after the end of the connection. It releases the connection's clients and file handles. */
  onEnd(end: () => void): void;
  /** Ends the connection. */
  close(): void;
};
