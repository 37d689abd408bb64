// What is left of a file that was begun when a signal ends the command: nothing.
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeAccount } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { startPostern } from "./postern.ts";

let agent: RunningAgent;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
});
afterAll(() => agent.remove());

const parts = () => readdirSync(agent.home).filter((name) => name.startsWith("out."));

test.each(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"] as const)(
  "%s leaves no file, and ends the command",
  async (signal) => {
    // Nobody approves, so the file that was begun waits for its bytes.
    const { child, ended } = startPostern(["read", "op://Personal/A/password", "--out-file", "out"], {
      home: agent.home,
    });
    await expect.poll(parts).toHaveLength(1);
    child.kill(signal);
    await ended;
    expect(parts()).toEqual([]);
    expect([child.exitCode, child.signalCode]).toEqual(signal === "SIGINT" ? [130, null] : [null, signal]);
  },
);
