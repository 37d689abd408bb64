// Whose clients a connection of the official SDKs' door has.
import { expect, test } from "vitest";
import type { OpenClient } from "../../../daemon/call/connection.ts";
import { factsOf } from "../../../daemon/peer/process-facts.ts";
import { createProcessClients, IDLE_PROCESSES_MAX } from "../../../daemon/wire/process-clients.ts";

const facts = factsOf(process.pid);
if (facts === undefined) throw new Error("this process is not to be seen");
const here = facts;
const client: OpenClient = {
  account: "a",
  integrationName: "n",
  integrationVersion: "1",
  release: () => undefined,
};

test("all connections of one process have the same clients, and keep them while none is there", () => {
  const all = createProcessClients();
  const first = all.join(here);
  first.clients.set("1", client);
  const second = all.join({ ...here });
  expect(second.clients).toBe(first.clients);
  first.leave();
  second.leave();
  expect(all.join(here).clients.get("1")).toBe(client);
});

test.each([
  ["with another number", { pid: here.pid + 1 }],
  ["that got the number later", { startTicks: here.startTicks + 1 }],
  ["that has started another program", { image: "another" }],
])("a process %s has its own", (_what, other) => {
  const all = createProcessClients();
  all.join(here).clients.set("1", client);
  expect(all.join({ ...here, ...other }).clients.size).toBe(0);
});

test("as many idle processes are kept as the limit says, and of one more the longest idle one is forgotten", () => {
  const all = createProcessClients();
  const at = (startTicks: number) => ({ ...here, startTicks });
  const visit = (startTicks: number) => {
    const { clients, leave } = all.join(at(startTicks));
    clients.set("1", client);
    leave();
  };
  const busy = all.join(at(-1));
  busy.clients.set("1", client);
  for (let count = 0; count < IDLE_PROCESSES_MAX; count++) visit(count);
  visit(0);
  visit(IDLE_PROCESSES_MAX);
  expect(all.join(at(1)).clients.size).toBe(0);
  expect(all.join(at(0)).clients.size).toBe(1);
  expect(all.join(at(2)).clients.size).toBe(1);
  expect(all.join(at(-1)).clients).toBe(busy.clients);
});
