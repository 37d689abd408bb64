import { describe, expect, test } from "vitest";
import { createTickets, type Shown, TICKET_MS } from "../../../daemon/approval/tickets.ts";
import type { Connection } from "../../../daemon/call/connection.ts";
import { fakeClock } from "../host/fake-clock.ts";

const connection = () => ({}) as Connection;
const prompt = (id = "one", hash = "text") => ({ id, hash });

describe("a ticket", () => {
  test("serves the answer to its prompt once", () => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt());
    expect(tickets.redeem(here, prompt())).toBe(true);
    expect(tickets.redeem(here, prompt())).toBe(false);
  });

  test.each<[string, (here: Connection) => [Connection, Shown]]>([
    ["another connection", () => [connection(), prompt()]],
    ["another prompt", (here) => [here, prompt("other")]],
    ["another text", (here) => [here, prompt("one", "changed")]],
  ])("does not serve %s", (_what, asked) => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt());
    expect(tickets.redeem(...asked(here))).toBe(false);
  });

  test("is spent by an answer to another prompt", () => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt());
    tickets.redeem(here, prompt("other"));
    expect(tickets.redeem(here, prompt())).toBe(false);
  });

  test.each([
    [TICKET_MS - 1, true],
    [TICKET_MS, false],
  ])("after %i ms serves: %s", (ms, serves) => {
    const clock = fakeClock();
    const tickets = createTickets(clock);
    const here = connection();
    tickets.issue(here, prompt());
    clock.advance(ms);
    expect(tickets.redeem(here, prompt())).toBe(serves);
  });

  test("gives way to the next one on its connection", () => {
    const tickets = createTickets(fakeClock());
    const here = connection();
    tickets.issue(here, prompt("one"));
    tickets.issue(here, prompt("two"));
    expect(tickets.redeem(here, prompt("one"))).toBe(false);
  });
});
