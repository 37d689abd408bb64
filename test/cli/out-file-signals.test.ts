// A signal that ends the command leaves nothing of an unfinished file.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { makeAccount } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { startPostern } from "./postern.ts";

let agent: RunningAgent;
let channel: Channel;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  channel = await agent.connect();
});
afterAll(() => agent.remove());

const prompts = async () => (await channel.call("agent.status", {})).openPrompts;

test.each(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT", "SIGALRM", "SIGXCPU", "SIGKILL"] as const)(
  "%s leaves no file, and ends the command",
  async (signal) => {
    const folder = join(agent.home, signal);
    mkdirSync(folder);
    // Nobody approves, so the unfinished file waits for its bytes.
    const { child, ended } = startPostern(["read", "op://Personal/A/password", "--out-file", `${signal}/out`], {
      home: agent.home,
    });
    await expect.poll(prompts).toBe(1);
    child.kill(signal);
    await ended;
    expect(readdirSync(folder)).toEqual([]);
    expect([child.exitCode, child.signalCode]).toEqual(signal === "SIGINT" ? [130, null] : [null, signal]);
    await expect.poll(prompts).toBe(0);
  },
);
