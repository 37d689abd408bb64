// An agent whose person answers when the test says so, and a program that reads a secret three times at once: at a terminal, and elsewhere.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";
import { attachPerson, makeAccount, PASSWORD, type Person, type Prompt } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal } from "../build/terminal.ts";

export const REFERENCE = "op://Demo/DB/password";
const SECRET = "hunters-moon";

export type Asked = {
  /** Runs a shell's words at a terminal. The person answers once the program has said something. Returns the screen. */
  atTerminal(words: string, said: (code: string) => string): Promise<string>;
  /** Runs them with a pipe as stderr. Returns what came out of it, and of stdout. */
  elsewhere(words: string): Promise<{ out: string; err: string }>;
  /** Runs them at a terminal while the account is locked. The person unlocks once the program has said something, and then approves. */
  atTerminalLocked(words: string, said: string): Promise<string>;
  remove(): Promise<void>;
};

export async function startAsked(): Promise<Asked> {
  const agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  await makeSecret(agent, person);
  // The shell would write its history while the home is removed.
  const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: process.env.PATH ?? "", HISTFILE: "" };
  return {
    atTerminal: async (words, said) => {
      const terminal = openTerminal(env, agent.home);
      const asked = person.next();
      await terminal.sees("$ ");
      terminal.type(words);
      const prompt = await asked;
      await terminal.sees(said(prompt.code));
      await person.yes(prompt, { lasts: "once" });
      await terminal.sees(`${SECRET} ${SECRET} ${SECRET}`);
      terminal.end();
      return terminal.screen();
    },
    elsewhere: async (words) => {
      person.always("yes");
      const child = spawn("bash", ["-c", words], { env, cwd: agent.home, stdio: ["ignore", "pipe", "pipe"] });
      const said = { out: "", err: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said.out += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said.err += text;
      });
      await once(child, "close");
      person.always("ignore");
      return said;
    },
    atTerminalLocked: async (words, said) => {
      await person.channel.call("session.lock", {});
      const terminal = openTerminal(env, agent.home);
      await terminal.sees("$ ");
      terminal.type(words);
      await terminal.sees(said);
      await person.channel.call("session.unlock", { password: PASSWORD });
      await terminal.sees("approval, code ");
      const proof = { kind: "password", password: PASSWORD } as const;
      // The lock has detached the approver.
      await person.channel.call("prompts.attach", { proof });
      const [prompt] = (await person.channel.call("prompts.list", {})).prompts;
      await person.yes(prompt as Prompt, { lasts: "once" });
      await terminal.sees(`${SECRET} ${SECRET} ${SECRET}`);
      terminal.end();
      return terminal.screen();
    },
    remove: () => agent.remove(),
  };
}

async function makeSecret(agent: RunningAgent, person: Person): Promise<void> {
  person.always("yes");
  const channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: SECRET }];
  await channel.call("items.create", { item: { vaultId, title: "DB", category: "Password", fields } });
  channel.close();
  person.always("ignore");
}

const noticeOf = (code: string) => `shop: waiting for your approval, code ${code}`;

/** Demands that the program of a client says once at a terminal what it waits for, and nothing elsewhere. */
export async function demandSaidOnce(asked: Asked, words: string): Promise<void> {
  const screen = await asked.atTerminal(words, noticeOf);
  const [, code = ""] = /approval, code ([A-Z0-9-]+)/.exec(screen) ?? [];
  expect(screen.split(noticeOf(code))).toHaveLength(2);
  expect(screen).toContain(`  next: run \`postern approve ${code}\` in another terminal`);
  expect(await asked.elsewhere(words)).toEqual({ out: `${SECRET} ${SECRET} ${SECRET}\n`, err: "" });
}

/** Demands that the same program leaves that to a listener of its own, which prints "heard". */
export async function demandLeftToListener(asked: Asked, words: string): Promise<void> {
  expect(await asked.atTerminal(`${words} listen`, () => "heard")).not.toContain("approval");
}

const UNLOCK_NOTICE = "shop: waiting for your unlock";

/** Demands that the program of a client says once at a terminal that it waits for an unlock, and then goes on. It may name an account. */
export async function demandUnlockSaidOnce(asked: Asked, words: string, account?: string): Promise<void> {
  const screen = await asked.atTerminalLocked(
    account === undefined ? words : `ACCOUNT=${account} ${words}`,
    UNLOCK_NOTICE,
  );
  expect(screen.split(UNLOCK_NOTICE)).toHaveLength(2);
  const named = account === undefined ? "" : `--account ${account} `;
  expect(screen).toContain(`  next: run \`postern ${named}unlock\` in another terminal`);
}
