// A machine on which programs are run: an agent with secrets, and `postern` on PATH of real shells.
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../../agent/person.ts";
import { type RunningAgent, startAgent } from "../../agent/start.ts";
import { openTerminal, type Terminal } from "../../build/terminal.ts";
import { command as main } from "../../programs.ts";

export const SECRET = "hunters-moon-rises";
/** A value with several lines. The first and last are armour. */
export const KEY = `-----BEGIN TEST KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQ\n".repeat(3)}-----END TEST KEY-----\n`;
export const MASK = "<concealed by postern>";

export type Ran = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: Buffer;
  readonly err: string;
};

export type Stage = {
  readonly agent: RunningAgent;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a script of sh without a terminal. Its stdin is `input`, or a pipe that stays open. */
  shell(script: string, options?: { input?: string; env?: Record<string, string>; shell?: string }): Promise<Ran>;
  /** A real shell on a real terminal. */
  terminal(): Terminal;
  end(): Promise<void>;
};

/** `command` starts `postern`, in words of sh. The default starts it from the sources. */
export async function openStage(command?: string): Promise<Stage> {
  const agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  person.always("yes");
  const vault = await fill(person);
  // A token, so that nobody is asked and only the program writes to stderr.
  const access = [{ vault, permissions: ["read_items"] }];
  const { token } = await person.channel.call("serviceAccounts.create", {
    password: PASSWORD,
    title: "Run",
    vaults: access,
  });
  const bin = join(agent.home, "bin");
  mkdirSync(bin);
  const start = command ?? `'${process.execPath}' --disable-sigusr1 --no-warnings -- '${main}'`;
  writeFileSync(join(bin, "postern"), `#!/bin/sh\nexec ${start} "$@"\n`);
  chmodSync(join(bin, "postern"), 0o755);
  const env = {
    HOME: agent.home,
    POSTERN_HOME: agent.home,
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
    LANG: "C.UTF-8",

    DB: "op://Demo/DB/password",
    POSTERN_SERVICE_ACCOUNT_TOKEN: token,
  };
  return {
    agent,
    home: agent.home,
    env,
    shell: (script, options = {}) => runShell(script, agent.home, { ...env, ...options.env }, options),
    terminal: () => openTerminal(env, agent.home),
    end: async () => {
      person.leave();
      await agent.remove();
    },
  };
}

async function fill(person: Person): Promise<string> {
  const { id } = await person.channel.call("vaults.create", { title: "Demo" });
  const field = (title: string, fieldType: "Concealed" | "Text", value: string) => ({
    id: title,
    title,
    fieldType,
    value,
  });
  const items = [
    { title: "DB", fields: [field("password", "Concealed", SECRET), field("host", "Text", "db.example.org")] },
    { title: "Key", fields: [field("password", "Concealed", KEY)] },
    { title: "Zero", fields: [field("password", "Concealed", "before\0behind")] },
  ];
  for (const item of items)
    await person.channel.call("items.create", { item: { vaultId: id, category: "Login", ...item } });
  return id;
}

function runShell(
  script: string,
  cwd: string,
  env: Record<string, string>,
  { input, shell = "sh" }: { input?: string; shell?: string },
): Promise<Ran> {
  // A separate session keeps the program from finding the terminal of the person who runs the tests.
  const child = spawn(shell, ["-c", script], { cwd, env, detached: true, stdio: "pipe" });
  const out: Buffer[] = [];
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  if (input !== undefined) child.stdin.end(input);
  return new Promise((resolve) =>
    child.once("close", (code, signal) => {
      child.stdin.destroy();
      resolve({ code, signal, out: Buffer.concat(out), err });
    }),
  );
}
