// A program that listens where the agent should be, and answers as a test says.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Request = { readonly id: number; readonly method: string; readonly params: Readonly<Record<string, unknown>> };

/** Text to send, or what else to do with the connection. Undefined says nothing. */
export type Reply = (request: Request, socket: Socket) => string | Buffer | undefined;

export type FakeAgent = {
  readonly home: string;
  readonly socket: string;
  readonly requests: Request[];
  close(): void;
};

export const result = (id: number, value: unknown): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, result: value })}\n`;

const FIRST: Readonly<Record<string, unknown>> = {
  "agent.hello": { protocol: 2, name: "postern", version: "0.1.0", features: [], limits: { lineBytes: 4_194_304 } },
  "agent.subscribe": {},
};

/** Listens in a new home. `reply` answers what the greeting and the subscription are not. */
export async function startFakeAgent(reply: Reply): Promise<FakeAgent> {
  const home = mkdtempSync(join(tmpdir(), "postern-f-"));
  const socket = join(home, "run", "agent.sock");
  mkdirSync(join(home, "run"), { mode: 0o700 });
  const requests: Request[] = [];
  const open = new Set<Socket>();
  const server: Server = createServer((connection) => {
    open.add(connection);
    connection.on("close", () => open.delete(connection));
    connection.on("error", () => connection.destroy());
    let text = "";
    connection.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
        const request = JSON.parse(text.slice(0, end)) as Request;
        text = text.slice(end + 1);
        requests.push(request);
        const first = FIRST[request.method];
        const answer = reply(request, connection) ?? (first === undefined ? undefined : result(request.id, first));
        if (answer !== undefined && !connection.destroyed) connection.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    home,
    socket,
    requests,
    close: () => {
      for (const connection of open) connection.destroy();
      server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The result of secrets.resolve. */
export const fresh = (secret: string) => ({ secret, concealed: true, cached: true, ageMs: 0, stale: false, tookUs: 1 });

export async function withAgent<T>(reply: Reply, work: (agent: FakeAgent) => Promise<T>): Promise<T> {
  const agent = await startFakeAgent(reply);
  try {
    return await work(agent);
  } finally {
    agent.close();
  }
}
