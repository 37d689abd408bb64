// Several accounts on one agent, as the command works with them: chosen by an option or a variable, listed, and the default changed.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD, WORK_PASSWORD } from "../agent/person.ts";
import { postern, type RunOptions, startPostern } from "./postern.ts";

const home = mkdtempSync(join(tmpdir(), "postern-sa-"));
const run = (words: string, secrets: readonly string[] = [], more: Partial<RunOptions> = {}) =>
  postern(words.split(" "), { home, secrets, ...more });

const answerOf = (json: string) => JSON.parse(json) as Record<string, unknown>;
let work: string;

beforeAll(async () => {
  expect(await run("init --name Ada --no-pin --kit ada.txt --password-fd 3", [PASSWORD])).toMatchObject({ code: 0 });
  const words = "init --name Work --no-pin --kit work.txt --password-fd 3 --default-password-fd 4 --json";
  const made = await run(words, [WORK_PASSWORD, PASSWORD]);
  expect(made).toMatchObject({ code: 0, err: "" });
  work = String(answerOf(made.out).account);
});
afterAll(async () => {
  await run("agent stop");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs a command, and approves its requests with the password of the account in question. */
async function approved(words: string, password: string, env: Record<string, string> = {}) {
  const started = startPostern(words.split(" "), { home, env });
  const told: string[] = [];
  const code = new Promise<string>((resolve) => {
    started.child.stderr?.on("data", (text: Buffer) => {
      told.push(text.toString());
      const found = /code (?:\u001b\[1m)?([A-Z]{2}-[0-9]{2})/.exec(told.join(""));
      if (found !== null) resolve(found[1] ?? "");
    });
  });
  const answered = code.then((shown) => run(`approve ${shown} --yes --once --password-fd 3`, [password]));
  const ran = await started.ended;
  expect(told.join("")).toContain("waiting for approval");
  return { ...ran, approval: await answered };
}

describe("--account", () => {
  test.each([
    ["before the command", "--account Work kit --password-fd 3", {}],
    ["with an equals sign", "--account=Work kit --password-fd 3", {}],
    ["behind it", "kit --account Work --password-fd 3", {}],
    ["by id", "kit --account ID --password-fd 3", {}],
    ["as a variable", "kit --password-fd 3", { POSTERN_ACCOUNT: "Work" }],
    ["as an option over the variable", "kit --account Work --password-fd 3", { POSTERN_ACCOUNT: "Ada" }],
  ])("chooses %s", async (_how, words, env) => {
    const ran = await run(`${words.replace("ID", work)} --json`, [WORK_PASSWORD], { env });
    expect(ran).toMatchObject({ code: 0 });
    expect(answerOf(ran.out)).toMatchObject({ name: "Work" });
  });

  test("left out means the default", async () => {
    const ran = await run("kit --password-fd 3 --json", [PASSWORD]);
    expect(answerOf(ran.out)).toMatchObject({ name: "Ada" });
  });

  test("chooses the account for the approval, and the waiting command and the approver name it", async () => {
    const ran = await approved("--account Work whoami --json", WORK_PASSWORD);
    expect(answerOf(ran.out)).toMatchObject({ accounts: [{ name: "Work", default: false }] });
    expect(ran.err).toContain("waiting for approval, in the account Work, code");
    expect(ran.approval.err).toContain('In the account "Work".');
    const other = await approved("whoami --json", PASSWORD);
    expect(answerOf(other.out)).toMatchObject({ accounts: [{ name: "Ada", default: true }] });
    expect(other.err).toContain("waiting for approval, in the default account, code");
  });

  test("of an account that is not here makes the agent ask a person, and is denied whatever they answer", async () => {
    const ran = await approved("--account Nobody read op://Personal/DB/password", PASSWORD);
    expect(ran.code).toBe(4);
    expect(ran.err).toContain("postern: denied, or no such account");
    expect(ran.approval.err).toContain('no account here is called "Nobody"');
  });

  test.each([
    ["--account Nobody unlock --password-fd 3", 3, "no account of this name or id"],
    ["--account Nobody kit --password-fd 3", 3, "no account of this name or id"],
    [`--account ${"x".repeat(65)} kit`, 2, "--account is longer than 64 characters"],
  ])("%s fails, and says why", async (words, code, why) => {
    const ran = await run(words, [PASSWORD]);
    expect(ran).toMatchObject({ code, out: "" });
    expect(ran.err).toContain(why);
  });

  test("that is empty is reported as empty, with its source", async () => {
    const option = await postern(["--account", "", "kit"], { home });
    expect(option).toMatchObject({ code: 2, err: expect.stringContaining("--account is empty") });
    const variable = await run("kit", [], { env: { POSTERN_ACCOUNT: " " } });
    expect(variable).toMatchObject({ code: 2, err: expect.stringContaining("POSTERN_ACCOUNT is empty") });
  });

  test("does not stand beside a token, which has an account of its own", async () => {
    const env = { POSTERN_SERVICE_ACCOUNT_TOKEN: "postern_x" };
    const ran = await run("--account Work read op://a/b/c", [], { env });
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("leave out --account") });
    const both = await run("--account Work read op://a/b/c", [], { env: { ...env, POSTERN_ACCOUNT: "Work" } });
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining("leave out --account") });
    const variable = await run("read op://a/b/c", [], { env: { ...env, POSTERN_ACCOUNT: "Work" } });
    expect(variable.err).toContain("set POSTERN_SERVICE_ACCOUNT_TOKEN to a token");
    expect(variable.err).not.toContain("--account");
  });
});

