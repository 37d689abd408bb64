// What a program learns where the agent is not there, goes away, or does not take the bridge.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildLibrary, cannotRun, hasPython, node, python } from "./bridge-host.ts";
import { envelope, newFolder, opened, type Peer, removePeer, startPeer } from "./bridge-peer.ts";

let folder: string;
let library: string;
let peer: Peer | undefined;

beforeAll(() => {
  folder = newFolder();
  if (!cannotRun) library = buildLibrary(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  if (peer !== undefined) await removePeer(peer);
  peer = undefined;
});

const at = (here: Peer) => ({ POSTERN_SOCKET: here.path });
const SEND = "print(*send(b'x'))";
const NODE_SEND = "send('x').then(console.log, (error) => console.log(error.name, error.message))";

/** The reason in an answer of the bridge's own. It is what the official clients show. */
function reasonIn(out: string): string {
  const { success, text } = opened(out.replace(/^0 /, ""));
  expect(success).toBe(false);
  // The JavaScript client reads such a text byte by byte.
  expect(text).toMatch(/^[ -~]+$/);
  return (JSON.parse(text) as { message: string }).message;
}

const noAgents: readonly (readonly [string, () => string])[] = [
  ["no socket", () => join(folder, "none.sock")],
  ["no folder", () => join(folder, "no", "agent.sock")],
  ["a file in the folder's place", () => join(library, "agent.sock")],
];

describe.skipIf(cannotRun || !hasPython).each(noAgents)("with %s", (_what, path) => {
  test("the code is -2, and Node's error says how to start the agent", async () => {
    const env = { POSTERN_SOCKET: path() };
    expect(await python(library, env, SEND)).toEqual({ code: 0, out: "-2 None\n", err: "" });
    const out = "Error no Postern agent is running; start it with `postern agent start`\n";
    expect(await node(library, env, NODE_SEND)).toEqual({ code: 0, out, err: "" });
  });
});

test.skipIf(cannotRun || !hasPython)("a socket that an agent left behind is code -2", async () => {
  const program = `
import socket
left = socket.socket(socket.AF_UNIX)
os.umask(0o77)
left.bind(os.environ["POSTERN_SOCKET"])
left.close()
${SEND}`;
  const env = { POSTERN_SOCKET: join(folder, "left.sock") };
  expect(await python(library, env, `import os${program}`)).toEqual({ code: 0, out: "-2 None\n", err: "" });
});

const ends: readonly (readonly [string, string])[] = [
  ["before it answers", ""],
  ["in the middle of its answer", '{"success":true,"payl'],
];

describe.skipIf(cannotRun || !hasPython)("an agent that goes away", () => {
  test.each(ends)("%s is code -5, and nothing is sent twice", async (_when, half) => {
    peer = await startPeer((_line, socket) => void socket.end(half));
    expect(await python(library, at(peer), SEND)).toEqual({ code: 0, out: "-5 None\n", err: "" });
    expect(await node(library, at(peer), NODE_SEND)).toMatchObject({
      out: expect.stringContaining("Error the connection to the Postern agent ended"),
    });
    expect(peer.lines).toEqual(["x", "x"]);
  });

  test("before it answers the hello is code -5", async () => {
    peer = await startPeer(() => envelope("1"), { hello: (_line, socket) => void socket.end() });
    expect(await python(library, at(peer), SEND)).toEqual({ code: 0, out: "-5 None\n", err: "" });
    expect(peer.opened()).toBe(1);
  });

  test("on a connection that was open before, and after it has read the request, is code -5", async () => {
    peer = await startPeer((line, socket) => (line === "first" ? envelope("1") : void socket.end()));
    const ran = await python(library, at(peer), `print(send(b"first")[0])\n${SEND}`);
    expect(ran).toEqual({ code: 0, out: "0\n-5 None\n", err: "" });
    expect(peer.lines).toEqual(["first", "x"]);
  });

  test("between two calls is not seen: the second call uses a new connection", async () => {
    const first = await startPeer(() => envelope("1"));
    let second: Peer | undefined;
    // The program connects here between its calls, and goes on when the agent was restarted.
    const restart = createServer(async (socket) => {
      await first.close();
      second = await startPeer(() => envelope("2"), { path: first.path });
      socket.end();
    });
    const place = join(folder, "restart.sock");
    await new Promise<void>((resolve) => restart.listen(place, resolve));
    const program = `
import socket
print(*send(b"first"))
restart = socket.socket(socket.AF_UNIX)
restart.connect(${JSON.stringify(place)})
restart.recv(1)
print(*send(b"second"))`;
    const out = `0 ${envelope("1")}\n0 ${envelope("2")}\n`;
    expect(await python(library, at(first), program)).toEqual({ code: 0, out, err: "" });
    expect([first.lines, second?.lines]).toEqual([["first"], ["second"]]);
    peer = second;
    await new Promise((resolve) => restart.close(resolve));
  });

  test("while it has read a part of a long request only, is asked once more on a new connection", async () => {
    let left = 1;
    peer = await startPeer((line) => envelope(`${line.length}`), {
      part: (socket) => {
        if (left-- > 0) socket.destroy();
      },
    });
    const program = `print(send(b"first")[0])\nprint(send(b"x" * 10000000)[0])`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "0\n0\n", err: "" });
    expect(peer.lines.map((line) => line.split("… ")[1])).toEqual([undefined, "10000000"]);
    expect(peer.opened()).toBe(2);
  });

  test("a second time in the same place is code -5", async () => {
    peer = await startPeer((line) => envelope(`${line.length}`), { part: (socket) => socket.destroy() });
    const program = `print(send(b"first")[0])\nprint(send(b"x" * 10000000)[0])`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "0\n-5\n", err: "" });
    expect([peer.lines, peer.opened()]).toEqual([["first"], 2]);
  });
});

