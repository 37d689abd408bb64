// A program without a terminal tries wrong passwords without a pause, over several connections. Meanwhile the person types the right one into a terminal, again
// and again.
import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";
import { FREE_TRIES } from "../../daemon/session/password-tries.ts";
import { PASSWORD } from "../agent/person.ts";
import type { RunningAgent } from "../agent/start.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import type { Sampling } from "./sampler.ts";
import type { Extent } from "./table.ts";

/** Programs that try at once. */
const ROGUES: Readonly<Record<Extent, number>> = { short: 2, whole: 8 };

/** Milliseconds of an unlock by the person: one wrong try that runs already and their own, on a machine that does other things too. */
const WAIT_MS_MAX = 15_000;

/** More tries than one program ends in the time of the attack. */
const ENDLESS = 10_000_000;

/** Detached, so that it has no terminal, wherever this runs. */
function rogue({ socket }: RunningAgent, samplerProgram: string): ChildProcess {
  const child = spawn(process.execPath, ["--no-warnings", samplerProgram], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const sampling: Sampling = {
    socket,
    method: "session.unlock",
    classes: { wrong: { password: "quite wrong" } },
    samples: ENDLESS,
  };
  child.stdin?.end(JSON.stringify(sampling));
  return child;
}

/** Milliseconds until the terminal shows that it is unlocked. */
async function unlockAt(terminal: Terminal): Promise<number> {
  terminal.type(
    `${process.execPath} --no-warnings -- ${main} lock && ${process.execPath} --no-warnings -- ${main} unlock`,
  );
  await terminal.sees("Account password");
  const began = performance.now();
  terminal.type(PASSWORD);
  const [shown] = await terminal.sees(/unlocked[^\n]*|too many[^\n]*|busy[^\n]*|wrong password[^\n]*/i);
  if (!/^unlocked/i.test(shown)) throw new Error(`the right password was refused: ${shown}`);
  return performance.now() - began;
}

/** Tries until it must wait, which shows that the rogues have used up the tries of all programs without a terminal. */
async function demandDelayed(agent: RunningAgent): Promise<void> {
  const channel = await agent.connect();
  await channel.call("session.lock", {});
  const names = new Set<string>();
  const until = performance.now() + WAIT_MS_MAX * FREE_TRIES;
  while (!names.has("tryLater") && performance.now() < until)
    await channel
      .call("session.unlock", { password: "quite wrong" })
      .catch(({ errorName }: { errorName: string }) => names.add(errorName));
  channel.close();
  if (!names.has("tryLater")) throw new Error(`nobody had to wait: ${[...names]}`);
}

/** Answers nothing where it held. */
export async function rightAmongWrong(
  agent: RunningAgent,
  extent: Extent,
  samplerProgram: string,
): Promise<string | undefined> {
  const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  const terminal = openTerminal({ ...env, LANG: "C.UTF-8" }, agent.home);
  const rogues = Array.from({ length: ROGUES[extent] }, () => rogue(agent, samplerProgram));
  try {
    for (let round = 0; round < { short: 1, whole: 20 }[extent]; round++) {
      await demandDelayed(agent);
      const ms = await unlockAt(terminal);
      if (ms > WAIT_MS_MAX) return `the right password waited ${Math.round(ms)} ms`;
    }
    return undefined;
  } finally {
    terminal.end();
    for (const child of rogues) child.kill();
  }
}