describe("an account that is locked", () => {
  beforeAll(async () => {
    expect(await run("--account Work lock")).toMatchObject({
      code: 0,
      out: "Locked: Work.\nAnother account is still unlocked; `postern lock` locks them all, without --account and POSTERN_ACCOUNT.\n",
    });
  });
  afterAll(async () => {
    expect(await run("--account Work unlock --password-fd 3", [WORK_PASSWORD])).toMatchObject({
      code: 0,
      out: "Unlocked: the account Work.\n",
    });
  });

  test.each([
    ["read op://Personal/DB/password", {}],
    ["run -- env", { A: "op://Personal/DB/password" }],
    ["env run staging -- true", {}],
    ["kit --password-fd 3", {}],
  ])("is reported by its name: %s", async (words, env) => {
    const ran = await run(`--account Work ${words}`, [WORK_PASSWORD], { env });
    expect(ran).toMatchObject({ code: 3, out: "" });
    expect(ran.err).toContain("postern: the account Work is locked\n  next: run `postern --account Work unlock`");
  });

  test("leaves the other as it is, and status shows the state of each", async () => {
    expect(await run("kit --password-fd 3", [PASSWORD])).toMatchObject({ code: 0 });
    const { out } = await run("status");
    expect(out).toContain("1 of 2 accounts unlocked");
    expect(out).toMatch(/account [a-z2-7]{26}, the default: unlocked/);
    expect(out).toContain(`account ${work}: locked`);
  });
});

describe("accounts", () => {
  test("lists all with the default marked, and asks nobody without a terminal", async () => {
    const ran = await run("accounts --json");
    expect(ran).toMatchObject({ code: 0, err: "" });
    const { accounts } = answerOf(ran.out) as { accounts: { account: string; default: boolean; state: string }[] };
    expect(accounts.map(({ default: isDefault, state }) => [isDefault, state])).toEqual([
      [true, "unlocked"],
      [false, "unlocked"],
    ]);
    expect(accounts[1]?.account).toBe(work);
    expect((await run("account")).out).toMatch(/default +unlocked/);
  });

  test("default changes it with both passwords, and with no other", async () => {
    const words = "accounts default Work --password-fd 3 --default-password-fd 4";
    expect(await run(words, [WORK_PASSWORD, WORK_PASSWORD])).toMatchObject({
      code: 4,
      err: expect.stringMatching(/of the default account was refused: wrong .*\n.*\(--default-password-fd\)/),
    });
    expect(await run(words, [PASSWORD, PASSWORD])).toMatchObject({
      code: 4,
      err: expect.stringMatching(/that becomes the default was refused: wrong .*\n.*\(--password-fd\)/),
    });
    expect(await run(words, [WORK_PASSWORD, PASSWORD])).toMatchObject({
      code: 0,
      out: "Work is the default account now.\n",
    });
    expect(answerOf((await run("kit --password-fd 3 --json", [WORK_PASSWORD])).out)).toMatchObject({ name: "Work" });
    const back = "account default Ada --password-fd 3 --default-password-fd 4 --json";
    expect(answerOf((await run(back, [PASSWORD, WORK_PASSWORD])).out)).toMatchObject({ name: "Ada" });
    const nobody = "accounts default Nobody --password-fd 3 --default-password-fd 4";
    expect(await run(nobody, [PASSWORD, PASSWORD])).toMatchObject({ code: 3 });
  });
});

test.each(["init --name Eve --no-pin --kit eve.txt", "signin --kit work.txt --no-pin"])(
  "%s: a wrong password of the default account is named as that",
  async (words) => {
    const ran = await run(`${words} --password-fd 3 --default-password-fd 4`, ["long enough", "not this one"]);
    expect(ran).toMatchObject({
      code: 4,
      err: expect.stringContaining("the proof of the default account was refused: wrong account password"),
    });
    expect(existsSync(join(home, "eve.txt"))).toBe(false);
  },
);

test("a name that is held is refused, and no kit is left behind", async () => {
  const words = "init --name ada --no-pin --kit twin.txt --password-fd 3 --default-password-fd 4";
  const ran = await run(words, ["long enough", PASSWORD]);
  expect(ran).toMatchObject({ code: 7, err: expect.stringContaining("an account of this name") });
});

test("without the default one's password, and without a terminal, nothing is made", async () => {
  const ran = await run("init --name Eve --no-pin --kit eve.txt --password-fd 3", ["long enough"]);
  expect(ran).toMatchObject({ code: 7, err: expect.stringContaining("--default-password-fd 3") });
});

test("prompts of one account say how many wait in the others", async () => {
  const waiting = startPostern(["--account", "Work", "whoami"], { home });
  const code = await new Promise<string>((resolve) => {
    waiting.child.stderr?.on("data", (text: Buffer) => {
      const found = /code (?:\u001b\[1m)?([A-Z]{2}-[0-9]{2})/.exec(text.toString());
      if (found !== null) resolve(found[1] ?? "");
    });
  });
  const others = "In other accounts 1 more: `postern --account NAME prompts` shows those of one account.\n";
  expect((await run("prompts --password-fd 3", [PASSWORD])).out).toBe(others);
  const shown = (await run("--account Work prompts --password-fd 3", [WORK_PASSWORD])).out;
  expect([shown.includes(code), shown.includes("In other accounts")]).toEqual([true, false]);
  await run(`deny ${code}`);
  expect((await waiting.ended).code).toBe(4);
  expect((await run("prompts --password-fd 3", [PASSWORD])).out).toBe("Nothing waits.\n");
});

test.each([["unlock"], ["run"], ["env run"], [""]])("%s --help shows --account", async (words) => {
  const ran = await run(`${words} --help`.trim());
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("--account <name>") });
  expect(ran.out).toContain("Example:");
});
