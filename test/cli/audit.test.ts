// postern audit answers "who read it?" with one command.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern } from "./postern.ts";

let agent: RunningAgent;
let person: Person;
let program: Channel;
let itemId: string;

const run = (...words: string[]) => postern(words, { home: agent.home, secrets: [PASSWORD] });
const audit = (...words: string[]) => run("audit", "--password-fd", "3", ...words);
type Found = { records: { event: string; seq: number }[]; older: number; next?: number };
const json = async (...words: string[]) => JSON.parse((await audit("--json", ...words)).out) as Found;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  program = await agent.connect();
  const vaultId = (await program.call("vaults.create", { title: "Demo" })).id;
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const item = { vaultId, title: "DATABASE_URL", category: "Password" as const, fields };
  itemId = (await program.call("items.create", { item })).id;
  const variables = [{ name: "DATABASE_URL", value: "x", masked: true }];
  await program.call("environments.create", { title: "staging", variables });
  const vaults = [{ vault: vaultId, permissions: ["read_items"] }];
  const { token } = await program.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
  const env = { POSTERN_SERVICE_ACCOUNT_TOKEN: token };
  const read = await postern(["read", "op://Demo/DATABASE_URL/password"], { home: agent.home, env });
  expect(read).toMatchObject({ code: 0 });
  expect(await run("env", "run", "staging", "--", "true")).toMatchObject({ code: 0 });
});
afterAll(async () => {
  program.close();
  person.leave();
  await agent.remove();
});

test("the readers of a secret are listed with program, service account, and where else to look", async () => {
  const { code, out } = await audit("--item", "op://Demo/DATABASE_URL", "--since", "yesterday");
  expect(code).toBe(0);
  expect(out).toMatch(/read (a secret|secrets) +ok +.*\(token of CI\) +Demo DATABASE_URL \/password\n/);
  expect(out).toContain("`postern service-account list` tells when each token was last used");
});

test("the readers of an environment's variable are listed by its name", async () => {
  const { out } = await audit("--item", "staging/DATABASE_URL", "--since", "2h");
  expect(out).toMatch(/read an environment +ok +.* staging DATABASE_URL\n/);
});

test("a window of another day holds nothing, and says so", async () => {
  const { code, out } = await audit("--item", itemId, "--until", "yesterday");
  expect([code, out.split("\n")[0]]).toEqual([0, "No records."]);
});

test("as JSON it comes in pages that together are the whole answer", async () => {
  const whole = await json("--item", itemId);
  expect(whole.older).toBe(0);
  const one = await json("--item", itemId, "--limit", "1");
  expect(one.records).toEqual(whole.records.slice(-1));
  expect(one.older).toBe(whole.records.length - 1);
  const first = await json("--item", itemId, "--limit", "1", "--after", "0");
  expect(first.records).toEqual(whole.records.slice(0, 1));
  const rest = await json("--item", itemId, "--after", `${first.next}`);
  expect([...first.records, ...rest.records]).toEqual(whole.records);
});

describe("refused, with the next step, before a password is asked for", () => {
  test.each([
    [["--since", "tomorrow"], 2, "--since takes a day"],
    [["--until", "2026-02-30"], 2, "--until takes a day"],
    [["--since", "today", "--until", "yesterday"], 2, "--since is later than --until"],
    [["--limit", "0"], 2, "--limit takes a whole number from 1 to 1000"],
    [["--limit", "1001"], 2, "--limit takes a whole number from 1 to 1000"],
    [["--after", "x"], 2, "--after takes a whole number"],
    [["--mine", "--item", "Demo/DATABASE_URL"], 2, "--item looks through the whole log"],
  ])("%j", async (words, code, text) => {
    const ran = await postern(["audit", ...words], { home: agent.home });
    expect([ran.code, ran.out]).toEqual([code, ""]);
    expect(ran.err).toContain(text);
    expect(ran.err).toContain("next: ");
  });

  test.each([
    ["Demo/NOTHING", 5],
    ["Nowhere/DATABASE_URL", 5],
    ["op://Demo/DATABASE_URL/nothing", 5],
    ["staging/NOTHING", 5],
    ["DATABASE_URL", 2],
  ])("--item %s", async (item, code) => {
    const ran = await audit("--item", item);
    expect([ran.code, ran.out]).toEqual([code, ""]);
    expect(ran.err).toContain("next: ");
  });
});

test("reads by a token while the account was signed out are listed after the sign-in, with the token's name", async () => {
  const vaults = [{ vault: "Demo", permissions: ["read_items"] }];
  const { token } = await program.call("serviceAccounts.create", { password: PASSWORD, title: "Night", vaults });
  const { account, user, secretKey } = await program.call("accounts.kit", { password: PASSWORD });
  expect(await run("signout", "--yes", "--password-fd", "3")).toMatchObject({ code: 0 });
  const env = { POSTERN_SERVICE_ACCOUNT_TOKEN: token };
  const read = await postern(["read", "op://Demo/DATABASE_URL/password"], { home: agent.home, env });
  expect(read).toMatchObject({ code: 0, out: "s3cret" });
  await program.call("accounts.signIn", { account, user, secretKey, password: PASSWORD });
  const words = ["--item", "op://Demo/DATABASE_URL", "--since", "yesterday"];
  const { out } = await audit(...words);
  expect(out).toMatch(/read (?:a secret|secrets) +ok +.*\(token of Night\) +Demo DATABASE_URL \/password\n/);
  expect(out).not.toContain("signed out");
  const { records } = await json(...words);
  expect(records.filter((record) => "takenInAt" in record)).toMatchObject([{ serviceAccount: { title: "Night" } }]);
});
