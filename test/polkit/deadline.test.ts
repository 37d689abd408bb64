import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PROMPT_MS } from "../../daemon/approval/broker.ts";
import { CONFIRM_MS_MAX } from "../../daemon/polkit/system-dialog.ts";
import { REFERENCE, stageOf } from "../agent/asking-terminal.ts";
import { agentOptions, command } from "../programs.ts";
import { cannotRun, type Machine, startMachine, USER } from "./machine.ts";
import { openDialogue, openWindow, startUsersAgent, type UsersAgent, type UsersProgram } from "./programs.ts";

describe.skipIf(cannotRun !== undefined)("a dialogue that nobody answers (needs root, polkitd, dbus, nc)", () => {
  let machine: Machine;
  let agent: UsersAgent;
  let asker: UsersProgram;
  let staged: Awaited<ReturnType<typeof stageOf>>;

  beforeEach(async () => {
    machine = await startMachine();
    const install = [command, "approver", "install", "polkit", "--user", `${USER.uid}`];
    machine.root([process.execPath, ...agentOptions, ...install]);
    agent = await startUsersAgent(machine);
    staged = await stageOf(agent as never, ["polkit"]);
    asker = await agent.connect();
  });
  afterEach(async () => {
    asker.close();
    await agent.end();
    machine.remove();
  });

  test(
    "is taken away at the deadline, and grants nothing",
    async () => {
      const shown = await openWindow(machine, asker.pid, "leave");
      const answer = asker.call("secrets.resolve", { reference: REFERENCE });
      await expect(answer).rejects.toMatchObject({ errorName: "approvalTimedOut" });
      await expect.poll(() => shown.lines.at(-1)).toEqual({ cancelled: true });
      shown.end();
    },
    PROMPT_MS + 60_000,
  );

  test(
    "with what was looked up is taken away after a minute, and the agent says why",
    async () => {
      const shown = await openDialogue(machine, asker.pid);
      const { vault, item } = staged.ids;
      void asker.call("secrets.resolve", { reference: `op://${vault}/${item}/password` });
      await shown.sees("Password: ");
      await shown.type(USER.password);
      await shown.sees("Yes holds for this one request.");
      const told = () => agent.log();
      await expect.poll(told, { timeout: CONFIRM_MS_MAX + 20_000 }).toContain("nobody answered in time");
      expect((await staged.channel.call("agent.status", {})).openPrompts).toBe(1);
      shown.end();
    },
    PROMPT_MS + 60_000,
  );
});
