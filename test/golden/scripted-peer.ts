// A peer that plays the agent's part of golden conversations to a client. Each connection names its conversation in the hello, so a
// client may play them in any order. The requests that open a client are answered beside the conversation.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takesClient } from "../../clients/typescript/generated.ts";
import { type Conversation, difference, filled } from "./conversation.ts";

/** What a client sends before the conversation: a hello alone, or all that `createClient` does. */
export type Opening = "hello" | "createClient";

const openings: Readonly<Record<Opening, readonly string[]>> = {
  hello: ["agent.hello"],
  createClient: ["agent.hello", "agent.subscribe", "clients.open"],
};

export type ScriptedPeer = {
  readonly socket: string;
  /** Files of conversations in which the client sent something else, with the first difference. */
  readonly differences: ReadonlyMap<string, string>;
  close(): void;
};

/** A request of the client, as a conversation has it. */
type Request = { readonly id: number; readonly method: string; readonly params?: Readonly<Record<string, unknown>> };

/** The name by which a client says in its hello which conversation it plays. */
export const nameOf = (index: number): string => `golden-${index}`;

export async function startScriptedPeer(all: readonly Conversation[], opening: Opening): Promise<ScriptedPeer> {
  const folder = mkdtempSync(join(tmpdir(), "postern-g-"));
  const socket = join(folder, "s");
  const differences = new Map<string, string>();
  const server = createServer((peer) => play(peer, all, opening, differences));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    differences,
    close: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function play(peer: Socket, all: readonly Conversation[], opening: Opening, differences: Map<string, string>): void {
  const beside = [...openings[opening]];
  let script: Script | undefined;
  eachRequest(peer, (request) => {
    script ??= scriptOf(all, request);
    const answer = request.method === beside[0] ? besides(beside.shift(), script) : script.answer(request, opening);
    if (script.wrong !== undefined) differences.set(script.file, script.wrong);
    peer.write(`${JSON.stringify({ jsonrpc: "2.0", ...answer, id: request.id })}\n`);
  });
}

function eachRequest(peer: Socket, answer: (request: Request) => void): void {
  let held = "";
  peer.on("error", () => peer.destroy());
  peer.setEncoding("utf8").on("data", (text: string) => {
    held += text;
    for (let at = held.indexOf("\n"); at !== -1; at = held.indexOf("\n")) {
      const line = held.slice(0, at);
      held = held.slice(at + 1);
      answer(JSON.parse(line) as Request);
    }
  });
}

const besides = (method: string | undefined, { client }: Script): object => ({
  result: method === "clients.open" ? { client } : {},
});

type Script = {
  readonly file: string;
  /** The client's id that the conversation speaks of, where it does. */
  readonly client: string;
  wrong: string | undefined;
  answer(request: Request, opening: Opening): object;
};

function scriptOf(all: readonly Conversation[], hello: Request): Script {
  const { name } = (hello.params?.client ?? {}) as { name?: string };
  const conversation = all[Number(/^golden-(\d+)$/.exec(name ?? "")?.[1])];
  if (conversation === undefined) throw new Error(`no conversation is called ${name}`);
  const names = sample(conversation);
  const steps = conversation.steps.map(({ message }) => filled(message, names) as object);
  const script: Script = {
    file: conversation.file,
    client: clientOf(steps as Request[]),
    wrong: undefined,
    answer: (request, opening) => {
      const said = (steps.shift() ?? {}) as Request;
      const expected = { ...said, id: "*", params: said.params ?? {} };
      script.wrong ??= difference(expected, asSaid(request, said, opening), new Map());
      return steps.shift() ?? {};
    },
  };
  return script;
}

function clientOf(steps: readonly Request[]): string {
  const named = steps.find(({ method, params }) => takesClient.has(method) && params?.client !== undefined);
  return String(named?.params?.client ?? "1");
}

/** A client of `createClient` names itself in each request that may name one; a conversation does so only where it matters. */
function asSaid(request: Request, said: Request, opening: Opening): Request {
  if (opening === "hello" || !takesClient.has(request.method) || said.params?.client !== undefined) return request;
  const { client: _client, ...params } = request.params ?? {};
  return { ...request, params };
}

/** A value for every name of a conversation. */
export function sample({ steps }: Conversation): Map<string, unknown> {
  const found = JSON.stringify(steps).match(/\$[A-Za-z]+/g) ?? [];
  return new Map(found.map((name) => [name, `value of ${name.slice(1)}`]));
}

/** What a client has after a request of the conversation: the result, or the name of the error. */
export type Expected = { readonly result: unknown } | { readonly errorName: string };

export type Exchange = { readonly method: string; readonly params: object; readonly expected: Expected };

/** The requests of a conversation, each with what it brings. */
export function exchangesOf(conversation: Conversation): Exchange[] {
  const names = sample(conversation);
  return conversation.steps.flatMap((step, index) => {
    if (step.from !== "client") return [];
    const { method, params = {} } = filled(step.message, names) as { method: string; params?: object };
    const answer = filled(conversation.steps[index + 1]?.message, names) as Answer;
    const { error } = answer;
    const expected = error === undefined ? { result: answer.result } : { errorName: error.data.name };
    return [{ method, params, expected }];
  });
}

type Answer = { readonly result?: unknown; readonly error?: { readonly data: { readonly name: string } } };
