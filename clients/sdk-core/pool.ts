// Connections to the agent's door for the official SDKs. A connection carries one request at a time, so requests at once take several. Clients
// belong to the process, so any connection serves any client.
import { homedir } from "node:os";
import { dial } from "../typescript/dial.ts";
import { PROTOCOL } from "../typescript/generated-limits.ts";
import { socketPath } from "../typescript/generated-socket-path.ts";
import { AgentNotRunning, ConnectionLost } from "../typescript/local-error.ts";
import { startedAgent } from "../typescript/start-agent.ts";
import { type Lines, linesOver } from "./lines.ts";
import { VERSION } from "./version.ts";

/** Connections of one process at once. The agent has room for more, and others need room too. Further requests wait. */
export const CONNECTIONS_MAX = 16;

export type Kind = "init_client" | "invoke" | "release_client";

export type Pool = {
  /** Sends a request with its body, and returns the text of the answer. Throws texts, as the official core does. */
  ask(kind: Kind, body: string): Promise<string>;
};

export function createPool(): Pool {
  const idle: Lines[] = [];
  const waiting: (() => void)[] = [];
  let used = 0;

  async function turn(): Promise<void> {
    if (used >= CONNECTIONS_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
    else used++;
  }

  /** Hands the place to the next one that waits. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) used--;
    else next();
  }

  async function taken(kind: Kind): Promise<Lines> {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) if (kept.isOpen) return kept;
    try {
      return await connected();
    } catch (error) {
      // Only the first request of a client starts an agent. Later a person may have stopped it.
      if (!(error instanceof AgentNotRunning) || kind !== "init_client") throw error;
      return startedAgent(error, connected);
    }
  }

  async function answered(kind: Kind, body: string): Promise<string> {
    const lines = await taken(kind);
    const envelope = { kind, account_name: "", payload: Buffer.from(body).toString("base64") };
    const answer = await lines.ask(JSON.stringify(envelope));
    idle.push(lines);
    const { success, payload } = JSON.parse(answer) as { success: boolean; payload: number[] };
    const text = Buffer.from(payload).toString();
    if (!success) throw text;
    return text;
  }

  return {
    ask: async (kind, body) => {
      await turn();
      try {
        return await answered(kind, body);
      } catch (error) {
        throw typeof error === "string" ? error : failureOf(error);
      } finally {
        leave();
      }
    },
  };
}

async function connected(): Promise<Lines> {
  const where = { env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() };
  const lines = linesOver(await dial(socketPath(where)));
  const client = { name: "sdk-core", version: VERSION };
  const params = { protocol: PROTOCOL, client, door: "sdk" };
  const hello = JSON.parse(await lines.ask(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "agent.hello", params })));
  const { error } = hello as { error?: { message: string; data: { name: string } } };
  if (error === undefined) return lines;
  lines.close();
  throw JSON.stringify({ name: error.data.name, message: error.message });
}

/** An error on this side of the socket, in the form of the core's errors. */
function failureOf(error: unknown): string {
  const { name, message, hint } = error as Error & { hint?: string };
  const told = error instanceof ConnectionLost || hint === undefined ? message : `${message} (${hint})`;
  return JSON.stringify({ name, message: told });
}
