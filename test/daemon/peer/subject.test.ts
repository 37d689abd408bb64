// Who holds a grant, decided from facts. The processes themselves are in interpreters.test.ts and own-files.test.ts.
import { describe, expect, test } from "vitest";
import type { OwnProgram } from "../../../daemon/peer/foreign-ancestor.ts";
import type { Executable, PeerIdentity, ProcessFacts } from "../../../daemon/peer/peer.ts";
import type { Script } from "../../../daemon/peer/script.ts";
import { programOf, subjectOf } from "../../../daemon/peer/subject.ts";

const cli: OwnProgram = { path: "/usr/lib/postern/cli.js", sha256: "aa", ownerUid: 0 };
const bash: Executable = {
  path: "/usr/bin/bash",
  device: "1",
  inode: "2",
  deleted: false,
  isElsewhere: false,
  ownerUid: 0,
  changed: "1",
};
const script: Script = { path: "/srv/x.js", sha256: "bb", ownerUid: 0, isOpen: false, isElsewhere: false };
const terminal = { device: 0x8803, name: "/dev/pts/3" };

function facts(more: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    ...{ pid: 9, ppid: 8, uid: 1000, startTicks: 5, image: "7", executable: bash, script: undefined },
    ...{ runs: undefined, loadsOther: false, terminal: undefined, cgroup: "/" },
    session: { leader: 8, startTicks: 4 },
    ...more,
  };
}

const subject = (identity: PeerIdentity) => subjectOf(identity, [cli], () => "new");
/** A program that connects itself. */
const direct = (more: Partial<ProcessFacts>) => subject({ ...facts(more), ancestors: [] });
/** A program that asks through our command at a terminal. */
const throughCommand = (more: Partial<ProcessFacts>) =>
  subject({
    ...facts({ script: { ...script, ...cli }, terminal }),
    ancestors: [facts({ pid: 8, ppid: 7, terminal, ...more })],
  });

describe("a grant that outlives one request", () => {
  test("is for the process, or for the terminal session of a command", () => {
    expect(direct({})).toMatchObject({ kind: "process" });
    expect(throughCommand({})).toMatchObject({ kind: "terminal" });
  });

  test.each<[string, Partial<ProcessFacts>]>([
    ["is hidden", { executable: undefined, image: "0" }],
    ["has no visible image", { image: "0" }],
    ["is inside its own file system", { executable: { ...bash, isElsewhere: true } }],
    ["runs a script inside its own file system", { script: { ...script, isElsewhere: true } }],
  ])("is for no program that %s", (_what, more) => {
    expect(direct(more)).toMatchObject({ kind: "once", key: "once|new" });
    expect(throughCommand(more)).toMatchObject({ kind: "once", key: "once|new" });
  });

  test("is for no program whose file is gone, but for the terminal session of such a shell", () => {
    const gone = { executable: { ...bash, deleted: true } };
    expect(direct(gone)).toMatchObject({ kind: "once", unseen: "gone" });
    expect(throughCommand(gone)).toMatchObject({ kind: "terminal", unseen: "gone" });
  });
});

describe("the program in a list or a log", () => {
  test("is the executable, and a script only where it was seen", () => {
    expect(programOf(direct({}))).toBe("/usr/bin/bash");
    expect(programOf(direct({ script }))).toBe("/usr/bin/bash, says it runs /srv/x.js");
    expect(programOf(direct({ script: { ...script, isOpen: true } }))).toBe("/srv/x.js");
  });

  test("is no longer than a path may be, whatever it claims", () => {
    expect(programOf(direct({ script: { ...script, path: `/${"x".repeat(60_000)}` } }))).toHaveLength(4096);
  });
});
