// An agent with `--trace`, and a check of its trace: one line for each request, and no text of any user, whatever anyone sends.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { catalogue } from "../../protocol/catalogue.ts";
import { errors } from "../../protocol/errors.ts";
import { type InProcessAgent, startInProcess } from "../agent/in-process.ts";
import { PASSWORD, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent, temporaryHome } from "../agent/start.ts";
import { inProcess } from "../service/doors.ts";

export type TraceLine = {
  readonly time: string;
  readonly connection: number;
  readonly request?: number;
  readonly method: string | null;
  readonly ms?: number;
  readonly waitedMs?: number;
  readonly outcome: string;
  readonly ids?: readonly string[];
};

export type Tracing = {
  /** Demands that the newest connection has one line for each sent request, with the answered outcome. */
  demandTraced(sent: readonly unknown[], answered: readonly unknown[]): Promise<void>;
  /** The next trace is of an agent that begins anew. */
  forget(): void;
};

export type Traced = RunningAgent & Pick<Tracing, "demandTraced">;
export type TracedHere = InProcessAgent & Pick<Tracing, "demandTraced">;

/** The lines after the first one, which describes the agent. */
export function traceLines(path: string): TraceLine[] {
  const [, ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as TraceLine);
}

export async function startTraced(): Promise<Traced> {
  const home = temporaryHome();
  const path = join(home, "trace.jsonl");
  const agent = await startAgent(home, {}, ["--trace", path]);
  const { demandTraced, forget } = tracing(path);
  return {
    ...agent,
    restart: async () => {
      rmSync(path);
      forget();
      return agent.restart();
    },
    demandTraced,
  };
}

/** The same in this process: its time passes only while a test waits, and its password derivations are light. */
export async function startTracedHere(): Promise<TracedHere> {
  const home = temporaryHome();
  const path = join(home, "trace.jsonl");
  // As the embedded one: without an address for others.
  const service = await inProcess(undefined, false);
  const agent = await startInProcess(home, service, undefined, path);
  return {
    ...agent,
    demandTraced: tracing(path).demandTraced,
    close: async () => {
      await agent.close();
      await service.close();
    },
  };
}

function tracing(path: string): Tracing {
  const secrets = [PASSWORD, PIN, "P1-", "s3cret", "GEZDGNBVGY3TQOJQ", "op://", "DB", "Demo", "Ada"];
  let newest = 0;

  async function demandTraced(sent: readonly unknown[], answered: readonly unknown[]): Promise<void> {
    const methods = sent.flatMap(methodsOf).sort();
    let lines: TraceLine[] = [];
    // The agent writes with a delay. It may still be writing about the connections that made the account.
    const traced = () => {
      lines = ofNewest(traceLines(path), newest);
      return lines.map(({ method }) => method).sort();
    };
    await expect.poll(traced, { interval: LOOK_MS }).toEqual(methods);
    newest = lines[0]?.connection ?? newest;
    const outcomes = lines.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(expect.arrayContaining(answered.flatMap(outcomesOf)));
    for (const line of lines) expect(shape(line)).toBe("as it must be");
    expect(secrets.filter((secret) => JSON.stringify(lines).includes(secret))).toEqual([]);
    // Methods and outcomes are our own words, and their shape is checked. A title may equal one of them.
    const rest = JSON.stringify(lines.map(({ time: _time, method: _method, outcome: _outcome, ...more }) => more));
    expect([...textsOf(sent), ...textsOf(answered)].filter((text) => rest.includes(JSON.stringify(text)))).toEqual([]);
  }

  return {
    demandTraced,
    forget: () => {
      newest = 0;
    },
  };
}

/** The lines of the newest connection, if it is newer than the last one that was checked. */
function ofNewest(lines: readonly TraceLine[], before: number): TraceLine[] {
  const newest = Math.max(0, ...lines.map(({ connection }) => connection));
  return newest === before ? [] : lines.filter(({ connection }) => connection === newest);
}

/** Milliseconds between two looks at the file. Kept short, because hundreds of conversations wait for it. */
const LOOK_MS = 5;

const isMethod = (method: unknown) => method === "$/cancelRequest" || Object.hasOwn(catalogue, String(method));

/** The methods of a message, with null for unknown methods. */
function methodsOf(message: unknown): (string | null)[] {
  if (Array.isArray(message) && message.length > 0) return message.flatMap(methodsOf);
  const { method } = (message ?? {}) as { method?: string };
  return [method !== undefined && isMethod(method) ? method : null];
}

function outcomesOf(message: unknown): string[] {
  if (Array.isArray(message)) return message.flatMap(outcomesOf);
  const { error } = message as { error?: { data: { name: string } } };
  return [error?.data.name ?? "ok"];
}

const ID = /^[a-z2-7]{26}$/;

/** Every text in it that is no id. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return ID.test(value) ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** The lines may hold only these keys with these values. */
const allowed: Readonly<Record<string, (value: unknown) => boolean>> = {
  time: (value) => new Date(String(value)).toISOString() === value,
  connection: Number.isSafeInteger,
  request: Number.isSafeInteger,
  method: (value) => value === null || isMethod(value),
  ms: (value) => typeof value === "number" && value >= 0,
  waitedMs: (value) => typeof value === "number" && value >= 0,
  outcome: (value) => value === "ok" || Object.hasOwn(errors, String(value)),
  incident: (value) => /^[0-9a-f-]{36}$/.test(String(value)),
  account: (value) => ID.test(String(value)),
  ids: (value) => Array.isArray(value) && value.every((id) => ID.test(String(id))),
  idsMore: Number.isSafeInteger,
};

function shape(line: object): string {
  const wrong = Object.entries(line).filter(([key, value]) => allowed[key]?.(value) !== true);
  return wrong.length === 0 ? "as it must be" : `wrong: ${JSON.stringify(wrong)}`;
}
