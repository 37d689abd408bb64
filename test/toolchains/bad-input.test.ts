// What a program learns where something is wrong: every client of ours and every official package meets the same cases. docs/when-it-fails.md
// has the table of their texts, and each text is looked for there.
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROMPT_MS } from "../../daemon/approval/broker.ts";
import { type InProcessAgent, passing, startInProcess } from "../agent/in-process.ts";
import { attachPerson, makeAccount, PASSWORD } from "../agent/person.ts";
import { startAgent } from "../agent/start.ts";
import {
  type Case,
  type Clients,
  type Column,
  columns,
  hasAll,
  type Learnt,
  makeClients,
} from "./bad-input/clients.ts";
import { makePlaces, type Places } from "./bad-input/places.ts";
import { type DemoAgent, REFERENCE, SECRET, startDemoAgent } from "./demo-agent.ts";

const TIME_MS = 240_000;
/** Milliseconds of a call's own deadline. */
const DEADLINE_MS = 300;
/** Milliseconds for a case where no person is asked, or where the test answers for the person. A busy machine needs a few seconds. */
const OVER_MS_MAX = 20_000;
/** Characters that a person reads without stopping. */
const LENGTH_MAX = 200;

const docs = readFileSync(fileURLToPath(new URL("../../docs/when-it-fails.md", import.meta.url)), "utf8").split("\n");

const isOfficial = (column: Column) => column.startsWith("official");
const ours = columns.filter((column) => !isOfficial(column));
const account = "Ada";

let clients: Clients;
let places: Places;
let agent: DemoAgent;
const found = new Map<Column, Learnt[]>(columns.map((column) => [column, []]));

async function meet(some: readonly Column[], cases: readonly Case[]): Promise<void> {
  const met = some.map(async (column) => found.get(column)?.push(...(await clients.meet(column, cases))));
  await Promise.all(met);
}

beforeAll(async () => {
  if (!hasAll) return;
  places = await makePlaces();
  clients = await makeClients(REFERENCE);
  agent = await startDemoAgent();
  const owner = await agent.agent.connect();
  const proof = { kind: "password", password: PASSWORD } as const;
  const { serviceAccounts } = await owner.call("serviceAccounts.list", { proof });
  const [ended] = serviceAccounts.filter(({ title }) => title === "CI");
  await owner.call("serviceAccounts.revoke", { serviceAccountId: ended?.id ?? "", proof });
  owner.close();
  // One program after another: the messages of 73 MiB need memory, and a person answers one question at a time.
  for (const column of columns) {
    await meet([column], staticCases());
    // The official Go client keeps the first account of its process, so another one takes another process.
    await meet([column], [{ name: "unknown account", socket: agent.agent.socket, account: "Nobody", act: "read" }]);
  }
  await meetKilledAgent();
  await meetLockedAgent();
}, TIME_MS);
afterAll(async () => {
  await agent?.remove();
  await places?.remove();
  clients?.remove();
});

function staticCases(): Case[] {
  const { socket } = agent.agent;
  return [
    { name: "no agent", socket: places.nothing, account, act: "read" },
    { name: "a plain file", socket: places.plainFile, account, act: "read" },
    { name: "another user's socket", socket: places.otherUser, account, act: "read" },
    { name: "another protocol", socket: places.otherProtocol, account, act: "read" },
    { name: "a message of 73 MiB", socket, account, act: "large" },
    { name: "a revoked token", socket, token: agent.env.TOKEN ?? "", act: "read" },
  ];
}

/** Every client waits for a person, and then the agent is killed. */
async function meetKilledAgent(): Promise<void> {
  const victim = await startAgent();
  await makeAccount(victim);
  const person = await attachPerson(victim);
  const met = meet(columns, [{ name: "killed in mid-call", socket: victim.socket, account, act: "write" }]);
  // A client that ends early would never ask.
  const asked = async () => {
    while (person.seen.length < columns.length) await person.next();
  };
  await Promise.race([asked(), met]);
  await victim.end("SIGKILL");
  await met;
  await victim.remove();
}

/** Every client waits for an unlock that never comes. The two minutes pass on the agent's clock. */
async function meetLockedAgent(): Promise<void> {
  const locked = await startInProcess();
  await passing(locked, makeAccount(locked));
  const channel = await locked.connect();
  await channel.call("session.lock", {});
  channel.close();
  const { socket } = locked;
  // The agent's time passes in small steps, so that nothing but the deadline ends it.
  await passing(locked, meet(ours, [{ name: "a deadline", socket, account, act: "read", deadlineMs: DEADLINE_MS }]));
  await deadlinesPass(locked, meet(columns, [{ name: "a locked account", socket, account, act: "read" }]));
  await locked.close();
}

