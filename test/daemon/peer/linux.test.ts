import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { spawn as spawnOnTerminal } from "@lydell/node-pty";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadNative } from "../../../daemon/host/native.ts";
import { credentialsIn, handleOf, linuxPeers, RECHECK_MS } from "../../../daemon/peer/linux.ts";
import { listenOnPath } from "../../../daemon/peer/listen.ts";
import type { Peer, PeerSystem, ProcessHandle } from "../../../daemon/peer/peer.ts";
import { factsOf, parseCgroup, procIsOurs, sameProcess } from "../../../daemon/peer/process-facts.ts";
import { subjectOf } from "../../../daemon/peer/subject.ts";
import { terminalPath } from "../../../daemon/peer/terminal.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { hasTool } from "../../tools.ts";
import { doorProgram, lineOf, NOBODY, nobodyCanRun, wordsOf } from "./children.ts";

const native = loadNative();
const peers = linuxPeers(native);
const endings: (() => void)[] = [];
let folder = "";
let path = "";
let nowMs = 0;
let arrived: (handle: ProcessHandle) => void = () => undefined;

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-peer-")));
  path = join(folder, "run", "agent.sock");
  nowMs = 1_000;
  const listening = await listenOnPath(path, {
    peers,
    native,
    onSocket: (socket, handle) => {
      endings.push(() => socket.destroy());
      arrived(handle);
    },
    onRefused: (reason) => expect.fail(reason),
  });
  endings.push(() => listening.close());
});
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
  rmSync(folder, { recursive: true, force: true });
});

function start(program: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], ...options });
  endings.push(() => child.kill("SIGKILL"));
  return child;
}

/** The peer of the next connection. */
function nextPeer(by = peers): Promise<Peer> {
  return new Promise((resolve, reject) => {
    arrived = (handle) => {
      try {
        const peer = by.identify(handle, () => nowMs);
        endings.push(() => peer.release());
        resolve(peer);
      } catch (error) {
        reject(error);
      }
    };
  });
}

/** Connects and stays. On a line of input it becomes the program named after the path, and keeps the connection. */
const PERL = `use IO::Socket::UNIX; $^F = 9; my $s = IO::Socket::UNIX->new(Peer => shift) or die; <STDIN>; exec @ARGV if @ARGV; sleep 1000`;
/** Starts a client as its child, which does not exec in its place. */
const PERL_PARENT = `use IO::Socket::UNIX; if (!fork) { my $s = IO::Socket::UNIX->new(Peer => $ENV{SOCKET}) or die; sleep 1000 } sleep 1000`;
const NODE = `require("net").connect(process.argv[1]); process.stdin.resume()`;

async function perlPeer(after: string[] = [], program = "perl"): Promise<{ peer: Peer; child: ChildProcess }> {
  const peer = nextPeer();
  const child = start(program, ["-e", PERL, path, ...after]);
  return { peer: await peer, child };
}

