// The approval of a policy and the end of the agent: kill -9 while the device store is written, and right after the answer.
import { watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeAccount, PASSWORD } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

/** Milliseconds: five agents start here, each with a derivation of a key. */
const TIMEOUT_MS = 120_000;

/** Approves a policy with this reason in it. */
async function approving(agent: RunningAgent, because: string): Promise<() => Promise<unknown>> {
  const text = JSON.stringify({ version: 1, rules: [{ effect: "deny", because }] });
  writeFileSync(join(agent.home, "data", "policy.json"), text);
  const channel = await agent.connect();
  const { file } = await channel.call("policy.get", {});
  return () =>
    channel.call("policy.approve", { password: PASSWORD, sha256: file?.sha256 ?? "" }).finally(() => channel.close());
}

/** The state after a start and an unlock. */
async function stateOf(agent: RunningAgent): Promise<string | undefined> {
  const channel = await agent.connect();
  await channel.call("session.unlock", { password: PASSWORD });
  const { state } = await channel.call("policy.get", {});
  channel.close();
  return state;
}

test(
  "a kill -9 while an approval is written leaves the policy from before or the new one, and an answered one stays",
  async () => {
    let agent = await startAgent();
    const { account } = await makeAccount(agent);
    const first = await approving(agent, "first");
    expect(await first()).toEqual({ state: "active" });
    for (const because of ["second", "third"]) {
      const approve = await approving(agent, because);
      const folder = watch(join(agent.home, "data", "accounts", account));
      const writing = new Promise((resolve) => {
        folder.on("change", (_kind, name) => {
          if (/^device\.sealed\..*unfinished$/.test(String(name))) resolve(name);
        });
      });
      approve().catch(() => undefined);
      await writing;
      await agent.end("SIGKILL");
      folder.close();
      agent = await agent.restart();
      expect(["active", "changed"]).toContain(await stateOf(agent));
      const again = await approving(agent, because);
      expect(await again()).toEqual({ state: "active" });
      await agent.end("SIGKILL");
      agent = await agent.restart();
      expect(await stateOf(agent)).toBe("active");
    }
    await agent.remove();
  },
  TIMEOUT_MS,
);
