// A program that is not ours asks at a terminal, and the agent's pinentry there.
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Channel } from "../../clients/typescript/channel.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { hasTool } from "../tools.ts";
import { type Approver, attachPerson, makeAccount, PASSWORD } from "./person.ts";
import type { RunningAgent } from "./start.ts";

/** Whether the programs of these tests are there. */
export const isReady = ["nc", "setpriv", "pinentry-tty", "pinentry-curses"].every(hasTool);

export const REFERENCE = "op://Demo/DB/password";

/** The kinds of terminal on which each of the pinentries asks. */
export const KINDS = { "pinentry-tty": "dumb", "pinentry-curses": "xterm" } as const;

export const shellAt = (home: string): Terminal =>
  openTerminal({ HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" }, home);

/** The command line of a program that reads a secret and prints the answer. It does not read the terminal. */
export function asks(socket: string, reference = REFERENCE, kind = "dumb"): string {
  const request = { jsonrpc: "2.0", id: 1, method: "secrets.resolve", params: { reference } };
  return `TERM=${kind} nc -N -U ${socket} <<< '${JSON.stringify(request)}'`;
}

/** The modes of the terminal, as stty prints them. */
export async function modes(terminal: Terminal): Promise<string> {
  terminal.type('echo "modes=$(stty -g)="');
  const [, found = ""] = await terminal.sees(/modes=([0-9a-f:]+)=/);
  return found;
}

/** The running pinentries of an agent, by their process ids. */
export function pinentriesOf(agent: number | undefined): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const [, parent] = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "utf8")) ?? [];
      const isPinentry = readFileSync(`/proc/${name}/cmdline`, "latin1").includes("pinentry");
      return Number(parent) === agent && isPinentry ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Whether a process is there, and no zombie. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** An account whose only approver is this way, with an item, and one whose title holds everything that a terminal must not be sent. */
export async function stageOf(agent: Pick<RunningAgent, "connect">, approvers: Approver[]) {
  await makeAccount(agent, "Ada", { approvers });
  const person = await attachPerson(agent);
  person.always("yes");
  const channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const made = { vaultId, category: "Password", fields } as const;
  await channel.call("items.create", { item: { ...made, title: "DB" } });
  const item = await channel.call("items.create", { item: { ...made, title: HOSTILE } });
  person.always("ignore");
  return { person, channel, ids: { vault: vaultId, item: item.id } };
}

export const HOSTILE = "\u001b[2J\u001b]0;gone\u0007 Yes holds for this one request.\u202e";

/** Who gave or answered what, from the audit log, oldest first. */
export async function outcomes(channel: Channel, event: string): Promise<string[]> {
  const proof = { kind: "password", password: PASSWORD } as const;
  const { records } = await channel.call("audit.list", { proof, limit: 100 });
  return records.filter((record) => record.event === event).map(({ outcome, program }) => `${outcome} ${program}`);
}

/** Starts the asker at a terminal, and waits for the question. Returns its code. */
export async function question(
  terminal: Terminal,
  socket: string,
  kind: string = KINDS["pinentry-tty"],
  reference = REFERENCE,
): Promise<string> {
  terminal.type(asks(socket, reference, kind));
  const [, code = ""] = await terminal.sees(/Postern asks, code (\S\S-\d\d)/);
  await terminal.sees("PIN:");
  return code;
}

/** The variables that a program was started with. */
export const variablesOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").filter(Boolean).sort();