describe("a peer's identity", () => {
  test("is a frozen plain value", async () => {
    const peer = nextPeer();
    start(process.execPath, ["-e", NODE, path]);
    const { identity } = await peer;
    expect(structuredClone(identity)).toEqual(identity);
    const parts = [identity, identity.executable, identity.session, identity.ancestors, identity.ancestors[0]];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
  });

  test("reads a process above once in the age of a recheck, and anew where it is not the same any more", async () => {
    const above = async (by: PeerSystem) => {
      const peer = nextPeer(by);
      start(process.execPath, ["-e", NODE, path]);
      return (await peer).identity.ancestors[0];
    };
    const by = linuxPeers(native);
    const first = await above(by);
    expect(first?.pid).toBe(process.pid);
    expect(await above(by)).toBe(first);
    nowMs += RECHECK_MS;
    const second = await above(by);
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
  });

  test("sees that the process above became another program, however soon its next child connects", async () => {
    const by = linuxPeers(native);
    const child = start(
      "sh",
      ["-c", `${process.execPath} -e "$0" "$1" & read line; exec perl -e "$2"`, NODE, path, PERL_PARENT],
      {
        env: { ...process.env, SOCKET: path },
        // A group of its own, so that what it starts ends with it.
        detached: true,
      },
    );
    endings.push(() => process.kill(-(child.pid ?? 0), "SIGKILL"));
    const before = (await nextPeer(by)).identity.ancestors[0];
    const next = nextPeer(by);
    child.stdin?.write("go\n");
    const after = (await next).identity.ancestors[0];
    expect([before?.pid, after?.pid]).toEqual([child.pid, child.pid]);
    expect(basename(after?.executable?.path ?? "")).toMatch(/^perl/);
    expect(before?.executable?.path).not.toBe(after?.executable?.path);
  });

  test("reads the script of the nearest process above our own programs, and of none further up", async () => {
    const next = `require("node:child_process").spawn(process.execPath, process.argv.slice(2), { stdio: "inherit" });`;
    const client = `require("net").connect(process.argv[2]); process.stdin.resume()`;
    const [top = "", middle = "", own = ""] = ["top.js", "middle.js", "own.js"].map((name, at) => {
      const script = join(folder, name);
      writeFileSync(script, at === 2 ? client : next);
      return script;
    });
    const read = async (ours: string[]) => {
      const peer = nextPeer(linuxPeers(native, ours));
      start(process.execPath, [top, middle, own, path]);
      const { script, ancestors } = (await peer).identity;
      const all = [script, ancestors[0]?.script, ancestors[1]?.script];
      expect(all.map((one) => one?.path)).toEqual([own, middle, top].map((one) => realpathSync(one)));
      return all.map((one) => one?.sha256 !== undefined);
    };
    expect(await read([])).toEqual([true, false, false]);
    expect(await read([realpathSync(own)])).toEqual([true, true, false]);
    // A program of ours above another program is none of this command.
    expect(await read([realpathSync(middle)])).toEqual([true, false, false]);
  });

  test("names executable, script with its hash, session and the processes above", async () => {
    const script = join(folder, "client.js");
    writeFileSync(script, `require("net").connect(process.argv[2]); process.stdin.resume()`);
    const peer = nextPeer();
    const child = start(process.execPath, ["--no-warnings", "client.js", path], { cwd: folder });
    const { identity } = await peer;
    const file = statSync(process.execPath, { bigint: true });
    expect(identity).toMatchObject({
      pid: child.pid,
      ppid: process.pid,
      uid: process.getuid?.(),
      executable: { path: realpathSync(process.execPath), device: `${file.dev}`, inode: `${file.ino}`, deleted: false },
      script: {
        path: script,
        sha256: createHash("sha256").update(readFileSync(script)).digest("hex"),
        ownerUid: process.getuid?.(),
      },
    });
    expect(identity.image).toMatch(/^[1-9]\d+$/);
    expect(identity.ancestors[0]?.pid).toBe(process.pid);
    expect(identity.ancestors.every(({ pid }) => pid > 1)).toBe(true);
    expect(identity.session).toEqual(identity.ancestors[0]?.session);
  });

  test("names the controlling terminal and the session it leads", async () => {
    const peer = nextPeer();
    const child = spawnOnTerminal(process.execPath, ["-e", NODE, path], {});
    endings.push(() => child.kill("SIGKILL"));
    const { identity } = await peer;
    expect(identity.terminal?.name).toMatch(/^\/dev\/pts\/\d+$/);
    expect(identity.session).toEqual({ leader: child.pid, startTicks: identity.startTicks });
  });

  test("has no terminal where there is none", async () => {
    const peer = nextPeer();
    start(process.execPath, ["-e", NODE, path], { detached: true });
    expect((await peer).identity.terminal).toBeUndefined();
  });

  test("says that the executable is gone from its path, and is not fooled by a name", async () => {
    const gone = join(folder, "gone");
    const named = join(folder, "named (deleted)");
    for (const copy of [gone, named]) {
      copyFileSync(realpathSync("/usr/bin/perl"), copy);
      chmodSync(copy, 0o755);
    }
    const child = start(gone, ["-e", `<STDIN>; ${PERL}`, path]);
    await once(child, "spawn");
    unlinkSync(gone);
    const peer = nextPeer();
    child.stdin?.write("\n");
    expect((await peer).identity.executable).toMatchObject({ path: gone, deleted: true });
    expect((await perlPeer([], named)).peer.identity.executable).toMatchObject({ path: named, deleted: false });
  });

  test.runIf(nobodyCanRun)("has no executable where the peer hides it (needs root, to become nobody)", async () => {
    // If a user may run an executable but not read it, no other process may look into the running process.
    const hidden = join(folder, "hidden");
    copyFileSync(realpathSync("/usr/bin/perl"), hidden);
    chmodSync(hidden, 0o711);
    chmodSync(folder, 0o755);
    const theirs = join(folder, "theirs");
    const asNobody: SpawnOptions = { uid: NOBODY, gid: NOBODY, env: {}, cwd: "/" };
    mkdirSync(theirs, { mode: 0o700 });
    chownSync(theirs, NOBODY, NOBODY);
    const door = join(theirs, "agent.sock");
    const words = wordsOf(start(process.execPath, [doorProgram, door], asNobody));
    expect(await words.next()).toEqual({ is: "listening" });
    start(hidden, ["-e", PERL, door], asNobody);
    const word = await words.next();
    expect(word).toMatchObject({ is: "peer", identity: { uid: NOBODY, image: "0" } });
    const identity = word.is === "peer" ? word.identity : expect.fail();
    expect(identity.executable).toBeUndefined();
    // What cannot be seen may hold any code, and is held to one request.
    expect(identity.loadsOther).toBe(true);
    expect(subjectOf(identity, [], () => "new").kind).toBe("once");
  });

  test.runIf(nobodyCanRun && hasTool("nc"))(
    "is refused to a set-user-id program that another user runs (needs root, nc)",
    async () => {
      const setuid = join(folder, "setuid");
      const nc = realpathSync(hasTool("nc.openbsd") ? "/bin/nc.openbsd" : "/usr/bin/nc");
      copyFileSync(nc, setuid);
      chmodSync(setuid, 0o4755);
      for (const open of [folder, dirname(path)]) chmodSync(open, 0o755);
      const peer = nextPeer();
      start(setuid, ["-U", path], { uid: NOBODY, gid: NOBODY, env: {}, cwd: "/" });
      await expect(peer).rejects.toThrow(/changed its user/);
    },
  );

  test("is refused, and the pidfd closed, once the process has ended", async () => {
    const handle = new Promise<ProcessHandle>((resolve) => {
      arrived = resolve;
    });
    const child = start("perl", ["-e", PERL, path]);
    const { pidfd } = credentialsIn(await handle);
    child.kill("SIGKILL");
    await once(child, "exit");
    const taken = await handle;
    expect(() => peers.identify(taken, () => nowMs)).toThrow(PosternError);
    expect(() => fstatSync(pidfd)).toThrow("EBADF");
  });

  test("is refused where the pid has come to mean another process than the pidfd", async () => {
    const handle = new Promise<ProcessHandle>((resolve) => {
      arrived = resolve;
    });
    const child = start("perl", ["-e", PERL, path]);
    const { pidfd, uid } = credentialsIn(await handle);
    child.kill("SIGKILL");
    await once(child, "exit");
    // Acts as if our own pid were the next process to get the number.
    expect(() => peers.identify(handleOf({ pid: process.pid, uid, pidfd }), () => nowMs)).toThrow(/has ended/);
  });
});

