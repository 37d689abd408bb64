// A proof that was given to see a prompt serves its answer too, so that a person proves once and Argon2id runs once. What was proven
// is kept as a ticket: for one connection, one prompt, the text that was shown, and a minute. It never goes over the wire.
import type { Connection } from "../call/connection.ts";
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Prompt } from "./prompt.ts";

/** Milliseconds a ticket may be used: long enough to read a prompt of a hundred lines, short enough that the person is still there. */
export const TICKET_MS = 60_000;

type Ticket = { readonly prompt: string; readonly hash: string; readonly at: Moment };

export type Tickets = {
  /** A proof for this prompt was right on this connection. The one before it is gone. */
  issue(connection: Connection, prompt: Prompt): void;
  /** Whether such a proof was given here for this very text, a minute ago at most. It is spent either way. */
  redeem(connection: Connection, prompt: Prompt): boolean;
};

export function createTickets(clock: Clock): Tickets {
  const held = new WeakMap<Connection, Ticket>();
  return {
    issue: (connection, { id, hash }) => void held.set(connection, { prompt: id, hash, at: momentOf(clock) }),
    redeem: (connection, { id, hash }) => {
      const ticket = held.get(connection);
      held.delete(connection);
      return (
        ticket !== undefined &&
        ticket.prompt === id &&
        ticket.hash === hash &&
        passedMs(momentOf(clock), ticket.at) < TICKET_MS
      );
    },
  };
}
