// One bridge library in several processes and threads: forks, workers of Node, and programs that end in the middle of a call.
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildLibrary, cannotRun, hasPython, node, python } from "./bridge-host.ts";
import { envelope, newFolder, type Peer, removePeer, startPeer } from "./bridge-peer.ts";

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

describe.skipIf(cannotRun || !hasPython)("a fork", () => {
  test("opens a connection of its own, closes its copies, and leaves the parent's open", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
import os
print(send(b"parent")[0], flush=True)
child = os.fork()
if child == 0:
    copies = open_sockets()
    print(copies, send(b"child")[0], flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(send(b"parent again")[0])`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "0\n0 0\n0\n", err: "" });
    expect([peer.lines, peer.opened()]).toEqual([["parent", "child", "parent again"], 2]);
  });

  test("while other threads are in calls works in the child at once", async () => {
    let waiting = 0;
    peer = await startPeer((line) => (line === "wait" && ++waiting < 5 ? undefined : envelope(line)));
    // Four calls of the parent wait for good. The fifth is the child's.
    const program = `
import os, threading
for n in range(4): threading.Thread(target=send, args=(b"wait",), daemon=True).start()
while open_sockets() < 4: os.sched_yield()
child = os.fork()
if child == 0:
    print(open_sockets(), [send(b"child %d" % n)[0] for n in range(40)] == [0] * 40, flush=True)
    os._exit(0)
os.waitpid(child, 0)
os._exit(0)`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "0 True\n", err: "" });
    await peer.untilEnded(5);
  });

  test("of many processes at once gives each its own answers", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
import os
send(b"parent")
children = []
for n in range(32):
    child = os.fork()
    if child == 0:
        wrong = [m for m in range(10) if bytes(eval(send(b"%d %d" % (n, m))[1].replace("true", "1"))["payload"]) != b"%d %d" % (n, m)]
        os._exit(len(wrong))
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children] == [0] * 32)`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "True\n", err: "" });
    expect([peer.lines.length, peer.opened()]).toEqual([321, 33]);
  });
});

describe.skipIf(cannotRun || !hasPython)("a program", () => {
  test("that closes every descriptor and forks keeps in the child what it opened since", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
import os, socket
print(send(b"first")[0], flush=True)
os.closerange(3, 64)
pairs = [socket.socketpair() for n in range(8)]
child = os.fork()
if child == 0:
    for one, other in pairs:
        one.send(b"x")
        assert other.recv(1) == b"x"
    print("open", flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1])`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "0\nopen\n0\n", err: "" });
  });

  test.skipIf(process.getuid?.() !== 0)("that becomes another user uses no connection of the former one", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
import os
print(send(b"first")[0])
os.setuid(65534)
print(bytes(eval(send(b"second")[1].replace("false", "0"))["payload"]).decode())`;
    const ran = await python(library, at(peer), program);
    expect([ran.code, ran.err]).toEqual([0, ""]);
    expect(ran.out).toMatch(/^0\n.*socket is not trusted, so nothing was sent/);
    expect(peer.lines).toEqual(["first"]);
  });

  test("that closes every descriptor asks on a new connection, and no byte goes where the number leads now", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
import os, socket
print(send(b"first")[0])
os.closerange(3, 64)
ours, theirs = socket.socketpair()
others = [socket.socketpair() for n in range(8)]
print(send(b"second")[0])
for one, other in [(ours, theirs)] + others:
    one.setblocking(False); other.setblocking(False)
    for end in (one, other):
        try: print("got", end.recv(99))
        except BlockingIOError: pass`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "0\n0\n", err: "" });
    expect([peer.lines, peer.opened()]).toEqual([["first", "second"], 2]);
  });

  test("that is killed in the middle of a call ends its connection, so that the agent cancels the request", async () => {
    let pid = 0;
    peer = await startPeer(() => void process.kill(pid, "SIGKILL"));
    await node(library, at(peer), "send('x')", (started) => {
      pid = started;
    });
    await peer.untilEnded(1);
    expect(peer.lines).toEqual(["x"]);
  });

  test("gets its own signals during a call, and the call goes on", async () => {
    peer = await startPeer((_line, socket) => {
      // The answer comes in parts, each after another signal.
      const text = `${envelope('"whole"')}\n`;
      let at = 0;
      const more = () => {
        if (at < text.length) socket.write(text.slice(at, ++at), () => setImmediate(more));
      };
      more();
      return undefined;
    });
    const program = `
import signal
count = 0
def alarm(*_):
    global count
    count += 1
signal.signal(signal.SIGALRM, alarm)
signal.siginterrupt(signal.SIGALRM, True)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for n in range(50): assert send(b"x")[0] == 0
for n in range(3): assert send(b"y" * 5000000)[0] == 0
signal.setitimer(signal.ITIMER_REAL, 0)
print(count > 0)`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "True\n", err: "" });
  });
});

describe.skipIf(cannotRun)("workers of Node", () => {
  test("call at once with the main thread, and each gets its own answers", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
      const { Worker } = require("worker_threads");
      const work = (name) => Promise.all(Array.from({ length: 50 }, async (_, n) => {
        const answer = Buffer.from(JSON.parse(await send(name + n)).payload).toString();
        if (answer !== name + n) throw new Error("wrong answer");
      }));
      const load = ${JSON.stringify("const addon = { exports: {} }; process.dlopen(addon, process.env.BRIDGE); const send = async (text) => Buffer.from(await addon.exports.sendMessage(Buffer.from(text))).toString();")};
      const workers = ["a", "b", "c"].map((name) => new Promise((resolve, reject) => {
        const worker = new Worker(load + "(" + work + ")('" + name + "')", { eval: true });
        worker.on("error", reject).on("exit", resolve);
      }));
      Promise.all([work("main"), ...workers]).then(([, ...codes]) => console.log(codes));`;
    expect(await node(library, at(peer), program)).toEqual({ code: 0, out: "[ 0, 0, 0 ]\n", err: "" });
    expect(peer.lines).toHaveLength(200);
  });

  test("that end in the middle of calls end their connections, and the program goes on", async () => {
    const waiting: string[] = [];
    peer = await startPeer((line, socket) => {
      if (line === "main") return envelope(line);
      if (waiting.push(line) % 3 === 0) socket.write('{"success":');
      return undefined;
    });
    // The worker sends more calls than it has threads, and is stopped while they wait.
    const program = `
      const { Worker } = require("worker_threads");
      const text = ${JSON.stringify('const addon = { exports: {} }; process.dlopen(addon, process.env.BRIDGE); for (let n = 0; n < 40; n++) addon.exports.sendMessage(Buffer.from("wait")); require("worker_threads").parentPort.postMessage(1);')};
      const round = () => new Promise((resolve) => {
        const worker = new Worker(text, { eval: true });
        worker.on("message", () => worker.terminate().then(resolve));
      });
      (async () => {
        for (let n = 0; n < 10; n++) await round();
        console.log(JSON.parse(await send("main")).success);
      })();`;
    expect(await node(library, at(peer), program)).toEqual({ code: 0, out: "true\n", err: "" });
    await peer.untilEnded(peer.opened());
  });

  test("an exit in the middle of a call ends the program at once", async () => {
    peer = await startPeer(() => undefined);
    const ran = await node(library, at(peer), "send('x'); setImmediate(() => process.exit(7));");
    expect(ran).toEqual({ code: 7, out: "", err: "" });
  });
});
