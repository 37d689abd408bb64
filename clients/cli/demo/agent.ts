// The demonstration's agent. It ends with the demonstration, unlike the agent of a command.
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openChannel } from "../../typescript/channel.ts";
import { START_MS_MAX } from "../../typescript/generated-start-file.ts";
import { AgentNotRunning } from "../../typescript/local-error.ts";
import { agentEnvironment, agentOptions, agentProgram, LOOK_MS } from "../agent/start-agent.ts";
import { socketOf } from "../agent/where.ts";
import { VERSION } from "../version.ts";
import type { Stage } from "./stage.ts";

/** Starts the agent on this stage. Fulfilled when it listens. */
export async function startOn(stage: Stage): Promise<void> {
  const log = openSync(join(stage.home, "agent.log"), "a", 0o600);
  const agent = stage.spawn(process.execPath, [...agentOptions, agentProgram()], {
    stdio: ["ignore", log, log],
    env: agentEnvironment(),
    cwd: "/",
  });
  closeSync(log);
  for (let waited = 0; waited < START_MS_MAX; waited += LOOK_MS) {
    try {
      return (await openChannel(socketOf(), { name: "postern", version: VERSION })).close();
    } catch (error) {
      if (!(error instanceof AgentNotRunning)) throw error;
    }
    if (agent.exitCode !== null)
      throw new AgentNotRunning(
        "the demonstration's agent ended at once",
        undefined,
        "run `postern agent run`: it says why",
      );
    await wait(LOOK_MS);
  }
  throw new AgentNotRunning(
    `the demonstration's agent did not listen within ${START_MS_MAX / 1000} s`,
    undefined,
    "run it again when the machine has less to do",
  );
}
