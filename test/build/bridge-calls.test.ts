// Calls through the bridge library, from Python and from Node, to a peer on a real socket that plays the agent.
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildLibrary, cannotRun, hasPython, node, python, version } from "./bridge-host.ts";
import { envelope, newFolder, opened, type Peer, removePeer, startPeer } from "./bridge-peer.ts";

const MIB = 1024 * 1024;
/** Bytes of the longest line, request or answer. */
const LINE_BYTES_MAX = 72 * MIB;
const REQUEST = '{"kind":"invoke","account_name":"Ada","payload":"e30="}';

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
const quoted = (text: string) => JSON.stringify(text);
const printSent = (message: string) => `print(*send(${message}))`;

describe.skipIf(cannotRun || !hasPython)("from Python", () => {
  test("the request arrives as one line behind a hello, and the answer comes back as it is", async () => {
    peer = await startPeer(() => envelope('"hunter2"'));
    const ran = await python(library, at(peer), `${printSent(`b${quoted(REQUEST)}`)}`);
    expect(ran).toEqual({ code: 0, out: `0 ${envelope('"hunter2"')}\n`, err: "" });
    expect(peer.lines).toEqual([REQUEST]);
    const params = { protocol: 2, client: { name: "postern-bridge", version }, door: "sdk" };
    expect(peer.hellos.map((line) => JSON.parse(line))).toEqual([
      { jsonrpc: "2.0", id: 1, method: "agent.hello", params },
    ]);
  });

  test("calls one after another use one connection", async () => {
    peer = await startPeer((line) => envelope(line));
    const ran = await python(library, at(peer), "for n in range(50): assert send(b'%d' % n)[0] == 0");
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(peer.lines).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
    expect(peer.opened()).toBe(1);
  });

  test("a line feed within the message becomes a space", async () => {
    peer = await startPeer(() => envelope("1"));
    await python(library, at(peer), String.raw`send(b'\n{\n"kind":\n\n"invoke"}\n')`);
    expect(peer.lines).toEqual([' { "kind":  "invoke"} ']);
  });

  test("a line feed at every place around the border of a chunk becomes a space", async () => {
    peer = await startPeer((line) => envelope(`${line.length} ${line.indexOf(" ")} ${line.lastIndexOf(" ")}`));
    const program = `
for at in range(32766, 32771):
    answer = send(b'x' * at + b'\\n' + b'x' * (40000 - at - 1))[1]
    assert bytes(eval(answer.replace('true', '1').replace('success', 'payload', 1))['payload']).decode() == f'40000 {at} {at}', at
for size in (32767, 32768, 32769, 65535, 65536):
    assert send(b'x' * size)[0] == 0
`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "", err: "" });
    expect(peer.lines.slice(5).map((line) => Number(line.split("… ")[1]))).toEqual([32767, 32768, 32769, 65535, 65536]);
  });

  test("50 threads at once get each their own answer, over at most 32 connections, of which four stay", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
import threading
wrong = []
def ask(name):
    for n in range(20):
        text = f'{name}-{n}'
        code, answer = send(text.encode())
        if code != 0 or bytes(eval(answer.replace('true', '1'))['payload']) != text.encode(): wrong.append(text)
threads = [threading.Thread(target=ask, args=(n,)) for n in range(50)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong, open_sockets())
`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "[] 4\n", err: "" });
    expect(peer.lines).toHaveLength(1000);
  });

  test("more than 32 calls at once wait for one of the 32 connections", async () => {
    const held: (() => void)[] = [];
    let most = 0;
    // 32 calls are held until all of them are there. A call beyond them comes only after one of them has ended.
    peer = await startPeer((line, socket) => {
      held.push(() => socket.write(`${envelope(line)}\n`));
      most = Math.max(most, held.length);
      if (held.length === 32) for (const go of held.splice(0)) go();
      return undefined;
    });
    const program = `
import threading
done = []
threads = [threading.Thread(target=lambda: done.append(send(b'x')[0])) for n in range(64)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(done.count(0))
`;
    expect(await python(library, at(peer), program)).toEqual({ code: 0, out: "64\n", err: "" });
    expect(most).toBe(32);
  });

  test("a request of 72 MiB is sent, and one of a byte more is not", { timeout: 60_000 }, async () => {
    peer = await startPeer((line) => envelope(`${line.length}`));
    const program = `${printSent(`b'x' * ${LINE_BYTES_MAX}`)}\n${printSent(`b'x' * ${LINE_BYTES_MAX + 1}`)}`;
    const { out } = await python(library, at(peer), program);
    const [first = "", second = ""] = out
      .trim()
      .split("\n")
      .map((line) => line.replace(/^0 /, ""));
    expect(opened(first)).toEqual({ success: true, text: `${LINE_BYTES_MAX}` });
    expect(opened(second).success).toBe(false);
    expect(JSON.parse(opened(second).text)).toMatchObject({
      message:
        "the request is larger than 72 MiB, and was not sent; send less in one call, or use Postern's own client",
    });
    expect(peer.lines).toHaveLength(1);
  });

  test("an answer of 72 MiB arrives, and one of a byte more is refused with a reason", {
    timeout: 60_000,
  }, async () => {
    const frame = envelope("").length;
    peer = await startPeer(
      (line) => `{"success":true,"payload":[${" ".repeat(LINE_BYTES_MAX - frame + Number(line))}]}`,
    );
    const program = "for n in (b'0', b'1'):\n  code, answer = send(n)\n  print(code, len(answer), answer[:200])";
    const { out } = await python(library, at(peer), program);
    const [first = "", second = ""] = out.trim().split("\n");
    expect(first).toMatch(new RegExp(`^0 ${LINE_BYTES_MAX} `));
    expect(second).toMatch(/^0 \d{3,4} \{"success":false,"payload":\[/);
  });

  test("an empty request is refused with a reason", async () => {
    peer = await startPeer(() => envelope("1"));
    const { out } = await python(library, at(peer), printSent("b''"));
    expect(opened(out.slice(2)).text).toContain("the request is empty");
    expect(peer.opened()).toBe(0);
  });

  test("an answer is given back once, and nothing is too", async () => {
    const program = "library.op_sdk_ipc_free_response(None, 0, 0)\nprint('still here')";
    expect(await python(library, {}, program)).toEqual({ code: 0, out: "still here\n", err: "" });
  });
});

describe.skipIf(cannotRun)("from Node", () => {
  test("the promise gives the bytes of the answer", async () => {
    peer = await startPeer(() => envelope('"hunter2"'));
    const program = `
      const answer = addon.exports.sendMessage(Buffer.from(${quoted(REQUEST)}));
      answer.then((bytes) => console.log(answer instanceof Promise, bytes instanceof Uint8Array, Buffer.from(bytes).toString()));`;
    expect(await node(library, at(peer), program)).toEqual({
      code: 0,
      out: `true true ${envelope('"hunter2"')}\n`,
      err: "",
    });
    expect(peer.lines).toEqual([REQUEST]);
  });

  test("the message is that of the call, whatever the program writes into its buffer afterwards", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
      const bytes = Buffer.alloc(100_000, "a");
      const answer = addon.exports.sendMessage(bytes);
      bytes.fill("b");
      answer.then(() => console.log("done"));`;
    expect(await node(library, at(peer), program)).toMatchObject({ out: "done\n", err: "" });
    expect(peer.lines[0]?.slice(0, 4096)).toBe("a".repeat(4096));
  });

  test("300 calls at once get each their own answer", async () => {
    peer = await startPeer((line) => envelope(line));
    const program = `
      const asked = Array.from({ length: 300 }, (_, n) => send("n" + n));
      Promise.all(asked).then((all) => console.log(all.filter((answer, n) => Buffer.from(JSON.parse(answer).payload).toString() !== "n" + n)));`;
    expect(await node(library, at(peer), program)).toEqual({ code: 0, out: "[]\n", err: "" });
    expect(peer.lines).toHaveLength(300);
    expect(peer.opened()).toBeLessThanOrEqual(300);
  });

  test("calls that wait for a person do not hold up the program's files", async () => {
    const waiting: (() => void)[] = [];
    peer = await startPeer((line, socket) => {
      if (line === "wait") return void waiting.push(() => socket.write(`${envelope(line)}\n`));
      for (const go of waiting.splice(0)) go();
      return envelope(line);
    });
    // More calls than libuv has threads. Those that wait are answered only after the file was read.
    const program = `
      const all = Array.from({ length: 16 }, () => send("wait"));
      require("fs").promises.readFile("/proc/self/status").then(() => send("was read"));
      Promise.race(all).then(() => process.exit());`;
    expect(await node(library, at(peer), program)).toEqual({ code: 0, out: "", err: "" });
    expect(peer.lines).toContain("was read");
  });

  test("a message of 50 MiB arrives", { timeout: 60_000 }, async () => {
    peer = await startPeer((line) => envelope(`${line.length}`));
    const program = `send("x".repeat(${50 * MIB})).then(console.log)`;
    const { out } = await node(library, at(peer), program);
    expect(opened(out).text).toBe(`${50 * MIB}`);
  });

  test.each(["undefined", '"text"', "7", "null", "{}"])("sendMessage(%s) is a TypeError", async (argument) => {
    const program = `try { addon.exports.sendMessage(${argument}); } catch (error) { console.log(error.name, error.message); }`;
    expect(await node(library, {}, program)).toEqual({
      code: 0,
      out: "TypeError sendMessage takes a Buffer\n",
      err: "",
    });
  });

  test("a message beyond 72 MiB is answered with a reason, and not sent", { timeout: 60_000 }, async () => {
    peer = await startPeer(() => envelope("1"));
    const program = `addon.exports.sendMessage(Buffer.alloc(${LINE_BYTES_MAX + 1})).then((bytes) => console.log(Buffer.from(bytes).toString()))`;
    const { out } = await node(library, at(peer), program);
    expect(opened(out).text).toContain("the request is larger than 72 MiB");
    expect(peer.opened()).toBe(0);
  });
});
