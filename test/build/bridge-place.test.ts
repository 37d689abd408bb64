// Where the bridge library looks for the agent's socket, and which sockets it refuses before it sends a byte.
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { SOCKET_PATH_BYTES_LINUX, socketPath, UnusablePath } from "../../protocol/socket-path.ts";
import {
  buildLibrary,
  cannotRun,
  type Environment,
  hasPython,
  ownCompiler,
  python,
  startProgram,
} from "./bridge-host.ts";
import { envelope, newFolder, opened, type Peer, removePeer, startPeer } from "./bridge-peer.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

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

const SEND = "print(*send(b'x'))";

/** Variables, and the path that the rule makes of them. Undefined where it refuses them. */
function surroundings(): { env: Environment; expected: string | undefined }[] {
  const a = join(folder, "a");
  const b = join(folder, "b");
  const long = `/${"x".repeat(SOCKET_PATH_BYTES_LINUX)}`;
  const environments: Environment[] = [
    { POSTERN_SOCKET: join(a, "s.sock") },
    { POSTERN_SOCKET: join(a, "s.sock"), POSTERN_HOME: b, XDG_RUNTIME_DIR: b, HOME: b },
    { POSTERN_HOME: a },
    { POSTERN_HOME: `${a}//` },
    { POSTERN_HOME: a, XDG_RUNTIME_DIR: b, HOME: b },
    { XDG_RUNTIME_DIR: a, HOME: b },
    { XDG_RUNTIME_DIR: `${a}/`, HOME: b },
    { XDG_RUNTIME_DIR: "relative", HOME: a },
    { XDG_RUNTIME_DIR: "", HOME: a },
    { XDG_RUNTIME_DIR: "/run/user/4294967000", HOME: a },
    { XDG_RUNTIME_DIR: "/run/user/4294967000/", HOME: a },
    { HOME: a },
    { POSTERN_SOCKET: "", HOME: a },
    { POSTERN_SOCKET: " ", HOME: a },
    { POSTERN_SOCKET: "relative.sock", HOME: a },
    { POSTERN_HOME: "", HOME: a },
    { POSTERN_HOME: "relative", HOME: a },
    { POSTERN_SOCKET: long, HOME: a },
    { POSTERN_HOME: long, HOME: a },
    { XDG_RUNTIME_DIR: long, HOME: a },
    { HOME: long },
  ];
  return environments.map((env) => ({ env, expected: pathOf(env) }));
}

/** The rule itself. */
function pathOf(env: Environment): string | undefined {
  try {
    return socketPath({ platform: "linux", env, home: env.HOME ?? userInfo().homedir, uid: process.getuid?.() });
  } catch (error) {
    if (error instanceof UnusablePath) return undefined;
    throw error;
  }
}

describe.skipIf(cannotRun || !hasPython)("the place of the socket", () => {
  test("is that of protocol/socket-path.ts in every case, refusals too", { timeout: 60_000 }, async () => {
    for (const { env, expected } of surroundings()) {
      if (expected === undefined) {
        const { out } = await python(library, env, SEND);
        expect(opened(out.slice(2)).text).toContain("the place of the Postern agent's socket cannot be used");
        continue;
      }
      // First nobody is there, and then a peer at exactly this place.
      expect([env, (await python(library, env, SEND)).out]).toEqual([env, "-2 None\n"]);
      mkdirSync(join(expected, ".."), { recursive: true, mode: 0o700 });
      peer = await startPeer(() => envelope("1"), { path: expected });
      expect([env, (await python(library, env, SEND)).out]).toEqual([env, `0 ${envelope("1")}\n`]);
      await removePeer(peer);
      peer = undefined;
    }
  });

  test(`of ${SOCKET_PATH_BYTES_LINUX} bytes works, and a byte more is refused`, async () => {
    const path = `${folder}/`.padEnd(SOCKET_PATH_BYTES_LINUX, "x");
    peer = await startPeer(() => envelope("1"), { path });
    expect((await python(library, { POSTERN_SOCKET: path }, SEND)).out).toBe(`0 ${envelope("1")}\n`);
    const { out } = await python(library, { POSTERN_SOCKET: `${path}x` }, SEND);
    expect(opened(out.slice(2)).text).toContain("must be shorter than 108 bytes");
    await peer.close();
    peer = undefined;
  });

  test("is that of the user's entry where HOME is not set", async () => {
    const program = "import os, pwd\nassert 'HOME' not in os.environ\nprint(send(b'x')[0])";
    // Nobody has no agent there, and no folder either.
    const words = isRoot ? `os.setgroups([]); os.setgid(${NOBODY}); os.setuid(${NOBODY})` : "pass";
    expect((await python(library, { HOME: undefined }, `import os\n${words}\n${program}`)).out).toBe("-2\n");
  });

  test("is looked up anew at each call", async () => {
    peer = await startPeer(() => envelope("1"));
    const other = await startPeer(() => envelope("2"));
    const program = `
import os
for path in (${JSON.stringify(peer.path)}, ${JSON.stringify(other.path)}) * 3:
    os.environ["POSTERN_SOCKET"] = path
    print(*send(b"x"))`;
    const both = `0 ${envelope("1")}\n0 ${envelope("2")}\n`;
    expect(await python(library, {}, program)).toEqual({ code: 0, out: both.repeat(3), err: "" });
    await removePeer(other);
  });
});

