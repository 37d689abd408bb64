// The agent asks in a window, through the real pinentries, on a display of the test's own. Each window's picture is kept in
// node_modules/.cache/postern-pinentry.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { command as main } from "../programs.ts";
import { hasTool } from "../tools.ts";
import { isRunning, outcomes, pinentriesOf, REFERENCE, shellAt, stageOf, variablesOf } from "./asking-terminal.ts";
import { type Person, PIN } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const programs = ["pinentry-qt", "pinentry-gtk-2"];
const isReady = ["nc", "Xvfb", "xdotool", "import", "setpriv", ...programs].every(hasTool);
const pictures = fileURLToPath(new URL("../../node_modules/.cache/postern-pinentry", import.meta.url));

let server: ChildProcess;
let display: string;
let agent: RunningAgent;
let channel: Channel;
let person: Person;

beforeAll(async () => {
  if (!isReady) return;
  mkdirSync(pictures, { recursive: true });
  // The server chooses a free number, and writes it once it takes windows. Without -noreset it starts anew after each last window, and a window that
  // opens meanwhile is refused.
  server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const [number] = (await once(server.stdio[3] as NodeJS.ReadableStream, "data")) as [Buffer];
  display = `:${number.toString().trim()}`;
  agent = await startAgent(undefined, { DISPLAY: display, SECRET_OF_THE_SHELL: "1", GTK_MODULES: "evil" });
  ({ channel, person } = await stageOf(agent, ["window"]));
});
afterAll(async () => {
  if (!isReady) return;
  person.leave();
  channel.close();
  await agent.remove();
  server.kill();
});
afterEach(async () => {
  if (!isReady) return;
  await expect.poll(openPrompts).toBe(0);
  await expect.poll(() => pinentriesOf(agent.process.pid)).toEqual([]);
});

const openPrompts = async () => (await channel.call("agent.status", {})).openPrompts;
const press = (...words: string[]) =>
  execFileSync("xdotool", words, { env: { ...process.env, DISPLAY: display }, encoding: "utf8", stdio: "pipe" });

/** Waits until the window takes keys, and keeps its picture. Returns its process. */
async function window(name: string): Promise<number> {
  await expect.poll(() => pinentriesOf(agent.process.pid), { timeout: 20_000 }).toHaveLength(1);
  const [pid = 0] = pinentriesOf(agent.process.pid);
  await expect.poll(() => hasFocus(), { timeout: 20_000 }).toBe(true);
  execFileSync("import", ["-display", display, "-window", "root", join(pictures, `${name}.png`)]);
  return pid;
}

/** Without a window manager nothing gives a window the keys, so the pinentry must have taken them. */
function hasFocus(): boolean {
  try {
    return (
      Number(press("getwindowfocus")) > 1 && press("search", "--onlyvisible", "--name", "ostern|pinentry").trim() !== ""
    );
  } catch {
    return false;
  }
}

/** A program of its own reads a secret, without a terminal. Returns the name of the error, or "allowed". */
async function read(reference = REFERENCE): Promise<string> {
  const asker = spawn("nc", ["-N", "-U", agent.socket], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  asker.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "secrets.resolve", params: { reference } })}\n`);
  let answer = "";
  for await (const chunk of asker.stdout) answer += chunk;
  const { error } = JSON.parse(answer) as { error?: { data: { name: string } } };
  return error?.data.name ?? "allowed";
}

describe.skipIf(!isReady)(
  `in a window (needs ${["nc", "Xvfb", "xdotool", "import", "setpriv", ...programs].join(", ")})`,
  () => {
    test("the PIN is the answer, and the window knows no more of the agent than its display", async () => {
      const reading = read();
      const pid = await window("asked");
      expect(variablesOf(pid)).toEqual([`DISPLAY=${display}`, "HOME=/", "LANG=C.UTF-8", "PATH=/usr/bin:/bin"]);
      press("type", PIN);
      press("key", "Return");
      expect(await reading).toBe("allowed");
      expect((await outcomes(channel, "prompts.answer")).at(-1)).toBe("approved /usr/bin/pinentry-qt");
    });

    test("a wrong PIN is told with the remaining tries, and is asked again", async () => {
      const reading = read();
      const pid = await window("again-before");
      press("type", "000000");
      press("key", "Return");
      await expect.poll(async () => (await outcomes(channel, "proof.pin")).at(-1)).toMatch(/^proofRefused/);
      expect(await window("again")).toBe(pid);
      press("type", PIN);
      press("key", "Return");
      expect(await reading).toBe("allowed");
    });

    test("what was looked up takes a yes of its own, after the PIN", async () => {
      const reading = read("op://Demo/Nothing/password");
      await window("missing-before");
      press("type", PIN);
      press("key", "Return");
      await expect.poll(async () => (await outcomes(channel, "proof.pin")).at(-1)).toMatch(/^ok/);
      await window("missing");
      press("key", "Escape");
      expect(await reading).toBe("approvalDenied");
    });

    test("Escape denies", async () => {
      const reading = read();
      await window("denied");
      press("key", "Escape");
      expect(await reading).toBe("approvalDenied");
    });

    test("an answer elsewhere closes it", async () => {
      const prompt = person.next();
      const reading = read();
      const pid = await window("elsewhere");
      await person.yes(await prompt);
      expect(await reading).toBe("allowed");
      await expect.poll(() => isRunning(pid)).toBe(false);
    });

    test("none opens beside the question of our own command", async () => {
      const terminal = shellAt(agent.home);
      terminal.type(`POSTERN_HOME=${agent.home} node --no-warnings -- ${main} read ${REFERENCE}`);
      await terminal.sees("Approval PIN");
      expect(pinentriesOf(agent.process.pid)).toEqual([]);
      terminal.type(PIN);
      await terminal.sees("s3cret");
      terminal.end();
      expect((await outcomes(channel, "prompts.answer")).at(-1)).not.toContain("pinentry");
    });

    test("one window is open at a time, and the next one follows", async () => {
      const first = read("op://Demo/First/password");
      await window("first");
      const second = read("op://Demo/Second/password");
      await expect.poll(openPrompts).toBe(2);
      expect(pinentriesOf(agent.process.pid)).toHaveLength(1);
      press("key", "Escape");
      expect(await first).toBe("approvalDenied");
      await window("second");
      press("key", "Escape");
      expect(await second).toBe("approvalDenied");
    });
  },
);
