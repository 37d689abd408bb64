// A script reads many secrets, each by a command of its own. A person approves each of them for one time.
import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { command as main } from "../programs.ts";

const READS = 25;
const names = Array.from({ length: READS }, (_, index) => `secret${index}`);

let agent: RunningAgent;
let person: Person;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  for (const name of names) {
    const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: `value of ${name}` }];
    await channel.call("items.create", { item: { vaultId, title: name, category: "Password", fields } });
  }
  channel.close();
});
afterAll(() => agent.remove());

/** Runs a shell script in a session of its own. Returns what it printed. */
function script(text: string): Promise<{ out: string; err: string }> {
  const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: process.env.PATH ?? "" };
  const child = spawn("/bin/sh", ["-c", text], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    printed.out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    printed.err += chunk;
  });
  return new Promise((resolve) => child.once("close", () => resolve(printed)));
}

test(`a script that reads ${READS} secrets one by one is not cut off while each is approved`, async () => {
  person.always("yes", { lasts: "once" });
  const before = person.seen.length;
  const node = `"${process.execPath}" --disable-sigusr1 --no-warnings -- "${main}"`;
  const { out, err } = await script(
    `for name in ${names.join(" ")}; do ${node} read "op://Demo/$name/password"; echo; done; exit 0`,
  );
  expect({ out, refused: err.split("\n").filter((line) => line.includes("too many")) }).toEqual({
    out: names.map((name) => `value of ${name}\n`).join(""),
    refused: [],
  });
  // Each of them was a question: none was covered by an earlier yes.
  expect(person.seen).toHaveLength(before + READS);
}, 120_000);
