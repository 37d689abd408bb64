// What goes wrong goes wrong alike: an agent that misbehaves, a socket that is none, an output that takes nothing, words that are no text. The native
// command gives the same bytes and the same exit code as the Node command.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRoot, NOBODY } from "../daemon/peer/children.ts";
import { type FakeAgent, fresh, type Reply, result, startFakeAgent, withAgent } from "./fake-agent.ts";
import { compiler, type How, makePair, type Pair, runIn } from "./stage.ts";

const REFERENCE = "op://Demo/DB/password";
const MIB = 1024 * 1024;

let pair: Pair;
beforeAll(() => {
  pair = makePair();
});
afterAll(() => pair.remove());

const answering =
  (value: (id: number) => string | Buffer | undefined): Reply =>
  ({ id, method }) =>
    method === "secrets.resolve" ? value(id) : undefined;

const line = (text: string) => (id: number) => `{"jsonrpc":"2.0","id":${id},"result":${text}}\n`;
const rest = '"concealed":true,"cached":true,"ageMs":0,"stale":false,"tookUs":1';

describe.skipIf(compiler === undefined)("an answer", () => {
  test.each<[string, (id: number) => string | Buffer, string]>([
    ["of some text", (id) => result(id, fresh("plain")), "plain"],
    ["of nothing", (id) => result(id, fresh("")), ""],
    [
      "with every escape",
      line(`{"secret":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00",${rest}}`),
      '"\\/\b\f\n\r\tAé€😀',
    ],
    ["with a zero byte", (id) => result(id, fresh("before\0behind")), "before\0behind"],
    ["in other scripts", (id) => result(id, fresh("日本語 ünï 😀")), "日本語 ünï 😀"],
    ["with keys that are not known yet", line(`{"new":[{"a":[1.5e-3,null]}],"secret":"x",${rest}}`), "x"],
    ["of 300,000 bytes", (id) => result(id, fresh("s".repeat(300_000))), "s".repeat(300_000)],
  ])("%s is written by the native command itself", async (_title, value, expected) => {
    await withAgent(answering(value), async ({ home }) => {
      const ended = await pair.both(home, ["read", REFERENCE]);
      expect(ended).toEqual({
        code: 0,
        signal: null,
        out: Buffer.from(expected).toString("latin1"),
        err: "",
        isNative: true,
      });
    });
  });

  test.each<[string, (id: number) => string | Buffer]>([
    ["of 1 MiB", (id) => result(id, fresh("s".repeat(MIB)))],
    ["of 4 MiB of digits", (id) => `${"7".repeat(4 * MIB)}\n${result(id, fresh("x"))}`],
    ["with half a pair of surrogates", line(`{"secret":"a\\ud800b",${rest}}`)],
    ["with bytes that are no UTF-8", (id) => Buffer.from(line(`{"secret":"a\xffb",${rest}}`)(id), "latin1")],
    ["with blanks", (id) => `{ "jsonrpc": "2.0", "id": ${id}, "result": ${JSON.stringify(fresh("x"))} }\n`],
    ["with a key twice", line(`{"secret":"a","secret":"b",${rest}}`)],
    ["with a key twice, once in escapes", line(`{"secret":"a","\\u0073ecret":"b",${rest}}`)],
    ["with two results", (id) => `{"jsonrpc":"2.0","id":${id},"result":{},"result":${JSON.stringify(fresh("x"))}}\n`],
    ["with a key in escapes", line(`{"\\u0073ecret":"x",${rest}}`)],
    ["from memory, while the service is away", (id) => result(id, { ...fresh("x"), stale: true, ageMs: 5 })],
    [
      "behind a notification",
      (id) => `{"jsonrpc":"2.0","method":"session.changed","params":{}}\n${result(id, fresh("x"))}`,
    ],
    ["behind an answer to another request", (id) => `${result(70, fresh("y"))}${result(id, fresh("x"))}`],
  ])("%s goes through the Node command", async (_title, value) => {
    await withAgent(answering(value), async ({ home }) => {
      expect(await pair.both(home, ["read", REFERENCE])).toMatchObject({ code: 0, isNative: false });
    });
  });

  const refusal = { code: 1203, message: "there is no item DB", data: { name: "itemNotFound", hint: "look" } };
  test.each<[string, Reply]>([
    ["is an error", answering((id) => `${JSON.stringify({ jsonrpc: "2.0", id, error: refusal })}\n`)],
    [
      "is cut off",
      ({ id, method }, socket) => {
        if (method === "secrets.resolve") socket.end(result(id, fresh("whole")).slice(0, 40));
        return undefined;
      },
    ],
    [
      "does not come, for the connection ends",
      ({ method }, socket) => {
        if (method === "secrets.resolve") socket.destroy();
        return undefined;
      },
    ],
    ["ends with the hello", (_request, socket) => void socket.destroy()],
    ["to the hello is an error", ({ id }) => `${JSON.stringify({ jsonrpc: "2.0", id, error: refusal })}\n`],
    ["is no JSON", answering(() => "no\n")],
    ["nests deeper than the stack", answering(() => `${"[".repeat(500_000)}\n`)],
  ])("that %s ends alike", async (_title, reply) => {
    await withAgent(reply, async ({ home }) => {
      const ended = await pair.both(home, ["read", REFERENCE]);
      expect(ended).toMatchObject({ out: "", isNative: false });
      expect(ended.code).not.toBe(0);
      expect(ended.err).toMatch(/^postern: /);
    });
  });

  test("that does not come is waited for by the Node command, which says so", async () => {
    const silent: Reply = ({ method }) => (method === "secrets.resolve" ? "" : undefined);
    await withAgent(silent, async ({ home, requests }) => {
      const ended = await runIn(home, [pair.whole.native, "read", REFERENCE], {
        during: (child) => {
          const look = setInterval(() => {
            const asked = requests.filter(({ method }) => method === "secrets.resolve");
            if (asked.length < 2) return;
            clearInterval(look);
            child.kill("SIGINT");
          }, 20);
        },
      });
      expect(ended).toMatchObject({ code: 130, signal: null, out: "" });
      const asked = requests.filter(({ method }) => method === "secrets.resolve");
      expect(asked.map(({ params }) => params.noWait)).toEqual([true, undefined]);
    });
  });
});

