import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadNative } from "../../../daemon/host/native.ts";
import { StartRefused } from "../../../daemon/host/start-refused.ts";
import { type Credentials, credentialsIn, linuxPeers } from "../../../daemon/peer/linux.ts";
import { CONNECTIONS_MAX, type Listening, listenOnPath } from "../../../daemon/peer/listen.ts";
import { hasTool } from "../../tools.ts";
import { ask, doorProgram, isRoot, NOBODY, nobodyCanRun, wordsOf } from "./children.ts";
import { ANSWER } from "./door.ts";

const native = loadNative();
const endings: (() => void)[] = [];
let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-listen-"));
  path = join(folder, "run", "agent.sock");
});
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
  rmSync(folder, { recursive: true, force: true });
});

type Door = {
  listening: Listening;
  accepted: { socket: Socket; credentials: Credentials }[];
  refused: string[];
  turn(): Promise<void>;
};

/** A door in this process. The next connection fulfils `turn`, whether it is let in or not. */
async function openDoor(): Promise<Door> {
  let turned = Promise.withResolvers<void>();
  const accepted: Door["accepted"] = [];
  const refused: string[] = [];
  const turn = () => {
    turned.resolve();
    turned = Promise.withResolvers<void>();
  };
  const listening = await listenOnPath(path, {
    peers: linuxPeers(native),
    native,
    onSocket: (socket, handle) => {
      accepted.push({ socket, credentials: credentialsIn(handle) });
      turn();
    },
    onRefused: (reason) => {
      refused.push(reason);
      turn();
    },
  });
  endings.push(() => {
    listening.close();
    for (const { socket } of accepted) socket.destroy();
  });
  return { listening, accepted, refused, turn: () => turned.promise };
}

function start(program: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  endings.push(() => child.kill("SIGKILL"));
  return child;
}

function client(): Socket {
  const socket = connect(path);
  socket.on("error", () => undefined);
  endings.push(() => socket.destroy());
  return socket;
}

describe("an accepted socket", () => {
  test("has read nothing, has no listener of node-ipc, and comes with its peer's credentials", async () => {
    const door = await openDoor();
    const turn = door.turn();
    client().write("early bytes\n");
    await turn;
    const { socket, credentials } = door.accepted[0] ?? expect.fail();
    expect(socket.isPaused()).toBe(true);
    // This still holds after the kernel had time to deliver data.
    await new Promise(setImmediate);
    expect([socket.readableLength, socket.bytesRead]).toEqual([0, 0]);
    expect(["data", "close", "error"].map((event) => socket.listenerCount(event))).toEqual([0, 0, 1]);
    expect(credentials).toMatchObject({ uid: process.getuid?.(), pid: process.pid });
    expect(native.hasEnded(credentials.pidfd)).toBe(false);
    const read = once(socket, "data");
    socket.resume();
    expect(`${(await read)[0]}`).toBe("early bytes\n");
  });

  test("can be answered after its peer has ended its side", async () => {
    const words = wordsOf(start(process.execPath, [doorProgram, path]));
    expect(await words.next()).toEqual({ is: "listening" });
    expect(await ask(path)).toBe(ANSWER);
  });

  test.runIf(hasTool("nc"))("can be answered when `nc -N` has sent its line", async () => {
    const words = wordsOf(start(process.execPath, [doorProgram, path]));
    await words.next();
    const nc = spawnSync("nc", ["-N", "-U", path], { input: "a line\n", encoding: "utf8" });
    expect(nc.stdout).toBe(ANSWER);
  });

  test("that is reset does not end the agent", async () => {
    const door = await openDoor();
    const turn = door.turn();
    const socket = client();
    await turn;
    const accepted = door.accepted[0]?.socket ?? expect.fail();
    const closed = new Promise((resolve) => accepted.once("close", resolve));
    accepted.write("unread\n");
    socket.destroy();
    accepted.resume();
    await closed;
    expect(await Promise.race([once(client(), "connect"), once(client(), "error")])).toEqual([]);
  });

  test("is one of at most CONNECTIONS_MAX", async () => {
    const door = await openDoor();
    while (door.accepted.length < CONNECTIONS_MAX) {
      const turn = door.turn();
      client();
      await turn;
    }
    expect(door.refused).toEqual([]);
    const turn = door.turn();
    const oneMore = client();
    await turn;
    expect(door.refused).toEqual(["too many connections"]);
    await once(oneMore, "close");
    // When one connection leaves, another may come.
    const gone = once(door.accepted[0]?.socket ?? expect.fail(), "close");
    door.accepted[0]?.socket.destroy();
    await gone;
    const next = door.turn();
    client();
    await next;
    expect(door.accepted).toHaveLength(CONNECTIONS_MAX + 1);
  });
});

