// What programs that run amok take from others: the room for questions, connections and wrong codes. Each is a session of its own, so that nothing
// tells that they belong together.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WRONG_CODES_MAX, WRONG_CODES_STRANGERS_MAX } from "../../daemon/approval/overseer.ts";
import { OPEN_PER_FAMILY, OPEN_STRANGERS } from "../../daemon/approval/quotas.ts";
import { PROCESS_CONNECTIONS_MAX, STRANGER_CONNECTIONS_MAX } from "../../daemon/wire/admission.ts";
import { formatToken } from "../../protocol/access/service-account-token.ts";
import { attachPerson } from "../agent/person.ts";
import type { RunningAgent } from "../agent/start.ts";
import type { Pressing } from "./pressing.ts";
import type { Attack } from "./table.ts";

const program = fileURLToPath(new URL("./pressing.ts", import.meta.url));

type Rogue = { readonly outcomes: readonly string[]; readonly child: ChildProcess };

/** Starts a rogue. Resolves once it has told the outcome of all it did. */
async function rogue(pressing: Pressing): Promise<Rogue> {
  const child = spawn(process.execPath, ["--no-warnings", program, JSON.stringify(pressing)], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const outcomes: string[] = [];
  if (child.stdout === null) throw new Error("the rogue has no output");
  for await (const line of createInterface(child.stdout)) {
    if (line === "done") return { outcomes, child };
    outcomes.push(line);
  }
  throw new Error("the rogue ended");
}

/** Runs `look` beside rogues that keep what they got. */
async function beside<T>(rogues: readonly Rogue[], look: (outcomes: readonly string[]) => Promise<T>): Promise<T> {
  try {
    return await look(rogues.flatMap(({ outcomes }) => outcomes));
  } finally {
    for (const { child } of rogues) child.kill("SIGKILL");
  }
}

const countOf = (outcomes: readonly string[], outcome: string) => outcomes.filter((one) => one === outcome).length;

/** As many sessions as would fill the room of strangers twice. Then a program with a yes asks one more thing. */
async function questions(agent: RunningAgent): Promise<string | undefined> {
  const person = await attachPerson(agent);
  const known = await agent.connect();
  person.always("yes");
  await known.call("secrets.resolve", { reference: "op://Demo/DB/password" });
  person.always("ignore");
  const sessions = Array.from({ length: (2 * OPEN_STRANGERS) / OPEN_PER_FAMILY }, (_, at) =>
    rogue({
      socket: agent.socket,
      method: "secrets.resolve",
      asked: Array.from({ length: OPEN_PER_FAMILY }, (_one, ask) => ({ reference: `op://Demo/${at}/${ask}` })),
    }),
  );
  return beside(await Promise.all(sessions), async (outcomes) => {
    const open = countOf(outcomes, "open");
    if (open > OPEN_STRANGERS) return `${open} questions of strangers were open at once`;
    if (open < OPEN_STRANGERS) return `the rogues had room for ${open} questions alone: ${outcomes.join()}`;
    const shown = person.next();
    const asked = known.call("secrets.resolve", { reference: "op://Demo/Unread/password" }).catch((error) => error);
    const refused = await Promise.race([shown.then(() => undefined), asked]);
    known.close();
    return refused === undefined ? undefined : `a program with a yes could not ask: ${JSON.stringify(refused)}`;
  });
}

/** Two processes open more connections than there are. Then a program with a yes, and our own command, open one. */
async function connections(agent: RunningAgent): Promise<string | undefined> {
  const person = await attachPerson(agent);
  const first = await agent.connect();
  person.always("yes");
  await first.call("secrets.resolve", { reference: "op://Demo/DB/password" });
  const one = await rogue({ socket: agent.socket, connections: 480 });
  const two = await rogue({ socket: agent.socket, connections: 480 });
  return beside([one, two], async (outcomes) => {
    const [ofOne, ofAll] = [countOf(one.outcomes, "open"), countOf(outcomes, "open")];
    if (ofOne > PROCESS_CONNECTIONS_MAX) return `one process had ${ofOne} connections`;
    if (ofAll > STRANGER_CONNECTIONS_MAX) return `strangers had ${ofAll} connections`;
    if (ofAll < PROCESS_CONNECTIONS_MAX) return `the rogues had room for ${ofAll} connections alone`;
    const known = await agent.connect();
    await known.call("secrets.resolve", { reference: "op://Demo/DB/password" });
    known.close();
    first.close();
    return undefined;
  });
}

/** Sessions guess codes, each as many as it may. */
async function codes({ socket }: RunningAgent): Promise<string | undefined> {
  const asked = Array.from({ length: WRONG_CODES_MAX }, () => ({
    code: "AA-00",
    proof: { kind: "pin", pin: "000000" },
  }));
  const sessions = Array.from({ length: (2 * WRONG_CODES_STRANGERS_MAX) / WRONG_CODES_MAX }, () =>
    rogue({ socket, method: "prompts.list", asked }),
  );
  return beside(await Promise.all(sessions), async (outcomes) => {
    const taken = outcomes.length - countOf(outcomes, "tryLater");
    if (taken < WRONG_CODES_STRANGERS_MAX) return `the rogues could try ${taken} codes alone: ${outcomes.join()}`;
    return taken > WRONG_CODES_STRANGERS_MAX ? `strangers could try ${taken} codes in a minute` : undefined;
  });
}

/** A service that answers everything with megabytes of `{}`, and a token that names it. */
async function ownToken(agent: RunningAgent): Promise<string | undefined> {
  const service = createServer((request, response) => {
    request.resume();
    response.on("error", () => undefined).end(`[${"{},".repeat(26 * 1024 * 1024)}{}]`);
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const { port } = service.address() as AddressInfo;
  const id = (letter: string) => letter.repeat(26);
  const token = formatToken({
    ...{ account: id("a"), serviceAccount: id("b"), token: id("c"), service: `http://127.0.0.1:${port}` },
    secret: new Uint8Array(32).fill(7),
  });
  const before = mostBytes(agent);
  try {
    const one = await rogue({
      ...{ socket: agent.socket, method: "clients.open" },
      asked: Array.from({ length: 8 }, () => ({ token, integrationName: "rogue", integrationVersion: "1" })),
    });
    return await beside([one], async (outcomes) => {
      const grown = mostBytes(agent) - before;
      if (outcomes.some((outcome) => outcome !== "serviceRefused")) return `it was answered ${outcomes.join()}`;
      return grown <= GROWN_BYTES_MAX ? undefined : `the agent grew by ${grown} bytes`;
    });
  } finally {
    service.closeAllConnections();
    service.close();
  }
}

/** A client of HTTP and its buffers. One such answer alone had made of 78 MiB some five gigabytes. */
const GROWN_BYTES_MAX = 64 * 1024 * 1024;

/** The most resident bytes so far. What was let go again counts too. */
const mostBytes = ({ process: { pid } }: RunningAgent) =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

export const amokAttacks = (
  withStage: (attack: (agent: RunningAgent) => Promise<string | undefined>) => Attack["run"],
): Attack[] => [
  { tried: "questions of many sessions, so that a program with a yes cannot ask", run: withStage(questions) },
  { tried: "all connections taken by two processes", run: withStage(connections) },
  { tried: "match codes guessed by many sessions", run: withStage(codes) },
  { tried: "a token of one's own, whose service answers 78 MiB of {}", run: withStage(ownToken) },
];