describe.skipIf(compiler === undefined)("an output", () => {
  const plain = answering((id) => result(id, fresh("s".repeat(100_000))));

  test.each<[string, string, boolean]>([
    ["that is closed", '"$@" >&-', false],
    ["that is closed, with its input", '"$@" <&- >&-', false],
    ["that is full", '"$@" >/dev/full', false],
    ["whose reader has gone", '{ "$@"; echo "$?" >&2; } | true', true],
    ["whose reader has gone, and SIGPIPE is ignored", 'trap "" PIPE; { "$@"; echo "$?" >&2; } | true', true],
    ["that is a file", '"$@" >out; cat out', true],
    ["beyond a limit of file sizes", 'ulimit -f 0; "$@" >out', false],
  ])("%s ends alike", async (_title, shell, isNative) => {
    await withAgent(plain, async ({ home }) => {
      expect(await pair.both(home, ["read", REFERENCE], { shell })).toMatchObject({ isNative });
    });
  });

  test("that ends in the middle has the exit code of the Node command", async () => {
    await withAgent(plain, async ({ home }) => {
      // 8 blocks of 512 bytes.
      const how = { shell: 'ulimit -f 8; "$@" >out' };
      const node = await runIn(home, [pair.whole.node, "read", REFERENCE], how);
      const native = await runIn(home, [pair.whole.native, "read", REFERENCE], how);
      expect([node.code, native.code, native.err]).toEqual([1, 1, ""]);
      expect(node.err).toContain("stdout could not be written (EFBIG)");
    });
  });
});

describe.skipIf(compiler === undefined)("words", () => {
  const echo: Reply = ({ id, method, params }) =>
    method === "secrets.resolve" ? result(id, fresh(JSON.stringify(params.reference))) : undefined;
  /** Words that the shell makes, since Node cannot pass on bytes that are no text. */
  const shellWords = (words: string) => ({ shell: `exec "$1" ${words}` });

  test.each<[string, readonly string[], How, boolean]>([
    ["a reference with quotes and controls", ["read", 'op://D/"\\\t\u0001/é😀'], {}, true],
    ["a reference of 4 KiB", ["read", `op://D/${"x".repeat(4000)}`], {}, true],
    ["a reference of 64 kB", ["read", `op://D/${"x".repeat(64_000)}`], {}, false],
    ["bytes that are no UTF-8", [], shellWords(`read "$(printf 'op://D/\\377/x')"`), false],
    ["an overlong form", [], shellWords(`read "$(printf 'op://D/\\300\\257/x')"`), false],
    ["a surrogate in bytes", [], shellWords(`read "$(printf 'op://D/\\355\\240\\200/x')"`), false],
    ["no word", [], {}, false],
    ["read and nothing", ["read"], {}, false],
    ["an empty reference", ["read", ""], {}, false],
    ["an option that is none", ["read", "-x"], {}, false],
    ["two references", ["read", REFERENCE, REFERENCE], {}, false],
    ["an option behind", ["read", REFERENCE, "--no-newline"], {}, false],
    ["--json before", ["--json", "read", REFERENCE], {}, false],
    ["the version", ["--version"], {}, true],
    ["the version and more", ["--version", "read"], {}, false],
    ["the short version", ["-V"], {}, false],
    ["a command that is none", ["raed", REFERENCE], {}, false],
    [
      "the name of a service account's token, empty",
      ["read", REFERENCE],
      { env: { POSTERN_SERVICE_ACCOUNT_TOKEN: "" } },
      false,
    ],
    [
      "the other token's name, with another's token",
      ["read", REFERENCE],
      { env: { OP_SERVICE_ACCOUNT_TOKEN: "ops_x" } },
      false,
    ],
    ["an empty account", ["read", REFERENCE], { env: { POSTERN_ACCOUNT: "" } }, false],
    ["options for Node", ["read", REFERENCE], { env: { NODE_OPTIONS: "--require=/nonexistent" } }, true],
  ])("%s give the same", async (_title, words, how, isNative) => {
    await withAgent(echo, async ({ home }) => {
      const ended = await pair.both(home, words, how);
      expect(ended.isNative).toBe(isNative);
    });
  });
});