describe("a path", () => {
  test("gets a folder and a socket closed to others, and loses the socket at the end", async () => {
    const before = process.umask(0o000);
    try {
      const door = await openDoor();
      expect([statSync(join(folder, "run")).mode & 0o777, statSync(path).mode & 0o777]).toEqual([0o700, 0o600]);
      door.listening.close();
      expect(existsSync(path)).toBe(false);
    } finally {
      process.umask(before);
    }
  });

  test("is taken over from an agent that was killed", async () => {
    const first = start(process.execPath, [doorProgram, path]);
    await wordsOf(first).next();
    first.kill("SIGKILL");
    await once(first, "exit");
    expect(lstatSync(path).isSocket()).toBe(true);
    const second = wordsOf(start(process.execPath, [doorProgram, path]));
    expect(await second.next()).toEqual({ is: "listening" });
    expect(await ask(path)).toBe(ANSWER);
  });

  test("is never stolen from a living one, which serves on", async () => {
    await wordsOf(start(process.execPath, [doorProgram, path])).next();
    const inode = lstatSync(path).ino;
    await expect(openDoor()).rejects.toThrow(/another agent listens/);
    expect(lstatSync(path).ino).toBe(inode);
    expect(await ask(path)).toBe(ANSWER);
  });

  test("is not stolen from one that is stopped and answers nothing", async () => {
    const frozen = start(process.execPath, [doorProgram, path]);
    await wordsOf(frozen).next();
    frozen.kill("SIGSTOP");
    await expect(openDoor()).rejects.toThrow(/another agent listens/);
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test.each<[string, () => void]>([
    ["a file", () => writeFileSync(path, "precious")],
    ["a folder", () => mkdirSync(path)],
    ["a named pipe", () => execFileSync("mkfifo", [path])],
    ["a link to nowhere", () => symlinkSync(join(folder, "none"), path)],
  ])("where %s lies is refused, and nothing is removed", async (_title, lay) => {
    mkdirSync(join(folder, "run"), { mode: 0o700 });
    lay();
    const before = lstatSync(path);
    await expect(openDoor()).rejects.toThrow(StartRefused);
    expect([lstatSync(path).ino, lstatSync(path).mode]).toEqual([before.ino, before.mode]);
  });

  test.each([0o755, 0o710, 0o702])("in a folder of mode %o is refused", async (mode) => {
    mkdirSync(join(folder, "run"));
    chmodSync(join(folder, "run"), mode);
    await expect(openDoor()).rejects.toThrow(/open to other users/);
  });

  test("makes node-ipc print nothing", async () => {
    const child = start(process.execPath, [doorProgram, path]);
    let errors = "";
    child.stderr?.on("data", (chunk) => {
      errors += chunk;
    });
    const words = wordsOf(child);
    await words.next();
    await ask(path);
    expect((await words.next()).is).toBe("peer");
    await ask(path);
    expect((await words.next()).is).toBe("peer");
    expect(errors).toBe("");
  });
});

describe("a peer is refused", () => {
  test("that has ended before it was looked at", async () => {
    const door = await openDoor();
    const turn = door.turn();
    // This process is busy until the other process has connected, written and gone.
    execFileSync(process.execPath, [
      "-e",
      `require("net").connect(process.argv[1], function () { this.write("x", () => process.exit()) })`,
      path,
    ]);
    await turn;
    const { accepted, refused } = door;
    // Kernels differ. Some give no pidfd for a reaped process. Others give a pidfd that reports the end.
    if (accepted[0] === undefined) expect(refused).toEqual([expect.stringContaining("ended")]);
    else expect(native.hasEnded(accepted[0].credentials.pidfd)).toBe(true);
  });

  const needsNobody = "needs root, and sources that nobody may read";
  test.runIf(nobodyCanRun)(`that is another user, even where the folder lets it in (${needsNobody})`, async () => {
    const door = await openDoor();
    for (const open of [folder, join(folder, "run")]) chmodSync(open, 0o755);
    chmodSync(path, 0o666);
    const turn = door.turn();
    const code = `require("net").connect(process.argv[1]).on("close", () => console.log("closed")).on("error", () => {}).write("x")`;
    const other = start(process.execPath, ["-e", code, path], { uid: NOBODY, gid: NOBODY, env: {}, cwd: "/" });
    await turn;
    expect(door.refused).toEqual([expect.stringContaining("another user")]);
    expect(door.accepted).toEqual([]);
    await once(other, "exit");
  });

  test.runIf(nobodyCanRun)(`that is root, by an agent of another user (${needsNobody})`, async () => {
    chownSync(folder, NOBODY, NOBODY);
    const words = wordsOf(
      start(process.execPath, [doorProgram, path], { uid: NOBODY, gid: NOBODY, env: {}, cwd: "/" }),
    );
    expect(await words.next()).toEqual({ is: "listening" });
    expect(await ask(path)).toBe("");
    expect(await words.next()).toEqual({ is: "refused", reason: expect.stringContaining("another user") });
  });

  const canUnshare = isRoot && spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0;
  test.runIf(canUnshare)("that lives in a foreign pid namespace (needs unshare, as root)", async () => {
    const words = wordsOf(
      start("unshare", ["--pid", "--fork", "--kill-child", "--mount-proc", process.execPath, doorProgram, path]),
    );
    expect(await words.next()).toEqual({ is: "listening" });
    expect(await ask(path)).toBe("");
    expect(await words.next()).toEqual({ is: "refused", reason: expect.stringContaining("pid namespace") });
  });
});

describe("a socket passed by systemd", () => {
  /**
   * Starts a door with `server` as descriptor 3, as systemd does. The shell becomes the program, so its pid is right.
   */
  async function pass(server: Server, variables: string, listen: () => Server): Promise<ChildProcess> {
    listen();
    await once(server, "listening");
    const handle = (server as Server & { _handle: { fd: number } })._handle;
    const child = start("sh", ["-c", `${variables} exec "$0" "$1"`, process.execPath, doorProgram], {
      stdio: ["ignore", "pipe", "pipe", handle.fd],
    });
    // Only the child's copy of the descriptor may accept connections.
    endings.push(() => server.close());
    return child;
  }

  function unixServer(mode = 0o700): { server: Server; listen: () => Server } {
    mkdirSync(join(folder, "run"));
    chmodSync(join(folder, "run"), mode);
    const server = createServer();
    return { server, listen: () => server.listen(path) };
  }

  const OURS = "LISTEN_PID=$$ LISTEN_FDS=1";

  test("is checked like our own, and refused where its socket is open to others", async () => {
    const { server, listen } = unixServer();
    await pass(server, OURS, () => listen().once("listening", () => chmodSync(path, 0o666))).then(async (child) => {
      expect(await wordsOf(child).next()).toEqual({
        is: "startRefused",
        reason: expect.stringContaining("open to other users"),
      });
    });
  });

  test("is refused in a folder open to others", async () => {
    const { server, listen } = unixServer(0o755);
    const child = await pass(server, OURS, listen);
    expect(await wordsOf(child).next()).toEqual({
      is: "startRefused",
      reason: expect.stringContaining("open to other users"),
    });
  });

  test("is left alone where it is meant for another process", async () => {
    const { server, listen } = unixServer();
    const child = await pass(server, "LISTEN_PID=1 LISTEN_FDS=1", listen);
    expect(await wordsOf(child).next()).toEqual({ is: "notOurs" });
  });

  test.each(["0", "2", "", "x"])("is refused where their number is %j", async (count) => {
    const { server, listen } = unixServer();
    const child = await pass(server, `LISTEN_PID=$$ LISTEN_FDS=${count}`, listen);
    expect(await wordsOf(child).next()).toEqual({ is: "startRefused", reason: expect.stringContaining("exactly one") });
  });

  test("is refused where it is a TCP port", async () => {
    const server = createServer();
    const child = await pass(server, OURS, () => server.listen(0, "127.0.0.1"));
    expect(await wordsOf(child).next()).toEqual({ is: "startRefused", reason: expect.stringContaining("Unix") });
  });

  test("is refused where descriptor 3 is a file", async () => {
    const child = start("sh", ["-c", `${OURS} exec "$0" "$1" 3</dev/null`, process.execPath, doorProgram]);
    expect(await wordsOf(child).next()).toEqual({
      is: "startRefused",
      reason: expect.stringContaining("not a socket"),
    });
  });

  test.runIf(hasTool("perl"))("lets peers in with their credentials, half closed too", async () => {
    mkdirSync(join(folder, "run"), { mode: 0o700 });
    // A Node process that made the socket would also accept from it. The perl process is gone when the door runs, so
    // only the door accepts, as with systemd.
    const code = `
      use Socket; use POSIX; $^F = 9;
      socket(my $s, AF_UNIX, SOCK_STREAM, 0); umask 0177; bind($s, pack_sockaddr_un(shift)) or die; listen($s, 9); dup2(fileno($s), 3);
      $ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1; exec @ARGV`;
    const child = start("perl", ["-e", code, path, process.execPath, doorProgram]);
    const words = wordsOf(child);
    expect(await words.next()).toEqual({ is: "listening" });
    expect(await ask(path)).toBe(ANSWER);
    expect(await words.next()).toMatchObject({ is: "peer", identity: { pid: process.pid } });
  });
});
