// Anybody can run a service, and make tokens there. Such a token makes no program known here: what it causes in a person's log is a stranger's.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FOLDED_ABOUT_MAX } from "../../daemon/audit/folds.ts";
import { FOLD_MS } from "../../daemon/audit/log.ts";
import { STRANGER_BYTES_PER_DAY } from "../../daemon/audit/strangers.ts";
import { newUser, open as openAsUser, overLoopback } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { makeAccount, PASSWORD } from "./person.ts";

let agent: InProcessAgent;
let account: string;

beforeEach(async () => {
  agent = await startInProcess();
  ({ account } = await passing(agent, makeAccount(agent)));
  const channel = await agent.connect();
  // So many refusals take longer than ten minutes of the log's clock.
  await passing(agent, channel.call("accounts.setIdleLock", { idleLock: "eightHours", password: PASSWORD }));
  channel.close();
});
afterEach(() => agent.close());

/** Bytes of a record that folds refusals of this text, and half of them more than there is room for. */
const TEXT = "x".repeat(230);
const FOLDED_BYTES_MIN = FOLDED_ABOUT_MAX * TEXT.length;

test("the refusals of a program with a token of its own service share the room of strangers", async () => {
  const theirs = await overLoopback();
  const eve = await openAsUser(theirs, await newUser(theirs, "Eve"));
  const { token } = await eve.account.serviceAccounts.create({ title: "X", vaults: [] });
  const rogue = await agent.connect();
  await rogue.call("clients.open", { token, integrationName: "x", integrationVersion: "1" });
  const rounds = Math.ceil((STRANGER_BYTES_PER_DAY * 1.5) / FOLDED_BYTES_MIN);
  for (let round = 0; round < rounds; round++) {
    const asked = Array.from({ length: FOLDED_ABOUT_MAX + 2 }, (_, at) =>
      rogue.call("secrets.resolve", { reference: `op://${round}/${at}/${TEXT}`, noWait: true }),
    );
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes[0]).toMatchObject({ status: "rejected", reason: { errorName: "approvalRequired" } });
    agent.clock.advance(FOLD_MS);
  }
  const folder = join(agent.home, "accounts", account);
  const logs = readdirSync(folder).filter((name) => /^audit-\d+\.log$/.test(name));
  const bytes = logs.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  // The record that reached the limit is written whole.
  expect(bytes).toBeLessThan(STRANGER_BYTES_PER_DAY + 64 * 1024);
  expect(bytes).toBeGreaterThan(STRANGER_BYTES_PER_DAY / 2);
  rogue.close();
  eve.account.close();
  await theirs.close();
});
