// All that opens a client leaves in one write. So a client is open after one round trip.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createClient, DesktopAuth, errors } from "../../clients/typescript/client.ts";

type Request = { readonly id: number; readonly method: string };

let folder: string;
let server: Server;
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a peer. It is told of each request. */
async function startPeer(asked: (request: Request, peer: Socket) => void): Promise<string> {
  folder = mkdtempSync(join(tmpdir(), "postern-open-"));
  const socket = join(folder, "s");
  server = createServer((peer) => {
    let held = "";
    peer.on("error", () => peer.destroy());
    peer.setEncoding("utf8").on("data", (text: string) => {
      const lines = (held + text).split("\n");
      held = lines.pop() ?? "";
      for (const line of lines) asked(JSON.parse(line) as Request, peer);
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return socket;
}

const say = (peer: Socket, message: object) => peer.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

test("a peer that answers nothing before it has all three opens the client", async () => {
  const waiting: Request[] = [];
  const socket = await startPeer((request, peer) => {
    waiting.push(request);
    if (request.method === "clients.open") for (const { id } of waiting) say(peer, { id, result: { client: "1" } });
  });
  const client = await createClient({ auth: new DesktopAuth(), socket });
  client.close();
  expect(waiting.map(({ method }) => method)).toEqual(["agent.hello", "agent.subscribe", "clients.open"]);
});

test.each<[string, boolean]>([
  ["refuses the rest first", true],
  ["answers nothing more", false],
])("another protocol is told at once by an agent that %s", async (_title, refuses) => {
  const socket = await startPeer(({ id, method }, peer) => {
    const refuse = (name: string) => say(peer, { id, error: { code: 1, message: name, data: { name } } });
    if (method === "agent.hello") setImmediate(() => refuse("protocolMismatch"));
    else if (refuses) refuse("signedOut");
  });
  const opened = createClient({ auth: new DesktopAuth(), socket });
  await expect(opened).rejects.toBeInstanceOf(errors.ProtocolMismatchError);
});
