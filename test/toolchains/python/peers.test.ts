// The Python client with peers that behave badly, and with an agent of a later version: every call ends, and no text of a peer is shown.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { catalogue } from "../../../protocol/catalogue.ts";
import { type Answers, LATER, startFutureAgent } from "../../client/future-agent.ts";
import { clientSource, type Environment, pythonsHere, run } from "./environment.ts";

/** Characters after which a line counts as long. */
const PART = 100_000;

type Request = { readonly id: number; readonly method: string; readonly params: Readonly<Record<string, unknown>> };

/** What a peer does with a request. */
type Act = (request: Request, connection: number, peer: Socket) => void;

const [python] = pythonsHere();
const environment: Environment = { folder: tmpdir(), python: python?.program ?? "" };
const env = { PYTHONPATH: clientSource, PATH: process.env.PATH ?? "" };

let server: Server | undefined;
let folder: string;

afterEach(() => {
  server?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const answer = (peer: Socket, id: number, result: object) =>
  peer.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);

type Peer = { readonly socket: string; readonly asked: string[] };

/** Starts a peer that opens every client. `part` is called inside a long line. */
function startPeer(act: Act, part?: (peer: Socket) => void): Promise<Peer> {
  let asked = 0;
  return startAnyPeer((request, connection, peer) => {
    asked++;
    if (["agent.hello", "agent.subscribe", "clients.open", "clients.close"].includes(request.method))
      answer(peer, request.id, { client: String(asked) });
    else act(request, connection, peer);
  }, part);
}

/** Starts a peer. Returns its socket, and the methods that it was asked for. */
async function startAnyPeer(act: Act, part?: (peer: Socket) => void): Promise<Peer> {
  folder = mkdtempSync(join(tmpdir(), "postern-peer-"));
  const asked: string[] = [];
  let connections = 0;
  server = createServer((peer) => {
    const connection = ++connections;
    let held = "";
    peer.on("error", () => peer.destroy());
    peer.setEncoding("utf8").on("data", (text: string) => {
      const lines = (held + text).split("\n");
      held = lines.pop() ?? "";
      if (held.length > PART) part?.(peer);
      for (const line of lines) {
        const request = JSON.parse(line) as Request;
        asked.push(request.method);
        act(request, connection, peer);
      }
    });
  });
  const socket = join(folder, "s");
  await new Promise<void>((resolve) => server?.listen(socket, resolve));
  return { socket, asked };
}

/** What both clients print. */
async function outcomes(words: readonly string[]): Promise<unknown[]> {
  const { code, out, err } = await run(environment, ["peers.py", ...words], env);
  expect([code, err]).toEqual([0, ""]);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

const LOST =
  "ConnectionLost: the connection to the agent ended before it answered; look whether it was done before you ask again";

/** One byte more than an answer may have. */
const TOO_LONG = 64 * 1024 * 1024 + 1;

test.skipIf(python === undefined).each([
  ["no JSON", "s3cret\n"],
  ["JSON that is no object", '["s3cret"]\n'],
  ["no UTF-8", Buffer.from([0xff, 0xfe, 0x0a])],
  ["brackets without end", `${"[".repeat(200_000)}\n`],
  ["a line that is too long", Buffer.alloc(TOO_LONG, 0x61)],
])("a peer that sends %s ends the connection", async (_title, bytes) => {
  const { socket } = await startPeer((_request, _connection, peer) => peer.write(bytes));
  expect(await outcomes(["desktop", socket, "vaults.create"])).toEqual([[LOST], [LOST]]);
});

test.skipIf(python === undefined)(
  "a peer that ends in the middle of a request ends the connection, and nothing is printed",
  async () => {
    const { socket } = await startPeer(
      () => undefined,
      (peer) => peer.end(),
    );
    expect(await outcomes(["large", socket])).toEqual([[LOST], [LOST]]);
  },
);

test.skipIf(python === undefined)("an answer with values of other kinds ends its call alone", async () => {
  const { socket } = await startPeer(({ id }, _connection, peer) =>
    peer.write(`${JSON.stringify({ jsonrpc: "2.0", id, error: { code: "x", message: 7, data: [] } })}\n`),
  );
  const both = ["InternalError: ", "InternalError: "];
  expect(await outcomes(["desktop", socket, "vaults.create", "vaults.create"])).toEqual([both, both]);
});

test.skipIf(python === undefined)(
  "a lost read is repeated once on a new connection, and a lost write is not",
  async () => {
    const { socket } = await startPeer(({ id, method }, connection, peer) => {
      if (method === "vaults.create" || connection % 2 === 1) peer.destroy();
      else answer(peer, id, { connection });
    });
    // The second client begins with the fourth connection of the peer, since a lost write leaves none.
    const [first] = await outcomes(["desktop", socket, "vaults.list", "vaults.create"]);
    expect(first).toEqual([{ connection: 2 }, LOST]);
  },
);

test.skipIf(python === undefined)("a thread that gives up leaves the reading to another one", async () => {
  const waiting: number[] = [];
  const { socket } = await startPeer(({ id, method }, _connection, peer) => {
    if (method === "vaults.list") waiting.push(id);
    if (method !== "$/cancelRequest") return;
    for (const one of waiting) answer(peer, one, { vaults: [] });
  });
  const late = expect.stringMatching(/^TimedOut: no answer within 1 s; look with `postern status`/);
  expect(await outcomes(["leave", socket])).toEqual([[late, { vaults: [] }]]);
});

test.skipIf(python === undefined)("a token is presented again after a lock, and its old client is closed", async () => {
  const locked = new Set<number>();
  const { socket, asked } = await startPeer(({ id, params }, connection, peer) => {
    if (locked.has(connection)) return answer(peer, id, { client: params.client });
    locked.add(connection);
    const error = { code: 1102, message: "the account is locked", data: { name: "locked" } };
    return peer.write(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
  });
  const [first] = await outcomes(["token", socket, "secrets.resolve"]);
  expect(first).toEqual([{ client: "5" }]);
  const opening = ["agent.hello", "agent.subscribe", "clients.open"];
  const again = ["secrets.resolve", "clients.open", "clients.close", "secrets.resolve"];
  expect(asked).toEqual([...opening, ...again, ...opening, ...again]);
});

test.skipIf(python === undefined)(
  "a watch is opened again after a lost connection, and hears what came before its id",
  async () => {
    const tell = (peer: Socket, method: string, params: object) =>
      peer.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
    const { socket } = await startPeer(({ id }, connection, peer) => {
      const watch = `w${connection}`;
      if (connection % 2 === 1) {
        answer(peer, id, { watch });
        peer.end();
        return;
      }
      tell(peer, "secret.changed", { watch });
      answer(peer, id, { watch });
      tell(peer, "secret.ended", { watch, reason: "locked" });
    });
    const seen = [
      ["op://a/b/c", true],
      ["op://a/b/c", false],
      "the watch has ended: the account was locked; run `postern unlock`, and watch again",
    ];
    expect(await outcomes(["watch", socket])).toEqual([seen, seen]);
  },
);

test.skipIf(python === undefined)("words and fields of a later agent are kept, and go back as they came", async () => {
  const agent = await startFutureAgent({
    "secrets.resolveAll": () => ({
      outcomes: [catalogue["secrets.resolve"].example.result, { error: { name: LATER, message: "not of these days" } }],
    }),
  });
  const { code, out, err } = await run(environment, ["peers.py", "later", agent.socket], env);
  await agent.close();
  expect([code, err]).toEqual([0, ""]);
  const lines = [
    `DATABASE_URL ${LATER} ${LATER}`,
    "2",
    `['${LATER}']`,
    `['${LATER}']`,
    "['postgres://…', 'other']",
    "",
  ];
  expect(out.split("\n")).toEqual(lines);
  const put = agent.asked.find(({ method }) => method === "items.put");
  expect(put?.params).toMatchObject({ item: { category: LATER, [LATER]: expect.anything() } });
});

const hello = catalogue["agent.hello"].example.result as object;
const refusal = { code: -32602, message: "refused", data: { name: "invalidParams" } };

/** An agent from before the feature. */
const older = (features: readonly string[] | undefined): Answers => ({
  "agent.hello": () => ({ ...hello, features }),
  "clients.open": ({ waitForUnlock }) => (waitForUnlock === undefined ? { client: "1" } : refusal),
});

test.skipIf(python === undefined).each<[string, Answers, string, unknown[]]>([
  ["announces it", {}, "desktop", [true]],
  ["announces other features alone", older(["door"]), "desktop", [true, undefined]],
  ["announces nothing", older(undefined), "desktop", [true, undefined]],
  ["announces it, and the client has a token", {}, "token", [undefined]],
])("calls wait for an unlock as the agent knows how: one that %s", async (_title, answers, kind, sent) => {
  const agent = await startFutureAgent(answers);
  await outcomes([kind, agent.socket, "vaults.list"]);
  await agent.close();
  const opened = agent.asked.filter(({ method }) => method === "clients.open");
  expect(opened.map(({ params }) => params.waitForUnlock)).toEqual([...sent, ...sent]);
});

const OPENING = ["agent.hello", "agent.subscribe", "clients.open"];

test.skipIf(python === undefined)("a client is open after one round trip", async () => {
  let waiting: Request[] = [];
  const { socket, asked } = await startAnyPeer((request, _connection, peer) => {
    // Nothing is answered before all of it is there.
    waiting.push(request);
    if (request.method === "vaults.list") answer(peer, request.id, { vaults: [] });
    if (request.method !== "clients.open") return;
    for (const { id } of waiting) answer(peer, id, { client: "1" });
    waiting = [];
  });
  expect(await outcomes(["desktop", socket, "vaults.list"])).toEqual([[{ vaults: [] }], [{ vaults: [] }]]);
  expect(asked).toEqual([...OPENING, "vaults.list", ...OPENING, "vaults.list"]);
});

test.skipIf(python === undefined)("another protocol is told at once", async () => {
  const { socket } = await startAnyPeer(({ id, method }, _connection, peer) => {
    // An agent of that protocol may answer nothing more.
    if (method !== "agent.hello") return;
    const error = { code: 1005, message: "another protocol", data: { name: "protocolMismatch" } };
    peer.write(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
  });
  const told = "ProtocolMismatchError: another protocol";
  expect(await outcomes(["refused", socket])).toEqual([told, told]);
});