/** Bytes of the longest answer to a hello. */
const HELLO_BYTES_MAX = 64 * 1024;

/** An accepting answer of so many bytes. */
function helloOf(bytes: number): string {
  const [before, after] = ['{"jsonrpc":"2.0","id":1,"x":"', '","result":{}}'];
  return before + "x".repeat(bytes - before.length - after.length) + after;
}

const hellos: readonly (readonly [string, string])[] = [
  [
    "another protocol",
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32010,"message":"other","data":{"name":"protocolMismatch"}}}',
  ],
  [
    "a door it does not know",
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid","data":{"result":{}}}}',
  ],
  ["a text that only tells of a result", '{"jsonrpc":"2.0","id":1,"note":"result","more":"\\"result\\":1"}'],
  ["no JSON at all", "hello"],
  ["two lines", '{"jsonrpc":"2.0","id":1,"result":{}}\n{"jsonrpc":"2.0"}'],
  ["a line that is a byte too long", helloOf(HELLO_BYTES_MAX + 1)],
];

describe.skipIf(cannotRun || !hasPython).each(hellos)("an agent that answers the hello with %s", (_what, hello) => {
  test("gets no request, and the program learns what to do", async () => {
    peer = await startPeer(() => envelope("1"), { hello });
    const reason =
      "the Postern agent refused its bridge library, which may be of another version; run `postern agent restart`, and `postern bridge install` as root";
    expect(reasonIn((await python(library, at(peer), SEND)).out)).toBe(reason);
    expect(reasonIn((await node(library, at(peer), NODE_SEND)).out)).toBe(reason);
    expect(peer.lines).toEqual([]);
  });
});

const accepted: readonly (readonly [string, string])[] = [
  ["of 64 KiB", helloOf(HELLO_BYTES_MAX)],
  ["in another order", '{"result":{"protocol":2},"id":1,"jsonrpc":"2.0"}'],
  [
    "with brackets and quotes in its texts",
    '{"jsonrpc":"2.0","note":"}]\\"{\\\\","list":[[{"result":1}]],"id":1,"result":{}}',
  ],
];

test.skipIf(cannotRun || !hasPython).each(accepted)("a hello's answer %s is accepted", async (_what, hello) => {
  peer = await startPeer(() => envelope("1"), { hello });
  expect(await python(library, at(peer), SEND)).toMatchObject({ out: `0 ${envelope("1")}\n` });
});

const others = [
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}',
  "",
  "null",
  `${envelope("1")}\n${envelope("2")}`,
];

test.skipIf(cannotRun || !hasPython).each(others)(
  "an answer that is no envelope is refused with a reason: %j",
  async (answer) => {
    peer = await startPeer(() => answer);
    expect(reasonIn((await python(library, at(peer), SEND)).out)).toBe(
      "the Postern agent sent something else than an answer; run `postern agent restart`",
    );
    await peer.untilEnded(1);
  },
);
