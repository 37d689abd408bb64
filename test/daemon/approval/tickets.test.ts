import { describe, expect, test } from "vitest";
import { createTickets, type Shown, TICKET_MS, type Tickets } from "../../../daemon/approval/tickets.ts";
import type { Connection } from "../../../daemon/call/connection.ts";
import { fakeClock } from "../host/fake-clock.ts";

const connection = () => ({}) as Connection;
const prompt = (id = "one", hash = "text") => ({ id, hash });
const redeem = (tickets: Tickets, here: Connection, { id, hash }: Shown) => tickets.redeem(here, id, () => hash);

describe("a ticket", () => {
  test("serves the answer to its prompt once", () => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt(), "pin");
    expect(redeem(tickets, here, prompt())).toBe("pin");
    expect(redeem(tickets, here, prompt())).toBeUndefined();
  });

  test.each<[string, (here: Connection) => [Connection, Shown]]>([
    ["another connection", () => [connection(), prompt()]],
    ["another prompt", (here) => [here, prompt("other")]],
    ["another text", (here) => [here, prompt("one", "changed")]],
  ])("does not serve %s", (_what, asked) => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt(), "pin");
    expect(redeem(tickets, ...asked(here))).toBeUndefined();
  });

  test("is spent by an answer to another prompt", () => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt(), "pin");
    redeem(tickets, here, prompt("other"));
    expect(redeem(tickets, here, prompt())).toBeUndefined();
  });

  test.each([
    [TICKET_MS - 1, "pin"],
    [TICKET_MS, undefined],
  ])("after %i ms serves: %s", (ms, serves) => {
    const clock = fakeClock();
    const tickets = createTickets(clock);
    const here = connection();
    tickets.issue(here, prompt(), "pin");
    clock.advance(ms);
    expect(redeem(tickets, here, prompt())).toBe(serves);
  });

  test("is needed before the text is made: a choice that does not fit it tells nobody else that the prompt is open", () => {
    const made = () => {
      throw new Error("the text was made");
    };
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt(), "pin");
    expect(tickets.redeem(connection(), "one", made)).toBeUndefined();
    expect(() => tickets.redeem(here, "one", made)).toThrow("the text was made");
  });

  test("gives way to the next one on its connection", () => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt("one"), "pin");
    tickets.issue(here, prompt("two"), "pin");
    expect(redeem(tickets, here, prompt("one"))).toBeUndefined();
  });
});
