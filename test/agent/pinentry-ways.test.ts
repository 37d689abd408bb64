// The order of the ways, and what makes one unavailable: the next one asks then, and a no is a no. The agent runs in this process, so that its
// clock is the test's, and with pinentries of the test's choice.
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { GATHER_MS, PROMPT_MS } from "../../daemon/approval/broker.ts";
import { type Pinentries, pinentries } from "../../daemon/pinentry/started.ts";
import type { Terminal } from "../build/terminal.ts";
import { isRoot } from "../daemon/peer/children.ts";
import { asks, isReady, modes, outcomes, pinentriesOf, shellAt, stageOf } from "./asking-terminal.ts";
import { type InProcessAgent, startInProcess } from "./in-process.ts";
import { PASSWORD, type Person, PIN } from "./person.ts";

const TTY = { path: "/usr/bin/pinentry-tty", variables: [] };
const MISSING = { path: "/usr/bin/pinentry-of-nobody", variables: [] };
type Way = "polkit" | "window" | "terminal";

let folder: string;
let agent: InProcessAgent;
let channel: Channel;
let person: Person;
let terminal: Terminal;
let ticking: NodeJS.Timeout;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-pe-"));
});
afterEach(async () => {
  terminal.end();
  clearInterval(ticking);
  person.leave();
  channel.close();
  await agent.close();
  rmSync(folder, { recursive: true, force: true });
  expect(pinentriesOf(process.pid)).toEqual([]);
});

/** An agent with these pinentries and variables, and a shell. Its prompts open by themselves, and end only when the test says so. */
async function begin(order: Way[], programs: Partial<Pinentries>, env: Record<string, string> = {}): Promise<void> {
  agent = await startInProcess(undefined, undefined, undefined, undefined, [], {
    env,
    pinentries: { ...pinentries, ...programs },
  });
  ticking = setInterval(() => agent.clock.isDueWithin(GATHER_MS) && agent.clock.advance(GATHER_MS), 5);
  ({ channel, person } = await stageOf(agent, []));
  await channel.call("accounts.setApprovers", { approvers: order, password: PASSWORD });
  terminal = shellAt(agent.home);
}

const openPrompts = async () => (await channel.call("agent.status", {})).openPrompts;

describe.skipIf(!isReady)("a way that cannot ask (needs nc, setpriv, pinentry-tty, pinentry-curses)", () => {
  const own = () => {
    const path = join(folder, "pinentry-tty");
    copyFileSync(TTY.path, path);
    chmodSync(path, 0o755);
    return path;
  };

  test.each([
    ["a program that is not there", () => MISSING.path],
    ["a file in a folder that others can write", own],
    ["a program that ends at once", () => "/bin/false"],
    ["a program that speaks otherwise", () => "/usr/bin/yes"],
  ])("leaves the question to the next program: %s", async (_what, path) => {
    await begin(["terminal"], { terminal: [{ path: path(), variables: [] }, TTY] });
    terminal.type(asks(agent.socket, undefined, "xterm"));
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe("approved /usr/bin/pinentry-tty");
  });

  test.each<[string, Way[], Partial<Pinentries>, Record<string, string>]>([
    ["no display", ["window"], { window: [TTY] }, {}],
    ["no program of any kind", ["window", "terminal"], { window: [MISSING], terminal: [MISSING] }, { DISPLAY: ":9" }],
    ["no starter that ends it with the agent", ["terminal"], { starter: "/usr/bin/setpriv-of-nobody" }, {}],
    ["approvers switched off", [], {}, {}],
  ])("leaves the question to `postern approve` where nothing else is: %s", async (_what, order, programs, env) => {
    await begin(order, programs, env);
    const prompt = person.next();
    terminal.type(asks(agent.socket));
    const shown = await prompt;
    await expect.poll(openPrompts).toBe(1);
    expect(pinentriesOf(process.pid)).toEqual([]);
    await person.yes(shown);
    await terminal.sees('"secret":"s3cret"');
    expect(terminal.screen()).not.toContain("Postern asks");
  });

  test("keeps no terminal waiting: a window that nobody can see, or that cannot open", async () => {
    // It waits for a greeting that never comes, as a window does whose display hangs.
    const hangs = { path: "/usr/bin/tail", variables: ["DISPLAY"] };
    await begin(["window", "terminal"], { window: [hangs] }, { DISPLAY: ":9" });
    terminal.type(asks(agent.socket));
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
  });

  test("is followed by the next way where the terminal comes first", async () => {
    // A window that can do without a display, so that this test needs none.
    await begin(["terminal", "window"], { terminal: [MISSING], window: [TTY] }, { DISPLAY: ":9" });
    terminal.type(asks(agent.socket));
    await terminal.sees("approvalDenied");
    expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe("denied /usr/bin/pinentry-tty");
  });
});

describe.skipIf(!isReady || !isRoot)("polkit (needs root, whom it asks nothing, nc, setpriv, pinentry-tty)", () => {
  test.each<[string, Way[]]>([
    ["the window", ["polkit", "window"]],
    ["the window behind a terminal that cannot be used", ["terminal", "polkit", "window"]],
  ])("that cannot ask leaves the question to %s", async (_what, order) => {
    // A window that can do without a display, so that this test needs none.
    await begin(order, { terminal: [MISSING], window: [TTY] }, { DISPLAY: ":9" });
    terminal.type(asks(agent.socket));
    await terminal.sees("approvalDenied");
    expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe("denied /usr/bin/pinentry-tty");
  });

  test("that cannot ask keeps no terminal waiting", async () => {
    await begin(["polkit", "terminal"], {});
    terminal.type(asks(agent.socket));
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
  });
});

describe.skipIf(!isReady)("an open question (needs nc, setpriv, pinentry-tty, pinentry-curses)", () => {
  test("ends with its prompt, whose time is over, and is no no", async () => {
    await begin(["terminal"], {});
    const before = await modes(terminal);
    terminal.type(asks(agent.socket));
    await terminal.sees("PIN:");
    agent.clock.advance(PROMPT_MS);
    await terminal.sees("approvalTimedOut");
    expect(await modes(terminal)).toBe(before);
    expect((await outcomes(channel, "prompt.closed")).at(-1)).toMatch(/^timedOut /);
  });

  test("that is killed leaves the question to the next program", async () => {
    await begin(["terminal"], {});
    terminal.type(asks(agent.socket, undefined, "xterm"));
    await terminal.sees("PIN:");
    for (const pid of pinentriesOf(process.pid)) process.kill(pid, "SIGKILL");
    await terminal.sees(/Postern asks[\s\S]*PIN: /);
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe("approved /usr/bin/pinentry-tty");
  });

  test("ends at the lock of the account, and the terminal is as before", async () => {
    await begin(["terminal"], {});
    const before = await modes(terminal);
    terminal.type(asks(agent.socket));
    await terminal.sees("PIN:");
    await channel.call("session.lock", {});
    await terminal.sees("locked");
    expect(await modes(terminal)).toBe(before);
  });
});