async function deadlinesPass({ clock }: InProcessAgent, work: Promise<void>): Promise<void> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.isDueWithin(PROMPT_MS)) clock.advance(PROMPT_MS);
  }
  await over;
}

type Row = {
  /** Classes of the error: TypeScript and Python, Go, the official clients. The official Go client has plain texts. */
  readonly classes: readonly [string, string, string?];
  /** The next step, which the text names. */
  readonly step: RegExp;
  /** Official clients that have a text of their own here. */
  readonly theirOwn?: readonly Column[];
};

const rows: Readonly<Record<string, Row>> = {
  "no agent": {
    classes: ["AgentNotRunning", "postern.AgentNotRunningError"],
    step: /`postern agent start`/,
    theirOwn: ["official Go", "official Python"],
  },
  "a locked account": {
    classes: ["LockedError", "postern.DesktopSessionExpiredError"],
    step: /run `postern unlock`/,
  },
  "another protocol": {
    classes: ["ProtocolMismatchError", "protocolMismatch"],
    step: /update the client$|run `postern agent restart`, and `postern bridge install` as root/,
  },
  "killed in mid-call": {
    classes: ["ConnectionLost", "postern.ConnectionLostError"],
    step: /look whether it was done before you ask again/,
    theirOwn: ["official Go", "official Python"],
  },
  "another user's socket": {
    classes: ["UntrustedSocket", "postern.UntrustedSocketError"],
    step: /run this program as that user|run `postern status`/,
  },
  "a plain file": {
    classes: ["UntrustedSocket", "postern.UntrustedSocketError"],
    step: /run `postern agent start`|run `postern status`/,
  },
  "a message of 73 MiB": {
    classes: ["LineTooLongError", "lineTooLong"],
    step: /send less in one/,
    theirOwn: ["official JavaScript", "official Go"],
  },
  "a revoked token": {
    classes: ["TokenRefusedError", "tokenRefused"],
    step: /`postern service-account rotate`/,
    theirOwn: ["official JavaScript", "official Go", "official Python"],
  },
  "unknown account": {
    classes: ["ApprovalDeniedError", "approvalDenied"],
    step: /`postern accounts`/,
  },
  "a deadline": {
    classes: ["TimedOut", "context.deadlineExceededError"],
    step: /`postern status`.*`postern prompts`/,
  },
};

/** Go's client puts this before every error of opening, as the official one does. */
const OPENING = "error initializing client: ";

function learntOf(column: Column, name: string): Learnt {
  const [learnt, ...others] = (found.get(column) ?? []).filter((one) => one.name === name);
  if (learnt === undefined || others.length > 0) throw new Error(`${column} did not meet it once: ${name}`);
  return { ...learnt, text: learnt.text.replace(OPENING, "") };
}

describe.skipIf(!hasAll).each(columns)("%s", (column) => {
  const met = Object.entries(rows).filter(([name]) => name !== "a deadline" || !isOfficial(column));
  test.each(met)("with %s: the error is the right one, short, and says what to do", (name, row) => {
    const learnt = learntOf(column, name);
    const [shared, go] = row.classes;
    const official =
      column === "official Python"
        ? /^(?:Exception|RuntimeError)$/
        : /^(?:Error|\*fmt\.wrapError|\*errors\.errorString)$/;
    if (isOfficial(column)) expect(learnt.class).toMatch(official);
    else expect(learnt.class).toBe(column === "Go" ? go : shared);
    expect(learnt.text).toMatch(/^[ -~]+$/);
    expect(learnt.text.length).toBeLessThanOrEqual(LENGTH_MAX);
    if (row.theirOwn?.includes(column) !== true) expect(learnt.text).toMatch(row.step);
    for (const hidden of [SECRET, agent.env.TOKEN ?? "", tmpdir(), "xxxx", "Nobody"])
      expect(learnt.text).not.toContain(hidden);
    expect(learnt.ms).toBeLessThan(OVER_MS_MAX);
    expect(name === "a deadline" ? learnt.ms : DEADLINE_MS).toBeGreaterThanOrEqual(DEADLINE_MS);
  });

  test.each(met)("with %s: the text stands in the table of the docs", (name) => {
    // A busy machine reaches the deadline at another step. The official JavaScript client ends one text with a stray quotation mark.
    const text = learntOf(column, name)
      .text.replace("no answer to clients.open", "no answer to secrets.resolve")
      .replace(/\."$/, "");
    expect(docs.find((line) => line.startsWith(`| ${name} |`))).toContain(text);
  });
});

test.skipIf(!hasAll)("nobody connects to another user's socket", () => {
  expect(places.strangersMet()).toBe(0);
});
