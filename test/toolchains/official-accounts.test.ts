// Two accounts at once through the official packages, unchanged. Both accounts have the same reference, with another value in each, so a call that
// reaches the wrong account shows it.
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { attachPerson, makeAccount, makeWork, type Person, WORK_PASSWORD } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { hasGo, makeOfficialProject } from "./go/project.ts";
import { cannotHost, javascript, makeOfficialHost, type OfficialHost, python } from "./official-host.ts";

const TIME_MS = 120_000;
const NAMES = ["Ada", "Work"] as const;

let host: OfficialHost | undefined;
let agent: RunningAgent;
let persons: Person[];
/** Questions to each person that the test itself caused. */
const ownQuestions = 1;

beforeEach(async () => {
  if (cannotHost) return;
  host ??= makeOfficialHost();
  agent = await startAgent();
  await makeAccount(agent);
  await makeWork(agent);
  persons = [await attachPerson(agent), await attachPerson(agent, WORK_PASSWORD, "Work")];
  for (const [index, { channel, always }] of persons.entries()) {
    always("yes");
    const account = NAMES[index] ?? "";
    const { client } = await channel.call("clients.open", {
      account,
      integrationName: "test",
      integrationVersion: "1",
    });
    const { id: vaultId } = await channel.call("vaults.create", { client, title: "Demo" });
    const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: secretOf(account) }];
    await channel.call("items.create", { client, item: { vaultId, title: "KEY", category: "Password", fields } });
  }
});
afterEach(async () => {
  if (cannotHost) return;
  for (const person of persons) person.leave();
  await agent.remove();
});
afterAll(() => host?.remove());

const secretOf = (name: string) => `the secret of ${name}`;

/** What a program tells of each account: its value, its vaults, and the items of the vault that it made. */
const TOLD = NAMES.map((name) =>
  JSON.stringify([name, [secretOf(name)], ["Demo", "Personal", `made in ${name}`], [`item of ${name}`]]),
);

/** Demands that the person of each account was asked about that account alone: the value, and the vault. */
function demandAskedApart() {
  for (const [index, name] of NAMES.entries()) {
    const accounts = persons[index]?.seen
      .slice(ownQuestions)
      .map(({ text }) => /In the account "(.*)"/.exec(text.join(""))?.[1]);
    expect(accounts).toEqual([name, name]);
  }
}

test.skipIf(cannotHost)("JavaScript uses both in one process", { timeout: TIME_MS }, async () => {
  const env = { POSTERN_HOME: agent.home, ACCOUNTS: NAMES.join(" ") };
  expect(await host?.run(javascript("accounts"), env)).toEqual({ code: 0, lines: TOLD, err: "" });
  demandAskedApart();
});

const inPython = python("accounts");
test.skipIf(cannotHost || inPython === undefined)(
  "Python uses each in a thread of its own",
  { timeout: TIME_MS },
  async () => {
    const env = { POSTERN_HOME: agent.home, ACCOUNTS: NAMES.join(" ") };
    expect(await host?.run(inPython ?? [], env)).toEqual({ code: 0, lines: TOLD, err: "" });
    demandAskedApart();
  },
);

test.skipIf(cannotHost || !hasGo)("Go uses each in a process of its own", { timeout: TIME_MS }, async () => {
  const project = makeOfficialProject();
  if (project === undefined) throw new Error("the official Go module cannot be fetched");
  try {
    const built = await project.run(["go", "build", "-o", "made/account", "./account"], { CGO_ENABLED: "1" });
    expect(built).toMatchObject({ code: 0, err: "" });
    const command = [`${project.folder}/made/account`];
    const ran = await Promise.all(NAMES.map((name) => host?.run(command, { POSTERN_HOME: agent.home, ACCOUNT: name })));
    expect(ran).toEqual(TOLD.map((line) => ({ code: 0, lines: [line], err: "" })));
    demandAskedApart();
  } finally {
    project.remove();
  }
});
