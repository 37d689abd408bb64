import { describe, expect, test } from "vitest";
import { nearestForeign, type OwnProgram } from "../../../daemon/peer/foreign-ancestor.ts";
import type { Executable, PeerIdentity, ProcessFacts } from "../../../daemon/peer/peer.ts";

const UID = 1000;
const cli: OwnProgram = { path: "/usr/lib/postern/cli.js", sha256: "aa", ownerUid: 0 };

function process(pid: number, more: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    pid,
    ppid: pid - 1,
    uid: UID,
    startTicks: pid,
    image: `${pid}`,
    executable: {
      path: "/usr/bin/thing",
      device: "1",
      inode: `${pid}`,
      deleted: false,
      isElsewhere: false,
      ownerUid: 0,
      changed: "1",
    },
    script: undefined,
    runs: undefined,
    loadsOther: false,
    terminal: undefined,
    session: { leader: 2, startTicks: 2 },
    cgroup: "/",
    ...more,
  };
}

const ours = (pid: number, change: Partial<OwnProgram> = {}) =>
  process(pid, { script: { ...cli, isOpen: false, isElsewhere: false, ...change } });
const file = { device: "8", inode: "77", changed: "1700000000000000001", ownerUid: 0 };
const native = (pid: number, change: Partial<Executable> = {}) =>
  process(pid, { executable: { path: "/usr/lib/postern", deleted: false, isElsewhere: false, ...file, ...change } });
const running = (pid: number, path: string, ownerUid = 0) =>
  process(pid, {
    executable: { path, device: "1", inode: "1", deleted: false, isElsewhere: false, ownerUid, changed: "1" },
  });

/** The pid of the subject of a chain, with the peer first. */
function subject(...chain: ProcessFacts[]): number | undefined {
  const [peer = expect.fail(), ...ancestors] = chain;
  const identity: PeerIdentity = { ...peer, ancestors };
  return nearestForeign(identity, [cli, file])?.pid;
}

describe("the nearest foreign process", () => {
  test.each<[string, number | undefined, ProcessFacts[]]>([
    ["the peer where it is no program of ours", 9, [process(9), process(8)]],
    ["whoever started our CLI", 8, [ours(9), process(8), process(7)]],
    ["whoever started several of ours", 7, [ours(9), ours(8), process(7)]],
    ["a forged CLI by content", 9, [ours(9, { sha256: "bb" }), process(8)]],
    ["a forged CLI by path", 9, [ours(9, { path: "/tmp/cli.js" }), process(8)]],
    ["a forged CLI by owner", 9, [ours(9, { ownerUid: UID }), process(8)]],
    ["whoever started our native command", 8, [native(9), process(8), process(7)]],
    ["whoever started it under another name for the same file", 8, [native(9, { path: "/usr/bin/other" }), process(8)]],
    ["a copy of the native command", 9, [native(9, { inode: "78" }), process(8)]],
    ["the same inode on another device", 9, [native(9, { device: "9" }), process(8)]],
    ["a native command that was changed", 9, [native(9, { changed: "1700000000000000002" }), process(8)]],
    ["a native command of another owner", 9, [native(9, { ownerUid: UID }), process(8)]],
    ["a native command whose file is gone", 9, [native(9, { deleted: true }), process(8)]],
    ["a native command in a file system of its own", 9, [native(9, { isElsewhere: true }), process(8)]],
    ["a native command that hides its executable", 9, [process(9, { executable: undefined }), process(8)]],
    ["nobody where the native command stands alone", undefined, [native(9), process(1)]],
    ["nobody where systemd adopted the native command", undefined, [native(9), running(8, "/usr/lib/systemd/systemd")]],
    ["a process whose executable is hidden", 8, [ours(9), process(8, { executable: undefined })]],
    ["nobody where our CLI stands alone", undefined, [ours(9)]],
    ["nobody where init adopted our CLI", undefined, [ours(9), process(1)]],
    ["nobody where the user's systemd adopted it", undefined, [ours(9), running(8, "/usr/lib/systemd/systemd")]],
    ["a program that only calls itself systemd", 8, [ours(9), running(8, "/home/ada/systemd", UID)]],
    ["nobody where another user started our CLI", undefined, [ours(9), process(8, { uid: 0 }), process(7)]],
  ])("is %s", (_title, pid, chain) => {
    expect(subject(...chain)).toBe(pid);
  });

  test("is the peer where a script of ours could not be read", () => {
    expect(
      subject(
        process(9, {
          script: { path: cli.path, sha256: undefined, ownerUid: undefined, isOpen: false, isElsewhere: false },
        }),
        process(8),
      ),
    ).toBe(9);
  });
});
