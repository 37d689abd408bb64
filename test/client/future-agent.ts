// An agent of a later version, as a client may meet it under this protocol. Each result has unknown fields, and lists of words contain unknown words.
// It also sends unexpected notifications. It answers each method with the method's example.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";

/** A word and field name that nobody knows. */
export const LATER = "ofALaterAgent";

/** Answers that replace a method's example. */
export type Answers = Partial<Record<MethodName, (params: Readonly<Record<string, unknown>>) => unknown>>;

export type FutureAgent = {
  readonly home: string;
  readonly socket: string;
  /** The requests so far, in order. */
  readonly asked: { readonly method: string; readonly params: Readonly<Record<string, unknown>> }[];
  close(): Promise<void>;
};

type Schema = {
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
};

/** The value with an unknown field in each object, and with an unknown word for each list of words in the schema. */
export function ofLater(schema: Schema, value: unknown): unknown {
  if (typeof value === "string") return isWords(schema) ? LATER : value;
  if (Array.isArray(value)) return [...value.map((one) => ofLater(schema.items ?? {}, one))];
  if (typeof value !== "object" || value === null) return value;
  // Takes the first form that has all of the value's fields.
  const forms = schema.anyOf ?? [schema];
  const { properties } =
    forms.find((form) => Object.keys(value).every((key) => form.properties?.[key] !== undefined)) ?? {};
  if (properties === undefined) return value;
  const known = Object.entries(value).map(([key, one]) => [key, ofLater(properties[key] ?? {}, one)]);
  return { ...Object.fromEntries(known), [LATER]: { [LATER]: [1, null] } };
}

const isWords = ({ enum: words, anyOf = [] }: Schema) =>
  words !== undefined || (anyOf.length > 0 && anyOf.every((one) => typeof one.const === "string"));

/** Starts an agent, in a folder that a client trusts. */
export async function startFutureAgent(answers: Answers = {}): Promise<FutureAgent> {
  const home = mkdtempSync(join(tmpdir(), "postern-later-"));
  mkdirSync(join(home, "run"), { mode: 0o700 });
  const socket = join(home, "run", "agent.sock");
  const asked: FutureAgent["asked"] = [];
  const server = createServer((peer) => {
    let held = "";
    peer.on("error", () => peer.destroy());
    peer.setEncoding("utf8").on("data", (text: string) => {
      held += text;
      for (let at = held.indexOf("\n"); at !== -1; at = held.indexOf("\n")) {
        const { id, method, params = {} } = JSON.parse(held.slice(0, at)) as Request;
        held = held.slice(at + 1);
        asked.push({ method, params });
        if (id !== undefined) for (const line of answerTo(id, method, params, answers)) peer.write(line);
        if (method === "agent.stop") peer.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    home,
    socket,
    asked,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

type Request = { id?: number; method: MethodName; params?: Record<string, unknown> };

function answerTo(id: number, method: MethodName, params: Record<string, unknown>, answers: Answers): string[] {
  const { example, result } = catalogue[method];
  const plain = JSON.parse(JSON.stringify(answers[method]?.(params) ?? example.result)) as unknown;
  const isError = typeof plain === "object" && plain !== null && "code" in plain;
  const outcome = isError ? { error: plain } : { result: ofLater(result as Schema, plain) };
  return [
    { jsonrpc: "2.0", method: "later.happened", params: { [LATER]: 1 } },
    { jsonrpc: "2.0", method: "later.withoutParams" },
    { jsonrpc: "2.0", id, ...outcome, [LATER]: 1 },
    { jsonrpc: "2.0", id: LATER, result: {} },
  ].map((message) => `${JSON.stringify(message)}\n`);
}