type Change = (path: string, folder: string) => void;

/** What makes a socket untrusted. */
const changes: readonly (readonly [string, Change, boolean])[] = [
  ["a folder that a group may enter", (_path, at) => chmodSync(at, 0o710), false],
  ["a folder that others may write to", (_path, at) => chmodSync(at, 0o702), false],
  ["a socket that a group may use", (path) => chmodSync(path, 0o660), false],
  ["a socket that others may use", (path) => chmodSync(path, 0o602), false],
  ["a folder of another user", (_path, at) => chownSync(at, NOBODY, NOBODY), true],
  ["a socket of another user", (path) => chownSync(path, NOBODY, NOBODY), true],
];

describe.skipIf(cannotRun || !hasPython)("nothing is sent to", () => {
  async function refused(env: Environment): Promise<void> {
    const { out } = await python(library, env, SEND);
    const { success, text } = opened(out.slice(2));
    expect([success, text]).toEqual([
      false,
      expect.stringContaining("the Postern agent's socket is not trusted, so nothing was sent"),
    ]);
  }

  test.each(changes.filter(([, , needsRoot]) => isRoot || !needsRoot))("%s", async (_what, change) => {
    peer = await startPeer(() => envelope("1"));
    change(peer.path, join(peer.path, ".."));
    await refused({ POSTERN_SOCKET: peer.path });
    expect(peer.opened()).toBe(0);
  });

  test("a link to a socket, and a link to its folder", async () => {
    peer = await startPeer(() => envelope("1"));
    const link = join(folder, "link.sock");
    symlinkSync(peer.path, link);
    await refused({ POSTERN_SOCKET: link });
    symlinkSync(join(peer.path, ".."), join(folder, "link"));
    await refused({ POSTERN_SOCKET: join(folder, "link", "agent.sock") });
    expect(peer.opened()).toBe(0);
  });

  test("a file and a folder in the socket's place", async () => {
    writeFileSync(join(folder, "file.sock"), "", { mode: 0o600 });
    mkdirSync(join(folder, "folder.sock"), { mode: 0o700 });
    for (const name of ["file.sock", "folder.sock"]) await refused({ POSTERN_SOCKET: join(folder, name) });
  });

  test.skipIf(!isRoot)("a socket of ours on which another user listens", async () => {
    const path = join(folder, "listened.sock");
    const program = `
import os, socket
listener = socket.socket(socket.AF_UNIX)
os.umask(0o77)
listener.bind(${JSON.stringify(path)})
os.seteuid(${NOBODY})
listener.listen()
os.seteuid(0)
${SEND}
peer, _ = listener.accept()
assert peer.recv(1) == b""`;
    const { out, err } = await python(library, { POSTERN_SOCKET: path }, program);
    expect([opened(out.slice(2)).text, err]).toEqual([expect.stringContaining("is not trusted"), ""]);
  });

  test.skipIf(!isRoot)(
    "the place of a variable, where the program runs with other rights than its starter",
    async () => {
      const source = `
      #include <dlfcn.h>
      #include <stdint.h>
      #include <stdio.h>
      int main(int count, char **words) {
        uint8_t *answer; size_t size, capacity;
        void *library = dlopen(words[count - 1], RTLD_NOW);
        int32_t (*send)(const char *, size_t, uint8_t **, size_t *, size_t *) = dlsym(library, "op_sdk_ipc_send_message");
        printf("%d", send("x", 1, &answer, &size, &capacity));
      }`;
      const program = join(folder, "host");
      execFileSync(ownCompiler ?? "", ["-x", "c", "-", "-ldl", "-o", program], { input: source });
      chmodSync(folder, 0o755);
      const here = await startPeer(() => envelope("1"));
      peer = here;
      const code = () => startProgram(program, [library], { POSTERN_SOCKET: here.path }).then(({ out }) => out);
      expect(await code()).toBe("0");
      // Real and effective ids differ then. The folder of the effective user has no agent.
      chownSync(program, NOBODY, NOBODY);
      chmodSync(program, 0o4755);
      expect(await code()).toBe("-2");
      expect(here.opened()).toBe(1);
    },
  );
});
