// A dialogue of the system that a person leaves open. The agent's clock is the machine's, so this takes the two minutes that a question waits.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PROMPT_MS } from "../../daemon/approval/broker.ts";
import { REFERENCE, stageOf } from "../agent/asking-terminal.ts";
import { agentOptions } from "../agent/start.ts";
import { cannotRun, startMachine, USER } from "./machine.ts";
import { openWindow, startUsersAgent } from "./programs.ts";

const command = fileURLToPath(new URL("../../clients/cli/main.ts", import.meta.url));

test.skipIf(cannotRun !== undefined)(
  "a dialogue that nobody answers is taken away at the deadline, and grants nothing (needs root, polkitd, dbus, nc)",
  async () => {
    const machine = await startMachine();
    machine.root([
      process.execPath,
      ...agentOptions,
      command,
      "approver",
      "install",
      "polkit",
      "--user",
      `${USER.uid}`,
    ]);
    const agent = await startUsersAgent(machine);
    await stageOf(agent as never, ["polkit"]);
    const asker = await agent.connect();
    const shown = await openWindow(machine, asker.pid, "leave");
    const answer = asker.call("secrets.resolve", { reference: REFERENCE });
    await expect(answer).rejects.toMatchObject({ errorName: "approvalTimedOut" });
    await expect.poll(() => shown.lines.at(-1)).toEqual({ cancelled: true });
    shown.end();
    asker.close();
    await agent.end();
    machine.remove();
  },
  PROMPT_MS + 60_000,
);
