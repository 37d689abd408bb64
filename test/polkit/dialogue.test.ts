// The system's own dialogue as an approver: the real polkitd asks through the real pkttyagent and PAM, on a machine of the test's own.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Methods } from "../../clients/typescript/generated.ts";
import { ACTION_FILE, ACTION_FOLDER, actionText } from "../../daemon/polkit/action-file.ts";
import { HOSTILE, REFERENCE, stageOf } from "../agent/asking-terminal.ts";
import { PASSWORD, type Person, PIN } from "../agent/person.ts";
import { agentOptions, command } from "../programs.ts";
import { cannotRun, type Machine, startMachine, USER } from "./machine.ts";
import {
  openDialogue,
  openWindow,
  startAtTerminal,
  startUsersAgent,
  type UsersAgent,
  type UsersProgram,
} from "./programs.ts";

const askAbout = fileURLToPath(new URL("./ask-about.ts", import.meta.url));
const ACTION = join(ACTION_FOLDER, ACTION_FILE);
const RULES = "/etc/polkit-1/rules.d/10-test.rules";

let machine: Machine;
let agent: UsersAgent;
let channel: UsersProgram;
let person: Person;
let ids: { vault: string; item: string };
/** The id of an item with a title that some dialogues would take for markup. */
let marked: string;
const MARKED = "<b>D&B</b> $(question)";
const opened: { end(): void }[] = [];

const approver = (word: string) =>
  machine.root([process.execPath, ...agentOptions, command, "approver", word, "polkit", "--user", `${USER.uid}`]);
const write = (path: string, text: string) => machine.root(["sh", "-c", 'printf %s "$1" > "$0"', path, text]);

beforeAll(async () => {
  if (cannotRun !== undefined) return;
  machine = await startMachine();
  approver("install");
  // A display that is not there: the window is tried, and says that it cannot open.
  agent = await startUsersAgent(machine, { DISPLAY: ":9999" });
  const staged = await stageOf(agent as never, ["polkit", "window"]);
  channel = staged.channel as unknown as UsersProgram;
  ({ person, ids } = staged);
  const item = { vaultId: ids.vault, category: "Password" as const, title: MARKED, fields: [] };
  marked = (await channel.call("items.create", { item })).id;
});
afterAll(async () => {
  if (cannotRun !== undefined) return;
  await agent.end();
  machine.remove();
});
afterEach(async () => {
  for (const one of opened.splice(0)) one.end();
  if (cannotRun === undefined) await expect.poll(openPrompts).toBe(0);
});

const openPrompts = async () => (await channel.call("agent.status", {})).openPrompts;
const answers = () => recorded("prompts.answer");
const proofs = () => recorded("proof.polkit");

/** The records of an event, oldest first: the outcome, and who it came from. */
async function recorded(event: string): Promise<string[]> {
  const found: string[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const proof = { kind: "password", password: PASSWORD } as const;
    const page: Methods["audit.list"]["result"] = await channel.call("audit.list", { proof, limit: 100, after });
    for (const one of page.records) if (one.event === event) found.push(`${one.outcome} ${one.program}`);
    after = page.next;
  }
  return found;
}

/** A program of the user's, which no grant has yet. */
async function program(): Promise<UsersProgram> {
  const made = await agent.connect();
  opened.push({ end: made.close });
  return made;
}

async function dialogue(pid: number) {
  const made = await openDialogue(machine, pid);
  opened.push(made);
  return made;
}

async function window(pid: number, does: "leave" | "close") {
  const made = await openWindow(machine, pid, does);
  opened.push(made);
  return made;
}

/** What polkit's own program says of a process: the code of its end, and whether an answer would be kept. */
function checked(pid: number): string {
  const words = machine.asUser(["pkcheck", "--action-id", "dev.postern.approve", "--process", `${pid}`]);
  const ran = spawnSync(words[0] ?? "", words.slice(1), { encoding: "utf8" });
  return `${ran.status}${ran.stdout.includes("retains") ? " keeps" : ""}`;
}

const says: Readonly<Record<string, string>> = { YES: "0", NO: "1", AUTH_SELF_KEEP: "2 keeps", NOT_HANDLED: "2" };

/** Has root set a rule, and waits until polkit has noticed. */
async function setRule(result: string, pid: number): Promise<void> {
  write(RULES, `polkit.addRule(function () { return polkit.Result.${result}; });`);
  await expect.poll(() => checked(pid), { timeout: 10_000 }).toBe(says[result]);
}

