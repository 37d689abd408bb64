// A program that looks at its own records learns nothing of what others do, not even how much.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeAccount, PASSWORD } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const other = fileURLToPath(new URL("../attack/sampler.ts", import.meta.url));

let agent: RunningAgent;

beforeEach(async () => {
  agent = await startAgent();
  await makeAccount(agent);
});
afterEach(() => agent.remove());

/** Another program is refused two things. */
function otherIsRefused(): Promise<void> {
  const asked = { one: { reference: "op://A/b/c", noWait: true }, two: { reference: "op://A/b/d", noWait: true } };
  const sampling = { socket: agent.socket, method: "secrets.resolve", classes: asked, samples: 1 };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ["--no-warnings", other], (error) =>
      error === null ? resolve() : reject(error),
    );
    child.stdin?.end(JSON.stringify(sampling));
  });
}

test("its records are numbered for themselves, and those of others leave no gap", async () => {
  const channel = await agent.connect();
  const refused = (call: Promise<unknown>) => expect(call).rejects.toMatchObject({ errorName: "approvalRequired" });
  await refused(channel.call("vaults.list", { noWait: true }));
  await otherIsRefused();
  await refused(channel.call("groups.list", { noWait: true }));
  const { records } = await channel.call("audit.list", {});
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_record, at) => at + 1));
  expect(records.at(-1)).toMatchObject({ event: "groups.list" });
  const after = await channel.call("audit.list", { after: records.length - 1 });
  expect(after.records[0]).toMatchObject({ event: "groups.list", seq: records.length });
  // The log itself counts them all.
  const whole = await channel.call("audit.list", { proof: { kind: "password", password: PASSWORD }, limit: 1000 });
  expect(whole.records.find(({ event }) => event === "groups.list")?.seq).toBeGreaterThan(records.length);
  channel.close();
});