describe.skipIf(compiler === undefined)("a socket", () => {
  let folder: string;
  let agent: FakeAgent;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "postern-s-"));
    agent = await startFakeAgent(answering((id) => result(id, fresh("from the socket"))));
    mkdirSync(join(folder, "file"), { mode: 0o700 });
    writeFileSync(join(folder, "file", "agent.sock"), "");
    mkdirSync(join(folder, "link"), { mode: 0o700 });
    symlinkSync(agent.socket, join(folder, "link", "agent.sock"));
    symlinkSync(join(agent.home, "run"), join(folder, "to-folder"));
    for (const [name, mode] of [
      ["open", 0o755],
      ["others", 0o700],
    ] as const) {
      mkdirSync(join(folder, name));
      const server = createServer().listen(join(folder, name, "agent.sock"));
      await new Promise((resolve) => server.once("listening", resolve));
      server.unref();
      chmodSync(join(folder, name), mode);
    }
    if (isRoot) chownSync(join(folder, "others"), NOBODY, NOBODY);
  });
  afterAll(() => {
    agent.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each<[string, (home: string) => Record<string, string>, boolean]>([
    ["in the home of the variable", (home) => ({ POSTERN_HOME: home }), true],
    ["in a variable of its own", () => ({ POSTERN_SOCKET: agent.socket }), true],
    ["in the runtime folder", (home) => ({ POSTERN_HOME: "", XDG_RUNTIME_DIR: home }), false],
    ["with a slash behind it", () => ({ POSTERN_SOCKET: `${agent.socket}/` }), false],
    ["behind a link", () => ({ POSTERN_SOCKET: join(folder, "link", "agent.sock") }), false],
    ["in a folder behind a link", () => ({ POSTERN_SOCKET: join(folder, "to-folder", "agent.sock") }), false],
    ["that is a plain file", () => ({ POSTERN_SOCKET: join(folder, "file", "agent.sock") }), false],
    ["in a folder that is open to others", () => ({ POSTERN_SOCKET: join(folder, "open", "agent.sock") }), false],
    ["in a folder of another owner", () => ({ POSTERN_SOCKET: join(folder, "others", "agent.sock") }), false],
    ["at a relative path", () => ({ POSTERN_SOCKET: "run/agent.sock" }), false],
    ["at an empty path", () => ({ POSTERN_SOCKET: "" }), false],
    ["at a path that is too long", () => ({ POSTERN_SOCKET: `/tmp/${"x".repeat(200)}/agent.sock` }), false],
  ])("%s ends alike", async (_title, env, isNative) => {
    const ended = await pair.both(agent.home, ["read", REFERENCE], { env: env(agent.home) });
    expect(ended.isNative).toBe(isNative);
    if (isNative) expect(ended.out).toBe("from the socket");
  });

  test("in the runtime folder, and below the home, is found without a variable of ours", async () => {
    const runtime = mkdtempSync(join(tmpdir(), "postern-x-"));
    symlinkSync(join(agent.home, "run"), join(runtime, ".postern"));
    for (const env of [{ HOME: runtime, XDG_RUNTIME_DIR: "relative" }, { HOME: runtime }]) {
      // A folder behind a link is not trusted: what matters is that both look in one place.
      const ended = await pair.both(agent.home, ["read", REFERENCE], { env: { POSTERN_HOME: undefined, ...env } });
      expect(ended.err).toContain("its folder");
    }
    rmSync(runtime, { recursive: true });
  });
});
