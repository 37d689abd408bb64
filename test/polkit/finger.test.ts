// A finger as the proof: the system's dialogue, PAM, fprintd and libfprint are real. Only the sensor is libfprint's virtual one.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { REFERENCE, stageOf } from "../agent/asking-terminal.ts";
import { agentOptions, command } from "../programs.ts";
import { cannotTouch, type Machine, SENSOR, startMachine, USER } from "./machine.ts";
import { openDialogue, startUsersAgent, type UsersAgent, type UsersProgram } from "./programs.ts";

const FINGER = "right-index-finger";

let machine: Machine;
let agent: UsersAgent;
let channel: UsersProgram;
const opened: { end(): void }[] = [];

/** Puts a finger on the sensor. It takes one only while somebody waits for it. */
async function touch(finger: string): Promise<void> {
  const words = machine.asRoot(["sh", "-c", 'printf "SCAN %s" "$1" | nc -N -U "$0"', SENSOR, finger]);
  await vi.waitFor(() => expect(spawnSync(words[0] ?? "", words.slice(1)).status).toBe(0), { timeout: 10_000 });
}

/** Shows the system the user's finger, as often as it wants to see it. */
async function enrol(): Promise<void> {
  const [program = "", ...words] = machine.asRoot(["fprintd-enroll", "-f", FINGER, USER.name]);
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const ended = once(child, "close");
  for (let seen = 0; seen < 5; seen++) {
    await vi.waitFor(() => expect(text.split("\n").length).toBeGreaterThan(seen + 2), { timeout: 10_000 });
    await touch("finger-right-index");
  }
  await ended;
  expect(text).toContain("enroll-completed");
}

beforeAll(async () => {
  if (cannotTouch !== undefined) return;
  machine = await startMachine({ pam: "auth sufficient pam_fprintd.so max-tries=1 timeout=10\n", finger: true });
  machine.root([process.execPath, ...agentOptions, command, "approver", "install", "polkit", "--user", `${USER.uid}`]);
  await enrol();
  agent = await startUsersAgent(machine);
  channel = (await stageOf(agent as never, ["polkit"])).channel as unknown as UsersProgram;
}, 60_000);
afterAll(async () => {
  if (cannotTouch !== undefined) return;
  await agent.end();
  machine.remove();
});
afterEach(async () => {
  for (const one of opened.splice(0)) one.end();
});

/** A program that asks, and its dialogue, which waits for the finger. */
async function asked() {
  const asker = await agent.connect();
  const shown = await openDialogue(machine, asker.pid);
  opened.push({ end: asker.close }, shown);
  const answer = asker.call("secrets.resolve", { reference: REFERENCE }).then(({ secret }) => secret);
  await shown.sees(REFERENCE);
  await shown.sees("finger");
  return { shown, answer };
}

describe.skipIf(cannotTouch !== undefined)("the finger (needs root, polkitd, fprintd, libpam-fprintd)", () => {
  test("of the user approves, and no password is asked for", async () => {
    const { shown, answer } = await asked();
    await touch("finger-right-index");
    expect(await answer).toBe("s3cret");
    expect(shown.screen()).not.toContain("Password");
  });

  test("of somebody else approves nothing; the password does", async () => {
    const { shown, answer } = await asked();
    await touch("finger-of-another");
    await shown.sees("Password: ");
    expect((await channel.call("agent.status", {})).openPrompts).toBe(1);
    await shown.type(USER.password);
    expect(await answer).toBe("s3cret");
  });

  test("of somebody else and a wrong password approve nothing", async () => {
    const { shown } = await asked();
    await touch("finger-of-another");
    await shown.sees("Password: ");
    await shown.type("another password");
    await shown.sees("AUTHENTICATION FAILED");
    expect((await channel.call("agent.status", {})).openPrompts).toBe(1);
  });

  test("that nobody shows approves nothing, and the password is asked for", async () => {
    const { shown } = await asked();
    await shown.sees("Password: ");
    expect((await channel.call("agent.status", {})).openPrompts).toBe(1);
  });
});
