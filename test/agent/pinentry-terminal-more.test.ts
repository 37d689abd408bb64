// The agent asks on the terminal of a program that is not ours, through the real pinentries. What a person does to
// such a terminal, and the end of the agent.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { Terminal } from "../build/terminal.ts";
import { hasTool } from "../tools.ts";
import {
  asks,
  isReady,
  isRunning,
  KINDS,
  modes,
  outcomes,
  pinentriesOf,
  question,
  REFERENCE,
  shellAt,
  stageOf,
} from "./asking-terminal.ts";
import { attachPerson, PASSWORD, type Person, PIN } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let channel: Channel;
let person: Person;
let terminal: Terminal;

beforeAll(async () => {
  agent = await startAgent();
  ({ channel, person } = await stageOf(agent, ["terminal"]));
});
afterAll(async () => {
  person.leave();
  channel.close();
  await agent.remove();
});
beforeEach(() => {
  terminal = shellAt(agent.home);
});
afterEach(async () => {
  terminal.end();
  await expect.poll(openPrompts).toBe(0);
  await expect.poll(() => pinentriesOf(agent.process.pid)).toEqual([]);
});

const openPrompts = async () => (await channel.call("agent.status", {})).openPrompts;

describe.skipIf(!isReady)("on the asker's terminal (needs nc, setpriv, pinentry-tty, pinentry-curses)", () => {
  test("three wrong PINs leave the question to `postern approve`, and are asked for nowhere else", async () => {
    const prompt = person.next();
    await question(terminal, agent.socket);
    for (const wrong of ["000001", "000002", "000003"]) {
      terminal.type(wrong);
      if (wrong !== "000003") await terminal.sees(/tries left[\s\S]*PIN:/);
    }
    await expect.poll(() => pinentriesOf(agent.process.pid)).toEqual([]);
    expect(await openPrompts()).toBe(1);
    await person.yes(await prompt);
    await terminal.sees('"secret":"s3cret"');
  });

  test("says only after the proof that there is no such thing", async () => {
    await question(terminal, agent.socket, KINDS["pinentry-tty"], "op://Demo/Nothing/password");
    expect(terminal.screen()).not.toContain("no item");
    terminal.type(PIN);
    await terminal.sees("no item matched");
    await terminal.sees("[ad]?");
    terminal.key("a");
    await terminal.sees("itemNotFound");
  });

  test("keys from before the question are no answer", async () => {
    terminal.type(asks(agent.socket, REFERENCE, "xterm"));
    terminal.type("000000");
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect(terminal.screen()).not.toContain("tries left");
  });

  test("a terminal that is too small for a screen is asked in lines", async () => {
    terminal.resize(40, 12);
    await question(terminal, agent.socket, KINDS["pinentry-curses"]);
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect((await outcomes(channel, "proof.pin")).at(-1)).toBe("ok /usr/bin/pinentry-tty");
  });

  test("nothing asks while the asker is in the background, and it asks once it comes to the front", async () => {
    terminal.type(`{ ${asks(agent.socket)}; } &`);
    await expect.poll(openPrompts).toBe(1);
    terminal.type("echo still-$((40+2))");
    await terminal.sees("still-42");
    expect(terminal.screen()).not.toContain("Postern asks");
    terminal.type("fg");
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
  });

  test("Ctrl-Z gives the terminal to the shell, and the question comes again with the asker", async () => {
    const before = await modes(terminal);
    await question(terminal, agent.socket, KINDS["pinentry-curses"]);
    terminal.key("\u001a");
    await terminal.sees("Stopped");
    await expect.poll(() => pinentriesOf(agent.process.pid)).toEqual([]);
    // The shell's own lines stand on the screen that is gone.
    await terminal.sees("Postern: the question comes again with the program (fg).");
    expect(await modes(terminal)).toBe(before);
    terminal.type("fg");
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect(await modes(terminal)).toBe(before);
  });

  test("Ctrl-C ends the asker, withdraws the question, and leaves the terminal as it was", async () => {
    const before = await modes(terminal);
    await question(terminal, agent.socket);
    terminal.key("\u0003");
    await expect.poll(openPrompts).toBe(0);
    await expect.poll(() => pinentriesOf(agent.process.pid)).toEqual([]);
    expect(await modes(terminal)).toBe(before);
  });

  test("a terminal that is gone is no no: the question waits for an answer elsewhere", async () => {
    const prompt = person.next();
    terminal.type(`trap '' HUP; ${asks(agent.socket)} >/dev/null 2>&1 &`);
    terminal.type("fg");
    await terminal.sees("PIN:");
    terminal.close();
    await expect.poll(() => pinentriesOf(agent.process.pid)).toEqual([]);
    expect(await openPrompts()).toBe(1);
    await person.yes(await prompt);
  });

  test.skipIf(process.getuid?.() !== 0 || !hasTool("python3"))(
    "a container's terminal is none of ours, though one here has its number (needs root, python3)",
    async () => {
      terminal.type("tty");
      const [, number = ""] = await terminal.sees(/\/dev\/pts\/(\d+)\s/);
      const prompt = person.next();
      const file = (name: string, ...lines: string[]) => {
        writeFileSync(join(agent.home, name), lines.join("\n"));
        return join(agent.home, name);
      };
      const asker = file("asker", "echo inside $(tty)", asks(agent.socket));
      // Terminals up to the one with our number, and the asker on that one.
      const opener = file(
        "opener",
        "import pty",
        `kept = [pty.openpty() for _ in range(${number})]`,
        `pty.spawn(["bash", ${JSON.stringify(asker)}])`,
      );
      const own = file(
        "own",
        "mount -t devpts -o newinstance,ptmxmode=0666 none /dev/pts",
        "mount --bind /dev/pts/ptmx /dev/ptmx",
        `python3 ${opener}`,
      );
      terminal.type(`unshare -m bash ${own}`);
      await terminal.sees(`inside /dev/pts/${number}`);
      const shown = await prompt;
      await expect.poll(() => agent.log()).toContain("no approver asks at a terminal");
      expect(pinentriesOf(agent.process.pid)).toEqual([]);
      await person.yes(shown);
      await terminal.sees('"secret":"s3cret"');
      expect(terminal.screen()).not.toContain("Postern asks");
    },
  );

  test("two programs at one terminal are asked about one after the other", async () => {
    terminal.type(`(${asks(agent.socket)} & ${asks(agent.socket)} & wait)`);
    await expect.poll(openPrompts).toBe(2);
    for (const answer of ["first", "second"]) {
      await terminal.sees("PIN:");
      expect(pinentriesOf(agent.process.pid), answer).toHaveLength(1);
      terminal.type(PIN);
      await terminal.sees('"secret":"s3cret"');
    }
  });

  test("too many wrong PINs, and no PIN at all, mean the account password", async () => {
    await channel.call("accounts.setPin", { password: PASSWORD });
    terminal.type(asks(agent.socket));
    await terminal.sees("Account password:");
    terminal.type(PASSWORD);
    await terminal.sees('"secret":"s3cret"');
    expect(terminal.screen()).not.toContain(PASSWORD);
    await channel.call("accounts.setPin", { password: PASSWORD, pin: PIN });
  });
});

describe.skipIf(!isReady)(
  "the end of the agent while it asks (needs nc, setpriv, pinentry-tty, pinentry-curses)",
  () => {
    test.each(
      (["SIGTERM", "SIGKILL"] as const).flatMap((signal) =>
        Object.entries(KINDS).map(([program, kind]) => ({ signal, program, kind })),
      ),
    )("$signal ends $program too, and the terminal is as before", async ({ signal, kind }) => {
      const before = await modes(terminal);
      // Its shell must not look at the terminal before the pinentry has set it back.
      terminal.type(`(${asks(agent.socket, REFERENCE, kind)}; sleep 1)`);
      await terminal.sees("PIN:");
      const running = pinentriesOf(agent.process.pid);
      expect(running).toHaveLength(1);
      channel.close();
      person.leave();
      await agent.end(signal);
      await expect.poll(() => running.filter(isRunning)).toEqual([]);
      expect(await modes(terminal)).toBe(before);
      agent = await agent.restart();
      channel = await agent.connect();
      await channel.call("session.unlock", { password: PASSWORD });
      person = await attachPerson(agent);
    });
  },
);
