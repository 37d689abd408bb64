// While no account is here, any program may have the agent call a service for one. What such programs do is bounded.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FIRST_CALLS_OF_PLACE_MAX } from "../../daemon/session/first-sign-ins.ts";
import { type InProcessAgent, startInProcess } from "./in-process.ts";

let agent: InProcessAgent;
let silent: Server;
let service: string;
let asked: number;

beforeEach(async () => {
  agent = await startInProcess();
  asked = 0;
  silent = createServer(() => asked++);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  service = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterEach(async () => {
  silent.closeAllConnections();
  silent.close();
  await agent.close();
});

test.each([
  ["accounts.serviceInfo", {}],
  ["accounts.create", { name: "Eve", password: "seven quiet harbours", approvers: [], registrationToken: "x" }],
] as const)(
  "%s at a service that never answers is made once at a time, and refused past four",
  async (method, more) => {
    const channel = await agent.connect();
    const calls = 20;
    const refused = Array.from({ length: calls }, (_, at) => {
      const params = "name" in more ? { ...more, name: `Eve ${at}`, service } : { service };
      return channel.call(method as never, params as never).then(
        () => "answered",
        ({ errorName }: { errorName: string }) => errorName,
      );
    });
    const ended: string[] = [];
    for (const one of refused) void one.then((outcome) => ended.push(outcome));
    await expect.poll(() => ended.length, { timeout: 10_000 }).toBe(calls - FIRST_CALLS_OF_PLACE_MAX);
    expect(new Set(ended)).toEqual(new Set(["busy"]));
    await expect.poll(() => asked).toBe(1);
    channel.close();
  },
);
