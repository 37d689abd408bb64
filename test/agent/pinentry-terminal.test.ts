// The agent asks on the terminal of a program that is not ours, through the real pinentries. More of it is in
// pinentry-terminal-more.test.ts.
import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import {
  isReady,
  KINDS,
  modes,
  outcomes,
  pinentriesOf,
  question,
  REFERENCE,
  shellAt,
  stageOf,
} from "./asking-terminal.ts";
import { PASSWORD, type Person, PIN } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let channel: Channel;
let person: Person;
let terminal: Terminal;
let ids: { vault: string; item: string };

beforeAll(async () => {
  agent = await startAgent();
  ({ channel, person, ids } = await stageOf(agent, ["terminal"]));
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
  test.each(Object.entries(KINDS))("%s takes the PIN, and gives the terminal back as it was", async (program, kind) => {
    const before = await modes(terminal);
    await question(terminal, agent.socket, kind);
    const shown = terminal.screen().slice(terminal.screen().indexOf("Postern asks"));
    expect(shown).toMatch(/nc\S*, process \d+ on \/dev\/pts\/\d+, wants to/);
    expect(shown).toContain(`> ${REFERENCE}`);
    expect(shown).toContain("Yes holds for this process.");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect(await modes(terminal)).toBe(before);
    expect(terminal.screen()).not.toContain(PIN);
    expect(agent.log()).not.toContain(PIN);
    expect((await outcomes(channel, "proof.pin")).at(-1)).toBe(`ok /usr/bin/${program}`);
    expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe(`approved /usr/bin/${program}`);
  });

  test("a wrong PIN is counted, is told with the remaining tries, and is asked again", async () => {
    await question(terminal, agent.socket);
    terminal.type("12345");
    await terminal.sees("counts as no try");
    await terminal.sees("PIN:");
    terminal.type("000000");
    await terminal.sees("4 tries left");
    await terminal.sees("PIN:");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    expect((await outcomes(channel, "proof.pin")).slice(-2).map((one) => one.split(" ")[0])).toEqual([
      "proofRefused",
      "ok",
    ]);
  });

  test("titles come after the proof alone, without a letter that a terminal would obey", async () => {
    const reference = `op://${ids.vault}/${ids.item}/password`;
    await question(terminal, agent.socket, KINDS["pinentry-tty"], reference);
    const before = terminal.screen().slice(terminal.screen().indexOf("Postern asks"));
    expect(before).not.toMatch(/Demo|one request/);
    terminal.type(PIN);
    const [resolved] = await terminal.sees(/Postern asks[\s\S]*\[ad\]\?/);
    expect(resolved).toContain(">> vault: Demo");
    for (const line of resolved.split("\n").filter((one) => one.includes("one request")))
      expect(line).toMatch(/^>> item: /);
    expect(resolved.replaceAll(/[\r\n]/g, "")).not.toMatch(/[\u0000-\u001f\u202e]/);
    terminal.key("d");
    await terminal.sees("approvalDenied");
    expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe("denied /usr/bin/pinentry-tty");
  });

  test("a policy has the last word: a minimum strength makes the yes a no, and the person reads why", async () => {
    const { path } = await channel.call("policy.get", {});
    const text = JSON.stringify({ version: 1, strengths: [{ vault: ids.vault, minimum: "system" }] });
    writeFileSync(path, text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    await channel.call("policy.approve", { password: PASSWORD, sha256 });
    try {
      await question(terminal, agent.socket);
      terminal.type(PIN);
      await terminal.sees("Yes is answered as a no");
      terminal.key("a");
      await terminal.sees("approvalDenied");
      expect((await outcomes(channel, "policy.denied")).at(-1)).toMatch(/pinentry-tty$/);
    } finally {
      rmSync(path);
      await channel.call("policy.approve", { password: PASSWORD });
    }
  });

  test("a cancel denies, and nothing asks again", async () => {
    await question(terminal, agent.socket);
    terminal.key("\u0004");
    await terminal.sees("approvalDenied");
    expect(terminal.screen().split("Postern asks")).toHaveLength(2);
  });

  test.each(Object.entries(KINDS))(
    "an answer elsewhere ends %s, and the terminal is as before",
    async (_program, kind) => {
      const before = await modes(terminal);
      const prompt = person.next();
      await question(terminal, agent.socket, kind);
      terminal.key("4938");
      await person.yes(await prompt);
      await terminal.sees('"secret":"s3cret"');
      expect(await modes(terminal)).toBe(before);
    },
  );

  test("our own command asks there itself, and nothing beside it", async () => {
    const command = `POSTERN_HOME=${agent.home} ${join(dirname(process.execPath), "node")} --no-warnings -- ${main}`;
    terminal.type(`${command} read ${REFERENCE}`);
    await terminal.sees("Approval PIN");
    expect(pinentriesOf(agent.process.pid)).toEqual([]);
    terminal.type(PIN);
    await terminal.sees("s3cret");
    expect(terminal.screen()).not.toContain("Postern asks");
  });
});