const ask = (asker: UsersProgram, reference = REFERENCE) =>
  asker.call("secrets.resolve", { reference }).then(
    ({ secret }) => secret,
    (error: { errorName?: string }) => error.errorName,
  );

/** Answers the next prompt as \`postern approve\` does, and returns once it is shown. */
async function approves(answer: Promise<unknown>, prompt: ReturnType<Person["next"]>) {
  await person.yes(await prompt);
  return answer;
}

describe.skipIf(cannotRun !== undefined)("polkit (needs root, polkitd, dbus, nc)", () => {
  test("approves with the right password of the user", async () => {
    const asker = await program();
    const shown = await dialogue(asker.pid);
    const answer = ask(asker);
    await shown.sees("AUTHENTICATING FOR dev.postern.approve");
    await shown.sees(REFERENCE);
    await shown.sees("Password: ");
    await shown.type(USER.password);
    expect(await answer).toBe("s3cret");
    expect([(await answers()).at(-1), (await proofs()).at(-1)]).toEqual(["approved polkit", "ok polkit"]);
  });

  test("grants nothing for a wrong password, and leaves the question to postern approve", async () => {
    const asker = await program();
    const shown = await dialogue(asker.pid);
    const prompt = person.next();
    const answer = ask(asker);
    await shown.sees("Password: ");
    await shown.type("another password");
    await shown.sees("AUTHENTICATION FAILED");
    expect(await proofs()).toContain("proofRefused polkit");
    expect(await openPrompts()).toBe(1);
    expect(await approves(answer, prompt)).toBe("s3cret");
  });

  test.each([
    ["no dialogue is there", undefined, "there is no dialogue of the system where the program runs"],
    ["a rule says yes without asking", "YES", "polkit says yes without asking anybody"],
    [
      "a rule keeps answers",
      "AUTH_SELF_KEEP",
      "the system's rules keep an answer, which then counts for other questions",
    ],
    ["a rule says no", "NO", "the system's rules say no"],
  ])("leaves the question to the window where %s", async (_what, rule, why) => {
    const asker = await program();
    if (rule !== undefined) await setRule(rule, asker.pid);
    const before = agent.log().length;
    const prompt = person.next();
    const answer = ask(asker);
    const told = () => agent.log().slice(before);
    await expect.poll(told).toContain("pinentry-qt");
    expect(told()).toContain(`"why":"${why}"`);
    expect(await approves(answer, prompt)).toBe("s3cret");
    if (rule !== undefined) await setRule("NOT_HANDLED", asker.pid);
  });

  test("leaves the question at the program's terminal alone after a wrong password", async () => {
    const setOrder = (approvers: ("polkit" | "terminal" | "window")[]) =>
      channel.call("accounts.setApprovers", { approvers, password: PASSWORD });
    await setOrder(["polkit", "terminal"]);
    onTestFinished(async () => void (await setOrder(["polkit", "window"])));
    const request = { jsonrpc: "2.0", id: 1, method: "secrets.resolve", params: { reference: REFERENCE } };
    const asker = await startAtTerminal(machine, request);
    opened.push(asker);
    const shown = await dialogue(asker.pid);
    asker.type("");
    await asker.sees("PIN:");
    await shown.sees("Password: ");
    await shown.type("another password");
    await shown.sees("AUTHENTICATION FAILED");
    await expect.poll(proofs).toContain("proofRefused polkit");
    asker.type(PIN);
    await asker.sees("s3cret");
  });

  test("takes no yes while a rule says yes without asking, where that came during the question", async () => {
    const asker = await program();
    const shown = await dialogue(asker.pid);
    const before = agent.log().length;
    const prompt = person.next();
    const answer = ask(asker);
    await shown.sees("Password: ");
    await setRule("YES", asker.pid);
    await shown.type(USER.password);
    await expect.poll(() => agent.log().slice(before)).toContain("polkit says yes without asking anybody");
    expect(await openPrompts()).toBe(1);
    await setRule("NOT_HANDLED", asker.pid);
    expect(await approves(answer, prompt)).toBe("s3cret");
  });

  test("takes a closed dialogue for a no, which ends the question everywhere", async () => {
    const asker = await program();
    const shown = await window(asker.pid, "close");
    expect(await ask(asker)).toBe("approvalDenied");
    expect((await answers()).at(-1)).toBe("denied polkit");
    expect(shown.lines[1]).toMatchObject({ action: "dev.postern.approve" });
  });

  test("takes the dialogue away when another answer comes first", async () => {
    const asker = await program();
    const shown = await window(asker.pid, "leave");
    const prompt = person.next();
    const answer = ask(asker);
    await expect.poll(() => shown.lines[1]?.message).toContain(REFERENCE);
    expect(await approves(answer, prompt)).toBe("s3cret");
    await expect.poll(() => shown.lines.at(-1)).toEqual({ cancelled: true });
    expect((await answers()).at(-1)).toMatch(/^approved .*nc/);
  });

  test("takes the dialogue away when the program leaves, and when the account locks", async () => {
    const left = await program();
    const first = await window(left.pid, "leave");
    void ask(left);
    await expect.poll(() => first.lines.length).toBe(2);
    left.close();
    await expect.poll(() => first.lines.at(-1)).toEqual({ cancelled: true });
    const locked = await program();
    const second = await window(locked.pid, "leave");
    const answer = ask(locked);
    await expect.poll(() => second.lines.length).toBe(2);
    await channel.call("session.lock", {});
    expect(await answer).toBe("locked");
    await expect.poll(() => second.lines.at(-1)).toEqual({ cancelled: true });
    await channel.call("session.unlock", { password: PASSWORD });
    await person.channel.call("prompts.attach", { proof: { kind: "password", password: PASSWORD } });
  });

  test("asks a second time, with what was looked up, where that says more", async () => {
    const asker = await program();
    const shown = await dialogue(asker.pid);
    const answer = ask(asker, `op://${ids.vault}/${ids.item}/password`);
    await shown.sees("Password: ");
    expect(shown.screen()).not.toContain("Demo");
    await shown.type(USER.password);
    await shown.sees("AUTHENTICATION COMPLETE");
    // Its title holds a sequence that clears a screen, one that names the window, and a mark that turns the text around.
    await shown.sees("Yes holds for this one request.");
    await shown.sees("Password: ");
    for (const part of ["\u001b[2J", "\u001b]0", "\u0007", "\u202e"])
      expect([HOSTILE.includes(part), shown.screen().includes(part)]).toEqual([true, false]);
    await shown.type(USER.password);
    expect(await answer).toBe("s3cret");
    expect((await answers()).at(-1)).toBe("approved polkit");
  });

  test("shows no markup of a title, and no text of ours in its place", async () => {
    const asker = await program();
    const shown = await dialogue(asker.pid);
    const answer = asker.call("items.get", { vaultId: ids.vault, itemId: marked }).then(({ title }) => title);
    await shown.sees("Password: ");
    await shown.type(USER.password);
    await shown.sees("‹b>D＆B‹/b> $(question)");
    await shown.sees("Password: ");
    await shown.type(USER.password);
    expect(await answer).toBe(MARKED);
  });

  test.each<[string, () => void, string]>([
    [
      "is gone",
      () => approver("uninstall"),
      "Postern's action is not installed: run `postern approver install polkit`",
    ],
    [
      "keeps answers",
      () => write(ACTION, actionText([USER.uid]).replaceAll("auth_self", "auth_self_keep")),
      `${ACTION} is not the file that this version of Postern writes`,
    ],
    [
      "can be written by others",
      () => machine.root(["chmod", "666", ACTION]),
      `${ACTION} does not count: the file can be written by others`,
    ],
    [
      "is for another user",
      () => write(ACTION, actionText([USER.uid + 1])),
      "Postern's action is not installed for you: run `postern approver install polkit`",
    ],
  ])("asks nobody, and says why, where the action %s", async (_what, change, why) => {
    onTestFinished(() => {
      machine.root(["rm", "-f", ACTION]);
      approver("install");
    });
    change();
    const asker = await program();
    await window(asker.pid, "close");
    const before = agent.log().length;
    const prompt = person.next();
    const answer = ask(asker);
    await expect.poll(() => agent.log().slice(before)).toContain("pinentry-qt");
    expect(agent.log().slice(before)).toContain(JSON.stringify(why));
    expect(await approves(answer, prompt)).toBe("s3cret");
  });

  test("has a yes of polkit about root's process count as one that nobody gave", async () => {
    const asked = machine.asUser([process.execPath, "--no-warnings", askAbout, "1"]);
    const ran = spawnSync(asked[0] ?? "", asked.slice(1), { encoding: "utf8" });
    expect([ran.stdout, ran.stderr]).toEqual(["polkit says yes without asking anybody\n", ""]);
  });
});
