// A person in tmux: the question in the pane of the asking program, and `postern approve` in a popup over it.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { asks, isReady, outcomes, pinentriesOf, stageOf } from "../agent/asking-terminal.ts";
import { type Person, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { hasTool } from "../tools.ts";

const isThere = isReady && hasTool("tmux");

let agent: RunningAgent;
let channel: Channel;
let person: Person;
let terminal: Terminal;
let server: string;

beforeAll(async () => {
  agent = await startAgent();
  ({ channel, person } = await stageOf(agent, ["terminal"]));
  const popup = `display-popup -E -w 90% -h 80% "${process.execPath} --no-warnings -- ${main} approve"`;
  writeFileSync(join(agent.home, "tmux.conf"), `bind-key A ${popup}\n`);
});
afterAll(async () => {
  person.leave();
  channel.close();
  await agent.remove();
});
beforeEach(async () => {
  server = join(agent.home, "tmux.sock");
  const environment = { HOME: agent.home, POSTERN_HOME: agent.home, LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  terminal = openTerminal({ ...environment, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` }, agent.home);
  if (!isThere) return;
  terminal.type(`tmux -S ${server} -f ${join(agent.home, "tmux.conf")} new-session 'PS1="pane> " bash --norc'`);
  await terminal.sees("pane> ");
});
afterEach(() => {
  if (isThere) execFileSync("tmux", ["-S", server, "kill-server"]);
  terminal.end();
});

describe.skipIf(!isThere)("in tmux (needs tmux, nc, setpriv, pinentry-tty, pinentry-curses)", () => {
  test("the pane of the asker takes the PIN", async () => {
    terminal.type(asks(agent.socket, undefined, "screen"));
    await terminal.sees("Postern asks");
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe("approved /usr/bin/pinentry-curses");
  });

  test("`postern approve` in a popup answers, and the question in the pane ends", async () => {
    terminal.type(asks(agent.socket, undefined, "screen"));
    await terminal.sees("PIN:");
    terminal.key("\u0002A");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("wants to read");
    await terminal.sees(/Allow \S\S-\d\d\?/);
    terminal.key("y");
    await terminal.sees('"secret":"s3cret"');
    await expect.poll(() => pinentriesOf(agent.process.pid)).toEqual([]);
    expect((await outcomes(channel, "prompts.answer")).at(-1)).not.toContain("pinentry");
  });
});
