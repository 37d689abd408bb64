// Today's agent opens an earlier agent's home with everything in it. It refuses a newer agent's home with the reason, and leaves it as it is.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SUITE } from "../../protocol/crypto/encoding.ts";
import { START_FILE } from "../../protocol/start-file.ts";
import { SCHEMA_VERSION } from "../../service/store/migrations.ts";
import { agentOptions, agentProgram } from "../programs.ts";
import { attachPerson, PASSWORD } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const fixture = fileURLToPath(new URL("../fixtures/home-0.1/", import.meta.url));
const account = readdirSync(join(fixture, "data/accounts"))[0] ?? "";

let home: string;
let agent: RunningAgent | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-kept-"));
  mkdirSync(join(home, "data"));
  cpSync(join(fixture, "data"), join(home, "data"), { recursive: true });
  // Git does not keep these modes.
  for (const [path, isFolder] of inside()) chmodSync(path, isFolder ? 0o700 : 0o600);
  chmodSync(join(home, "data"), 0o700);
});
afterEach(async () => {
  await agent?.remove();
  agent = undefined;
  rmSync(home, { recursive: true, force: true });
});

/** Everything in the data folder, and whether it is a folder. */
function inside(): [path: string, isFolder: boolean][] {
  return readdirSync(join(home, "data"), { recursive: true, withFileTypes: true }).map((entry) => [
    join(entry.parentPath, entry.name),
    entry.isDirectory(),
  ]);
}

/** The content of each file in the data folder. */
function contents(): Record<string, string> {
  const files = inside().filter(([, isFolder]) => !isFolder);
  return Object.fromEntries(
    files.map(([path]) => [path.slice(home.length + 1), readFileSync(path).toString("base64")]),
  );
}

describe("a home of Postern 0.1", () => {
  test("is opened with its items, versions, files, variables, PIN, tokens and log", async () => {
    agent = await startAgent(home);
    const channel = await agent.connect();
    await channel.call("session.unlock", { password: PASSWORD });
    const person = await attachPerson(agent);
    // Approved by the PIN, which lies in the device store.
    person.always("yes");
    const resolve = async (reference: string) => (await channel.call("secrets.resolve", { reference })).secret;
    expect(await resolve("op://Demo/DB/password")).toBe("two");
    expect(await resolve("op://Demo/Paper/paper.txt")).toBe("kept");

    const { vaults } = await channel.call("vaults.list", {});
    const vaultId = vaults.find(({ title }) => title === "Demo")?.id ?? expect.fail("the vault is gone");
    const { items } = await channel.call("items.list", { vaultId });
    expect(items.map(({ title }) => title).sort()).toEqual(["DB", "Paper"]);
    const itemId = items.find(({ title }) => title === "DB")?.id ?? "";
    const restored = await channel.call("items.restore", { vaultId, itemId, version: 1 });
    expect(restored.fields[0]?.value).toBe("one");

    const { environments } = await channel.call("environments.list", {});
    const environmentId = environments[0]?.id ?? expect.fail("the environment is gone");
    const { variables } = await channel.call("environments.getVariables", { environmentId });
    expect(variables).toEqual([{ name: "KEPT", value: "since 0.1", masked: true }]);

    const token = readFileSync(join(fixture, "token.txt"), "utf8").trim();
    const opened = await channel.call("clients.open", { token, integrationName: "ci", integrationVersion: "2" });
    const reference = "op://Demo/DB/password";
    expect((await channel.call("secrets.resolve", { reference, client: opened.client })).secret).toBe("one");

    const proof = { kind: "password", password: PASSWORD } as const;
    const { problems, proven } = await channel.call("audit.verify", { proof });
    expect({ problems, from: proven[0]?.from }).toEqual({ problems: [], from: 1 });
  });
});

/** Starts an agent that does not come up. */
function refusedStart() {
  return spawnSync(process.execPath, [...agentOptions, agentProgram], {
    env: { HOME: home, POSTERN_HOME: home },
    encoding: "utf8",
    timeout: 10_000,
  });
}

describe("a home that a newer Postern wrote", () => {
  const own = (name: string) => join(home, "data/accounts", account, name);

  test.each([[2], [1_000]])("with an account file of version %i is refused, and nothing in it changes", (version) => {
    const file = JSON.parse(readFileSync(own("account.json"), "utf8")) as object;
    writeFileSync(own("account.json"), JSON.stringify({ ...file, version }));
    const before = contents();
    const { status, stderr } = refusedStart();
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /a newer Postern wrote the file accounts\/[a-z2-7]{26}\/account\.json.*\n {2}next: update Postern/,
      ),
    });
    expect(contents()).toEqual(before);
  });

  test.each([[0], [-1], [1.5], ["1"], [null]])("has no version like %j: such a file is damaged", (version) => {
    const file = JSON.parse(readFileSync(own("account.json"), "utf8")) as object;
    writeFileSync(own("account.json"), JSON.stringify({ ...file, version }));
    const { status, stderr } = refusedStart();
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("has a version that is none") });
  });

  test("with a device store of a later suite is refused, and nothing in it changes", () => {
    const sealed = readFileSync(own("device.sealed"));
    sealed[0] = SUITE + 1;
    writeFileSync(own("device.sealed"), sealed);
    const before = contents();
    const { status, stderr } = refusedStart();
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /a newer Postern wrote .*device\.sealed, or it is damaged\n {2}next: update Postern/,
      ),
    });
    expect(contents()).toEqual(before);
  });

  test("with a store of a later schema is not unlocked: the try is in the log, and all else stays", async () => {
    const store = new DatabaseSync(join(home, "data/service.sqlite"));
    store.exec(`INSERT INTO schema (version) VALUES (${SCHEMA_VERSION + 1})`);
    store.close();
    const before = contents();
    agent = await startAgent(home);
    const channel = await agent.connect();
    await expect(channel.call("session.unlock", { password: PASSWORD })).rejects.toMatchObject({
      errorName: "storeTooNew",
      message: expect.stringContaining(`its schema is ${SCHEMA_VERSION + 1}, this Postern knows ${SCHEMA_VERSION}`),
      hint: "update Postern",
    });
    await agent.end();
    const after = contents();
    const log = `data/accounts/${account}/audit-000001.log`;
    expect(Buffer.from(after[log] ?? "", "base64").toString()).toMatch(/^[\s\S]+storeTooNew/);
    expect(Buffer.from(after[log] ?? "", "base64").indexOf(Buffer.from(before[log] ?? "", "base64"))).toBe(0);
    // Each start writes down how the next agent is started.
    const own = { [log]: "", [`data/${START_FILE}`]: "" };
    expect({ ...after, ...own }).toEqual({ ...before, ...own });
  });
});

test("a file of before versions were kept is of the first, and gets it with the next write", async () => {
  const path = join(home, "data/accounts", account, "account.json");
  const { version, ...file } = JSON.parse(readFileSync(path, "utf8")) as { version: number };
  expect(version).toBe(1);
  writeFileSync(path, JSON.stringify(file));
  agent = await startAgent(home);
  const channel = await agent.connect();
  await channel.call("session.unlock", { password: PASSWORD });
  await agent.end();
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ version: 1, name: "Ada" });
});
