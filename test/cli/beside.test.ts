// Accounts that come beside others and that go: which account each message, question and next step is about.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { restoredText } from "../../clients/cli/agent/restored-text.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { PASSWORD, WORK_PASSWORD } from "../agent/person.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern, type RunOptions } from "./postern.ts";

const home = mkdtempSync(join(tmpdir(), "postern-bs-"));
const env = { HOME: home, POSTERN_HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" };

/** Runs a command with passwords on the descriptors from 3 on. */
const run = (words: string, secrets: readonly string[] = [], more: Partial<RunOptions> = {}) =>
  postern(words.split(" "), { home, secrets, ...more });

const answerOf = ({ out }: { out: string }) => JSON.parse(out) as Record<string, unknown>;
const BESIDE = "--no-pin --password-fd 3 --default-password-fd 4";
const STAYED = "The default account stays as it was; `postern --account Work …` works on this one.";
let ada: string;

/** The id of the default account. */
const defaultNow = async () => {
  const { sessions } = answerOf(await run("status --json")) as { sessions: { account: string; default?: true }[] };
  return sessions.find((one) => one.default === true)?.account;
};

async function atTerminal<T>(words: string, look: (terminal: Terminal) => Promise<T>): Promise<T> {
  const terminal = openTerminal(env, home);
  try {
    terminal.type(`node --no-warnings -- ${main} ${words}`);
    return await look(terminal);
  } finally {
    terminal.end();
  }
}

beforeAll(async () => {
  const made = await run("init --name Ada --no-pin --kit ada.txt --password-fd 3 --json", [PASSWORD]);
  expect(made).toMatchObject({ code: 0 });
  ada = String(answerOf(made).account);
});
afterAll(async () => {
  await run("agent stop");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

describe("an account that comes beside another one is named by each command that its maker is advised", () => {
  test("init", async () => {
    const made = await run(`init --name Work --kit work.txt ${BESIDE}`, [WORK_PASSWORD, PASSWORD]);
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining(STAYED) });
    expect(made.out).toContain("`postern --account Work backup FILE`");
    const copied = await run("backup work.backup --account Work --password-fd 3", [WORK_PASSWORD]);
    expect(copied).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ bytes of the account Work are in /) });
    expect(await run("backup ada.backup --password-fd 3", [PASSWORD])).toMatchObject({ code: 0 });
  });

  test("signin", async () => {
    expect(await run("signout --account Work --yes --password-fd 3", [WORK_PASSWORD])).toMatchObject({ code: 0 });
    const back = await run(`signin --kit work.txt ${BESIDE}`, [WORK_PASSWORD, PASSWORD]);
    expect(back).toMatchObject({ code: 0, out: `Signed in to Work; it is unlocked.\n${STAYED}\n` });
  });

  test("restore", async () => {
    const other = mkdtempSync(join(tmpdir(), "postern-bt-"));
    const at = { home: other, env: { POSTERN_ACCOUNT: "Nobody" } };
    try {
      expect(await run("init --name Eve --no-pin --kit eve.txt --password-fd 3", [PASSWORD], at)).toMatchObject({
        code: 0,
      });
      const words = `restore ${home}/work.backup --kit ${home}/work.txt --password-fd 3 --default-password-fd 4`;
      const { code, out } = await run(words, [WORK_PASSWORD, PASSWORD], at);
      expect(code).toBe(0);
      expect(out).toContain("Set an approval PIN with `postern --account Work pin`.");
      expect(out).toContain(STAYED);
    } finally {
      await run("agent stop", [], { home: other });
      rmSync(other, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

test("the commands that make a restored account's tokens and links anew name it", () => {
  const serviceAccounts = [{ id: "a", title: "CI", vaults: [] }];
  const shares = [{ itemId: "b", title: "Bank", expiresAt: "2026-11-29T00:00:00Z" }];
  const restored = { account: "c", name: "Work & Co", serviceAccounts, shares } as unknown as Parameters<
    typeof restoredText
  >[0];
  const text = restoredText(restored, 0, restored.name);
  expect(text).toContain("  postern --account 'Work & Co' service-account rotate CI");
  expect(text).toContain("`postern --account 'Work & Co' share create`");
  expect(restoredText(restored, 0)).not.toContain("--account");
});

describe("the next step of an error names the account that was chosen", () => {
  const chosen = { env: { POSTERN_ACCOUNT: "Work" } };

  test.each([
    ["--account Work devices remove thisone --password-fd 3", {}, "next: `postern --account Work devices`"],
    ["devices remove thisone --password-fd 3", chosen, "next: `postern --account Work devices`"],
    ["devices remove thisone --password-fd 3 --account=Work", {}, "next: `postern --account Work devices`"],
  ])("%s", async (words, more, next) => {
    const ran = await run(words, [WORK_PASSWORD], more);
    expect(ran.err.replace("run ", "")).toContain(next);
  });

  test("a device that is this one, so that the right account is signed out", async () => {
    const { devices } = answerOf(await run("devices --account Work --password-fd 3 --json", [WORK_PASSWORD])) as {
      devices: { device: string; thisOne: boolean }[];
    };
    const own = devices.find(({ thisOne }) => thisOne)?.device;
    const ran = await run(`--account Work devices remove ${own} --password-fd 3 --json`, [WORK_PASSWORD]);
    expect(JSON.parse(ran.err)).toMatchObject({
      error: { hint: expect.stringContaining("run `postern --account Work signout`") },
    });
    const plain = await run(`devices remove ${own} --password-fd 3`, [PASSWORD]);
    expect(plain.err).not.toContain("--account");
  });

  test("a name that is held: its account is signed out by that name", async () => {
    const held = await run(`init --name work --kit twin.txt ${BESIDE}`, ["long enough", PASSWORD]);
    expect(held).toMatchObject({ code: 7, err: expect.stringContaining("`postern --account NAME signout`") });
  });
});

describe("the result of a change names its account", () => {
  test("pin", async () => {
    const set = await run("pin --account Work --password-fd 3 --pin-fd 4", [WORK_PASSWORD, "493817"]);
    expect(set).toMatchObject({ code: 0, out: "The approval PIN of the account Work is set.\n" });
    const gone = await run("pin --no-pin --password-fd 3", [PASSWORD]);
    expect(gone.out).toContain("The approval PIN of the default account is taken away");
  });

  test("passwd", async () => {
    const words = "passwd --account Work --password-fd 3 --new-password-fd 4";
    expect(await run(words, [WORK_PASSWORD, WORK_PASSWORD])).toMatchObject({
      code: 0,
      out: "The account password of the account Work is changed.\n",
    });
  });
});

describe("at a terminal, the account is named by", () => {
  test("the question of unlock", async () => {
    await atTerminal("unlock --account Work", (terminal) => terminal.sees("Account password of the account Work"));
    await atTerminal("unlock", (terminal) => terminal.sees("Account password of the default account"));
  });

  test("the warning and the question of signout", async () => {
    await atTerminal("signout --account Work", async (terminal) => {
      await terminal.sees("Keys and approvals of the account Work go from this machine");
      await terminal.sees("`postern --account Work kit --out-file kit.txt`");
      await terminal.sees("Sign out of the account Work?");
      terminal.type("");
      await terminal.sees("nothing was changed");
    });
    await atTerminal("signout", (terminal) => terminal.sees(`Sign out of the default account (${ada})?`));
  });

  test("the question of restore about the account that it would replace", async () => {
    await atTerminal("restore work.backup --kit work.txt", (terminal) =>
      terminal.sees(
        new RegExp(`The default account .*\\(${ada}, the id in its emergency kit\\) is on this agent already`),
      ),
    );
  });
});

describe("restore --replace-empty", () => {
  const words = "restore work.backup --kit work.txt --replace-empty --password-fd 3 --replace-password-fd 4";

  test.each([
    [`--account Work ${words}`, {}, "--replace-empty takes away the default one"],
    [words, { POSTERN_ACCOUNT: "Work" }, "--replace-empty takes away the default account"],
  ])("does not take an account that was chosen: %s %o", async (all, more, why) => {
    const ran = await run(all, [WORK_PASSWORD, WORK_PASSWORD], { env: more });
    expect(ran).toMatchObject({ code: 2, out: "", err: expect.stringContaining(why) });
    expect(await defaultNow()).toBe(ada);
  });

  test("says which account is gone", async () => {
    expect(await run("signout --account Work --yes --password-fd 3", [WORK_PASSWORD])).toMatchObject({ code: 0 });
    const gone = mkdtempSync(join(tmpdir(), "postern-bu-"));
    try {
      const made = await run("init --name Eve --no-pin --kit eve.txt --password-fd 3 --json", [PASSWORD], {
        home: gone,
      });
      const eve = String(answerOf(made).account);
      const put = words.replaceAll("work.", `${home}/work.`);
      const ran = await run(put, [WORK_PASSWORD, PASSWORD], { home: gone });
      expect(ran).toMatchObject({ code: 0 });
      expect(ran.out).toContain(`(${eve}, the id in its emergency kit) held nothing, and is gone from this agent.`);
      expect(ran.out).toContain("Set an approval PIN with `postern pin`.");
    } finally {
      await run("agent stop", [], { home: gone });
      rmSync(gone, { recursive: true, force: true, maxRetries: 5 });
    }
    expect(await run(`signin --kit work.txt ${BESIDE}`, [WORK_PASSWORD, PASSWORD])).toMatchObject({ code: 0 });
  });
});

describe("signout", () => {
  test("of the default account says which one is the default now", async () => {
    const ran = await run("signout --yes --password-fd 3", [PASSWORD]);
    const now = await defaultNow();
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining(`Signed out of the default account (${ada}).`) });
    expect(ran.out).not.toContain(`The account ${ada} is`);
    expect(ran.out).toMatch(/\nThe account [a-z2-7]{26} is the default now, for commands without --account\./);
    expect(now).toBeUndefined();
    expect(await run(`signin --kit ada.txt ${BESIDE}`, [PASSWORD, WORK_PASSWORD])).toMatchObject({ code: 0 });
    expect(ran.out).toContain(String(await defaultNow()));
  });

  test("of another one says its name, and the default stays", async () => {
    const before = await defaultNow();
    const ran = await run("signout --account Ada --yes --password-fd 3", [PASSWORD]);
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("Signed out of the account Ada.") });
    expect(ran.out).not.toContain("is the default now");
    expect(await run(`signin --kit ada.txt ${BESIDE}`, [PASSWORD, WORK_PASSWORD])).toMatchObject({ code: 0 });
    const json = await run("signout --account Ada --yes --password-fd 3 --json", [PASSWORD]);
    expect(answerOf(json)).toMatchObject({ account: ada, default: before });
  });
});

test("an agent without a place for another account says how many it holds, as a limit that is used up", async () => {
  const held = async () => (answerOf(await run("status --json")).sessions as unknown[]).length;
  for (let count = await held(); count < 8; count++)
    expect(
      await run(`init --name N${count} --kit n${count}.txt ${BESIDE}`, ["long enough", WORK_PASSWORD]),
    ).toMatchObject({ code: 0 });
  const full =
    "postern: an agent holds 8 accounts, and this one has no place left\n  next: take one off it with `postern --account NAME signout`";
  for (const words of [
    "init --name Ninth --kit ninth.txt --no-pin",
    "signin --kit ada.txt --no-pin",
    "restore ada.backup --kit ada.txt",
  ]) {
    const ran = await run(`${words} --password-fd 3 --default-password-fd 4`, [PASSWORD, WORK_PASSWORD]);
    expect(ran).toMatchObject({ code: exitCodes.denied, out: "" });
    expect(ran.err).toContain(full);
  }
});