describe("a recheck", () => {
  /** Becomes another program, which says when it runs. */
  const becomeShell = ["sh", "-c", "echo there; exec sleep 1000"];
  const becomePerl = ["perl", "-e", `$| = 1; print "there\\n"; sleep 1000`];

  test.each([
    ["another program", becomeShell],
    ["the same program anew", becomePerl],
  ])("sees an exec into %s, at the latest RECHECK_MS later, and for good", async (_title, program) => {
    const { peer, child } = await perlPeer(program);
    nowMs += RECHECK_MS;
    expect(peer.recheck()).toBe(true);
    const there = lineOf(child);
    child.stdin?.write("\n");
    expect(await there).toBe("there");
    nowMs += RECHECK_MS - 1;
    expect(peer.recheck()).toBe(true);
    nowMs += 1;
    expect(peer.recheck()).toBe(false);
    expect(peer.recheck()).toBe(false);
  });

  test("sees that the process has ended, while another holds the connection open", async () => {
    const peerOfParent = nextPeer();
    const code = `use IO::Socket::UNIX; $^F = 9; my $s = IO::Socket::UNIX->new(Peer => shift) or die; <STDIN>; if (fork) { exit } sleep 1000`;
    const child = start("perl", ["-e", code, path], { detached: true });
    endings.push(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"));
    const peer = await peerOfParent;
    const gone = once(child, "exit");
    child.stdin?.write("\n");
    await gone;
    nowMs += RECHECK_MS;
    expect(peer.recheck()).toBe(false);
  });

  test("stays true while the file of the program is replaced, as by an update", async () => {
    const program = join(folder, "updated");
    copyFileSync(realpathSync("/usr/bin/perl"), program);
    chmodSync(program, 0o755);
    const { peer } = await perlPeer([], program);
    unlinkSync(program);
    copyFileSync(realpathSync("/usr/bin/perl"), program);
    nowMs += RECHECK_MS;
    expect(peer.recheck()).toBe(true);
  });

  test("is false after release, which may come twice", async () => {
    const { peer } = await perlPeer();
    peer.release();
    peer.release();
    expect(peer.recheck()).toBe(false);
  });
});

describe("what /proc says", () => {
  test("is of our own pid namespace here", () => {
    expect(procIsOurs()).toBe(true);
  });

  test("is nothing of a pid that is not there", () => {
    expect(factsOf(0x7fffffff)).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ["the unified hierarchy", "0::/user.slice/a.scope\n", "/user.slice/a.scope"],
    ["systemd's own beside an empty unified one", "1:name=systemd:/user.slice\n0::/\n", "/user.slice"],
    ["the root", "0::/\n", "/"],
    ["nothing", "", ""],
    ["a path with colons", "0::/a:b::/c\n", "/a:b::/c"],
    ["no other controller", "4:memory:/x\n", ""],
  ])("of control groups is %s", (_title, text, cgroup) => {
    expect(parseCgroup(text)).toBe(cgroup);
  });

  test.each<[number, string | undefined]>([
    [0x8800, "/dev/pts/0"],
    [0x8805, "/dev/pts/5"],
    [0x108800, "/dev/pts/256"],
    [0x0401, "/dev/tty1"],
    [0x0440, "/dev/ttyS0"],
    [0x0501, undefined],
  ])("of terminal %i is %s", (device, name) => {
    expect(terminalPath(device)).toBe(name);
  });
});

describe("two identities", () => {
  const own = factsOf(process.pid) ?? expect.fail();
  const executable = own.executable ?? expect.fail();

  test("are the same process while only the file's path changed", () => {
    expect(sameProcess(own, { ...own, executable: { ...executable, path: "/elsewhere", deleted: true } })).toBe(true);
  });

  test.each([
    ["pid", { ...own, pid: own.pid + 1 }],
    ["start", { ...own, startTicks: own.startTicks + 1 }],
    ["image", { ...own, image: "1" }],
    ["inode", { ...own, executable: { ...executable, inode: "1" } }],
    ["device", { ...own, executable: { ...executable, device: "1" } }],
    ["visibility", { ...own, executable: undefined }],
  ])("are two where the %s differs", (_title, other) => {
    expect(sameProcess(own, other)).toBe(false);
    expect(sameProcess(other, own)).toBe(false);
  });
});
