// A proof for seeing a prompt also serves its answer. So a person proves once, and Argon2id runs once. The proof is kept as a ticket for one
// connection, one prompt, the shown text, and a minute. A ticket never goes over the wire.
import type { Connection } from "../call/connection.ts";
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Strength } from "../session/proof.ts";

/** Milliseconds for which a ticket is valid. A person can read a hundred lines in that time, and is still there. */
export const TICKET_MS = 60_000;

type Ticket = { readonly prompt: string; readonly hash: string; readonly strength: Strength; readonly at: Moment };

/** A prompt as it was shown: with a choice. */
export type Shown = { readonly id: string; readonly hash: string };

export type Tickets = {
  /** Keeps a right proof for this prompt on this connection. An earlier ticket is dropped. */
  issue(connection: Connection, prompt: Shown, strength: Strength): void;
  /**
   * The strength of such a proof, where one was given here for this same text within the last minute. The ticket is used up either way. `hashOf` is
   * called only where the prompt has a ticket.
   */
  redeem(connection: Connection, prompt: string, hashOf: () => string): Strength | undefined;
};

export function createTickets(clock: Clock): Tickets {
  const held = new WeakMap<Connection, Ticket>();
  return {
    issue: (connection, { id, hash }, strength) =>
      void held.set(connection, { prompt: id, hash, strength, at: momentOf(clock) }),
    redeem: (connection, id, hashOf) => {
      const ticket = held.get(connection);
      held.delete(connection);
      const isFor =
        ticket !== undefined &&
        ticket.prompt === id &&
        passedMs(momentOf(clock), ticket.at) < TICKET_MS &&
        ticket.hash === hashOf();
      return isFor ? ticket.strength : undefined;
    },
  };
}
