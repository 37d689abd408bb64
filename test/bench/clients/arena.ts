// The agent of the race, and one program that runs against it. The agent is the shipped one, in a home of its own, so that earlier
// prompts do not count against the quotas. Grants belong to a process, so each program is asked for once.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { GATHER_MS } from "../../../daemon/approval/broker.ts";
import { PASSWORD, type Person, PIN } from "../../agent/person.ts";
import { agentWords, approvingPerson, env, home, type Load, load, started, statusOf } from "../programs.ts";
import { warmLine } from "../resolves.ts";
import type { Command } from "./contestant.ts";

export type Ran = {
  /** Milliseconds from start to end, without those that the prompt took. */
  readonly ms: number;
  readonly out: string;
};

export type Arena = {
  /** Runs a program that a person is asked about. */
  asked(command: Command): Promise<Ran>;
  /** Runs a program that nobody is asked about. TOKEN is a token of the agent, or the one that is given. */
  alone(command: Command, token?: string): Promise<Ran>;
  /** Runs the load of the bench with warm resolves, `inFlight` at once. */
  load(inFlight: number, count: number): Promise<Load>;
  end(): Promise<void>;
};

const ITEM = 7;
const line = warmLine(ITEM);

/** Opens an arena in a folder of this name. The prompts of one agent have a limit, so the races share several. */
export async function openArena(name: string): Promise<Arena> {
  const place = join(home, name);
  mkdirSync(place);
  const socket = join(place, "run", "agent.sock");
  const own = { ...env, HOME: place, POSTERN_HOME: place };
  const agent = await started(agentWords, () => statusOf(socket), own);
  const channel = agent.value;
  await channel.call("accounts.create", { name: "Bench", password: PASSWORD, pin: PIN, approvers: [] });
  const person = await approvingPerson(socket);
  const { id: vaultId } = await channel.call("vaults.create", { title: "Bench" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "of the bench" }];
  await channel.call("items.create", { item: { vaultId, title: `item ${ITEM}`, category: "Password", fields } });
  const vaults = [{ vault: vaultId, permissions: ["read_items" as const] }];
  const { token } = await channel.call("serviceAccounts.create", { password: PASSWORD, title: "Bench", vaults });
  // From here on each answer is timed.
  person.always("ignore");
  const variables = {
    ...own,
    REFERENCE: line.params.reference,
    SOCKET: socket,
    LINE: JSON.stringify(line),
    TOKEN: token,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  return {
    asked: async (command) => {
      const [ran, askedMs] = await Promise.all([run(command, variables), answered(person)]);
      return { ...ran, ms: ran.ms - askedMs };
    },
    alone: (command, other = token) => run(command, { ...variables, TOKEN: other }),
    load: async (inFlight, count) => {
      const [figures] = await Promise.all([load(socket, line, 1, inFlight, count), answered(person)]);
      return figures;
    },
    end: async () => {
      person.leave();
      channel.close();
      await agent.end();
    },
  };
}

/**
 * Answers the next prompt with yes. Returns the milliseconds that the program waited for it: those in which the agent gathers before it shows a
 * prompt, and those from there to the agent's word that it is answered.
 */
async function answered(person: Person): Promise<number> {
  const prompt = await person.next();
  const before = performance.now();
  await person.yes(prompt);
  return GATHER_MS + performance.now() - before;
}

/** Each program has a session of its own, since a family of programs may ask only so often. */
async function run([program, ...words]: Command, variables: Readonly<Record<string, string>>): Promise<Ran> {
  const before = performance.now();
  const child = spawn(program, words, { env: variables, stdio: ["ignore", "pipe", "inherit"], detached: true });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program} ${words.join(" ")} failed`);
  return { ms: performance.now() - before, out };
}
