// Programs of the machine's user: the agent, others that ask it, and the dialogues of the system.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type IPty, spawn as spawnAtTerminal } from "@lydell/node-pty";
import { expect } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { tableError } from "../../clients/typescript/table-error.ts";
import { statOf } from "../../daemon/peer/process-facts.ts";
import { agentOptions, agentProgram } from "../programs.ts";
import { type Machine, printed, USER } from "./machine.ts";

export type UsersAgent = {
  readonly process: ChildProcess;
  /** Its log so far. */
  log(): string;
  /** A program of the user's that has connected. */
  connect(): Promise<UsersProgram>;
  end(): Promise<void>;
};

/** The connection of a process: of nc, which the agent takes for the one that asks. */
export type UsersProgram = Pick<Channel, "call" | "onNotification" | "close"> & { readonly pid: number };

/** Milliseconds between two looks for the socket of a starting agent. */
const LOOK_MS = 5;

/** Starts the agent as the user. */
export async function startUsersAgent(machine: Machine, extra: Record<string, string> = {}): Promise<UsersAgent> {
  const home = join(machine.home, "postern");
  const env = { HOME: machine.home, POSTERN_HOME: home, PATH: process.env.PATH ?? "", ...extra };
  const [program = "", ...words] = machine.asUser([process.execPath, ...agentOptions, agentProgram]);
  const child = spawn(program, words, { env, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  const socket = join(home, "run", "agent.sock");
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (!existsSync(socket)) {
    if (child.exitCode !== null) throw new Error(`the agent did not start: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return {
    process: child,
    log: () => log,
    connect: () => connectBy(machine, socket),
    end: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/**
 * A program at a terminal of the user's that sends one request, once a line is typed there. Its number stays the same. `next` waits for a text that comes
 * after the last one.
 */
export async function startAtTerminal(machine: Machine, request: object) {
  const socket = join(machine.home, "postern", "run", "agent.sock");
  const shell = ["bash", "-c", 'read -r; exec nc -N -U "$0" <<< "$1"', socket, JSON.stringify(request)];
  const [program = "", ...words] = machine.asUser(shell);
  const env = { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", TERM: "dumb" };
  const terminal: IPty = spawnAtTerminal(program, words, { name: "dumb", cols: 200, rows: 50, env });
  // A terminal of the test's belongs to root.
  const device = () => readlinkSync(`/proc/${terminal.pid}/fd/0`);
  await expect.poll(device).toMatch(/^\/dev\/pts\//);
  chownSync(device(), USER.uid, USER.uid);
  let text = "";
  terminal.onData((data) => {
    text += data;
  });
  return {
    pid: terminal.pid,
    type: (line: string) => terminal.write(`${line}\r`),
    sees: (wanted: string) => expect.poll(() => text, { timeout: PATIENCE_MS }).toContain(wanted),
    end: () => terminal.kill(),
  };
}

type Line = {
  id?: number;
  result?: unknown;
  error?: { data: { name: string } };
  method?: string;
  params?: Record<string, unknown>;
};

async function connectBy(machine: Machine, socket: string): Promise<UsersProgram> {
  const [program = "", ...words] = machine.asUser(["nc", "-U", socket]);
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"], env: { PATH: process.env.PATH ?? "" } });
  const waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  const listeners: ((method: string, params: Record<string, unknown>) => void)[] = [];
  let last = 0;
  createInterface(child.stdout).on("line", (text) => {
    const { id, result, error, method, params } = JSON.parse(text) as Line;
    if (method !== undefined) for (const listener of listeners) listener(method, params ?? {});
    const one = waiting.get(id ?? 0);
    if (error === undefined) one?.resolve(result as never);
    else one?.reject(tableError(error.data.name));
  });
  const call: Channel["call"] = (method, params) =>
    new Promise((resolve, reject) => {
      last++;
      waiting.set(last, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: last, method, params })}\n`);
    });
  const made = {
    call,
    onNotification: (listener: never) => void listeners.push(listener),
    close: () => void child.kill(),
    pid: child.pid ?? 0,
  };
  await call("agent.hello", { protocol: 2, client: { name: "test", version: "1" } });
  return made;
}

export type Dialogue = {
  /** Waits until new output contains the text. */
  sees(text: string): Promise<void>;
  /** Types a password, once the terminal is ready for it. */
  type(password: string): Promise<void>;
  /** All that it was sent, with every control character. */
  screen(): string;
  end(): void;
};

const modesOf = (pid: number): string =>
  spawnSync("stty", ["-a", "-F", `/proc/${pid}/fd/0`], { encoding: "utf8" }).stdout;

/** Milliseconds after which missing output fails the test. */
const PATIENCE_MS = 20_000;

/** The dialogue of the system for one process: pkttyagent at a terminal. Returns once polkit knows it. */
export async function openDialogue(machine: Machine, pid: number): Promise<Dialogue> {
  const ready = join(machine.home, `ready-${pid}`);
  execFileSync("mkfifo", ["-m", "666", ready]);
  const [program = "", ...words] = machine.asUser([
    ...["sh", "-c", 'exec pkttyagent --process "$0" --notify-fd 3 3> "$1"'],
    ...[`${pid},${statOf(pid)?.startTicks}`, ready],
  ]);
  const terminal: IPty = spawnAtTerminal(program, words, {
    name: "xterm",
    cols: 200,
    rows: 50,
    env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8" },
  });
  let text = "";
  let seen = 0;
  let look = () => {};
  terminal.onData((data) => {
    text += data;
    look();
  });
  await new Promise((resolve) => spawn("cat", [ready], { stdio: "ignore" }).once("close", resolve));
  return {
    type: async (password) => {
      // pkttyagent drops what was typed before it has switched the echo off.
      await expect.poll(() => modesOf(terminal.pid), { timeout: PATIENCE_MS }).toContain("-echo ");
      terminal.write(`${password}\r`);
    },
    screen: () => text,
    end: () => terminal.kill(),
    sees: (wanted) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${wanted} in:\n${text.slice(seen)}`)), PATIENCE_MS);
        look = () => {
          const at = text.indexOf(wanted, seen);
          if (at === -1) return;
          clearTimeout(timer);
          look = () => {};
          seen = at + wanted.length;
          resolve();
        };
        look();
      }),
  };
}

/**
 * A dialogue that shows its questions as lines of JSON, and does what a person does with a window: leaves it open, or closes it. Desktops have such
 * dialogues, and none of theirs runs without a whole desktop.
 */
export async function openWindow(machine: Machine, pid: number, does: "leave" | "close") {
  const script = new URL("./window.py", import.meta.url).pathname;
  const start = `${statOf(pid)?.startTicks}`;
  const [program = "", ...words] = machine.asUser(["/usr/bin/python3", script, `${pid}`, start, does]);
  const child = spawn(program, words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
  });
  const lines: { message?: string; cancelled?: true }[] = [];
  const ready = printed(child, '"ready"');
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as never));
  await ready;
  return { lines, end: () => child.kill() };
}
