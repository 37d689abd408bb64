// What the other rooms know of a connection and of the clients that were opened on it.
import type { Peer } from "../peer/peer.ts";
import type { Subject } from "../peer/subject.ts";
import type { TokenSession } from "../session/token-sessions.ts";
import type { LongAnswers } from "./long-answers.ts";

/** A client: the account it works on, and who integrates it. */
export type OpenClient = {
  /** Its id; or what the program named, where that is on no agent like this one. */
  readonly account: string;
  /** Set where the program named the account: then it is not told whether there is one. */
  readonly named?: true;
  /** Set where a token was presented: the session it opened, which no other client can use. */
  readonly bearer?: TokenSession;
  /** Lets go what the client held. */
  readonly release: () => void;
  readonly integrationName: string;
  readonly integrationVersion: string;
};

/** What the other rooms know of a connection. */
export type Connection = {
  readonly peer: Peer;
  /** Who holds the grants that this peer uses. */
  readonly subject: Subject;
  /** Whether the peer, and the process it speaks for, still run the program that was seen. */
  isSame(): boolean;
  /** Throws peerRefused where they do not. */
  demandSame(): void;
  /** The clients that were opened on this connection. */
  readonly clients: Map<string, OpenClient>;
  /** The client that a request names; undefined where it names none and means the default account. Throws clientNotFound. */
  clientOf(client: string | undefined): OpenClient | undefined;
  /** Set by agent.hello; raises the line limit. */
  hello(): void;
  /** Set by agent.subscribe; without it `notify` sends nothing. */
  subscribe(): void;
  readonly subscribed: boolean;
  /** Sends a notification to a subscriber. */
  notify(method: string, params: object): void;
  /** Where answers of megabytes wait for their turn. */
  readonly longAnswers: LongAnswers;
  /** Runs when the connection has ended; whatever the connection owns (clients, file handles) is let go there. */
  onEnd(end: () => void): void;
  /** Ends the connection. */
  close(): void;
};
