// The foreground process is the one that was started, whatever ends it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openChannel } from "../../clients/typescript/channel.ts";
import { agentProgram, command as main } from "../programs.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-fg-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

function start(words: string) {
  const env = { HOME: home, POSTERN_HOME: home, PATH: process.env.PATH ?? "", LANG: "C.UTF-8" };
  return spawn(process.execPath, ["--no-warnings", "--", main, ...words.split(" ")], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

const answers = () =>
  openChannel(join(home, "run", "agent.sock"), { name: "test", version: "1" }).then(
    (channel) => {
      channel.close();
      return true;
    },
    () => false,
  );

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("%s of `agent run` ends the agent", async (signal) => {
  const child = start("agent run");
  await expect.poll(answers).toBe(true);
  expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8")).toContain(agentProgram);
  child.kill(signal);
  await once(child, "exit");
  expect(await answers()).toBe(false);
});

test("SIGKILL of `service run` ends the service", async () => {
  const child = start("service run --port 0");
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const { listening } = JSON.parse(line) as { listening: string };
  expect((await fetch(`${listening}/v1/nothing`, { method: "POST" })).status).toBe(400);
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect(fetch(`${listening}/v1/nothing`, { method: "POST" })).rejects.toThrow();
});
