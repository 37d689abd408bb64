// The deadline and the signal of a call hold in all of its steps, and a program ends after them. A peer plays an agent that stops to answer.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient, DesktopAuth, errors, type OpenClient, TimedOut } from "../../clients/typescript/client.ts";
import { limits } from "../../protocol/limits.ts";

const DEADLINE_MS = 200;

let folder: string;
let socket: string;
let server: Server;
let asked: string[];
let peers: Socket[];
let answers: (connection: number, method: string) => "yes" | "no" | "end";

const whole = ["agent.hello", "agent.subscribe", "clients.open"];
/** Opens a client, and answers nothing else. */
const opensOnly = (_connection: number, method: string) => (whole.includes(method) ? "yes" : "no");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-late-"));
  socket = join(folder, "s");
  asked = [];
  peers = [];
  answers = opensOnly;
  server = createServer((peer) => {
    const connection = peers.push(peer);
    let held = "";
    peer.on("error", () => peer.destroy());
    peer.setEncoding("utf8").on("data", (text: string) => {
      const lines = (held + text).split("\n");
      held = lines.pop() ?? "";
      for (const line of lines) {
        const { id, method } = JSON.parse(line) as { id: number; method: string };
        asked.push(method);
        const answer = answers(connection, method);
        if (answer === "end") peer.destroy();
        if (answer === "yes") peer.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: { client: "1" } })}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});
afterEach(() => {
  server.close();
  for (const peer of peers) peer.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const opened = (): Promise<OpenClient> => createClient({ auth: new DesktopAuth("Ada"), socket });

/** The second connection is never answered, and the first one ends at the first call. */
const goesAway = (connection: number, method: string) =>
  connection === 1 ? (whole.includes(method) ? "yes" : "end") : "no";

test("a deadline holds while the client connects again", async () => {
  answers = goesAway;
  const client = await opened();
  const late = client.secrets.resolve("op://a/b/c", { deadlineMs: DEADLINE_MS });
  await expect(late).rejects.toBeInstanceOf(TimedOut);
  expect(asked).toEqual([...whole, "secrets.resolve", ...whole]);
  client.close();
});

test("a signal holds while the client connects again", async () => {
  answers = goesAway;
  const client = await opened();
  const stop = new AbortController();
  const stopped = client.secrets.resolve("op://a/b/c", { signal: stop.signal });
  await expect.poll(() => peers.length).toBe(2);
  stop.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
  client.close();
});

test("a signal holds beside a deadline", async () => {
  const client = await opened();
  const stop = new AbortController();
  const stopped = client.secrets.resolve("op://a/b/c", { signal: stop.signal, deadlineMs: 60_000 });
  stop.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
  const again = client.secrets.resolve("op://a/b/c", { signal: stop.signal, deadlineMs: 60_000 });
  await expect(again).rejects.toThrow("enough");
  client.close();
});

test("a program whose call met its deadline ends by itself", async () => {
  const program = fileURLToPath(new URL("./programs/late.ts", import.meta.url));
  const words = ["--no-warnings", program, socket, String(DEADLINE_MS)];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"], timeout: 20_000 });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  expect([code, out]).toEqual([0, "TimedOut\n"]);
});

test("a request that is too long is refused here, and the connection goes on", async () => {
  answers = () => "yes";
  const client = await opened();
  const rest = JSON.stringify({ jsonrpc: "2.0", id: 4, method: "vaults.get", params: { vaultId: "", client: "1" } });
  const vaultId = "é".repeat((limits.lineBytes - rest.length) / 2);
  const spare = "a".repeat(limits.lineBytes - rest.length - Buffer.byteLength(vaultId));
  await client.call("vaults.get", { vaultId: vaultId + spare });
  await expect(client.call("vaults.get", { vaultId: `${vaultId}${spare}a` })).rejects.toBeInstanceOf(
    errors.LineTooLongError,
  );
  await client.call("vaults.list", {});
  expect(asked).toEqual([...whole, "vaults.get", "vaults.list"]);
  expect(peers.length).toBe(1);
  client.close();
});
