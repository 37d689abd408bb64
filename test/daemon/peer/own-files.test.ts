// Programs whose files are not where they seem to be: under another root, under mounts of their own, without a file. The agent counts a file as
// seen where it finds the same device and inode itself.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PeerIdentity } from "../../../daemon/peer/peer.ts";
import { SCRIPT_BYTES_MAX } from "../../../daemon/peer/script.ts";
import { subjectOf } from "../../../daemon/peer/subject.ts";
import { hasTool } from "../../tools.ts";
import { isRoot } from "./children.ts";
import { type Meeting, openMeeting } from "./meeting.ts";

/** Connects to $SOCKET with nothing but perl itself, and stays. Connecting fails silently: then nobody meets it. */
const PERL = `socket(S, 1, 1, 0); connect(S, pack("S a*", 1, $ENV{SOCKET})) or die $!; sleep 1000;\n`;
const sha256 = createHash("sha256").update(PERL).digest("hex");
const perl = realpathSync("/usr/bin/perl");
const canMount = isRoot && hasTool("unshare") && canUnshare();

let meeting: Meeting;
beforeEach(async () => {
  meeting = await openMeeting("root/run");
  writeFileSync(file("run.pl"), PERL);
});
afterEach(() => meeting.close());

const file = (name: string) => join(meeting.folder, name);
const kindOf = (identity: PeerIdentity) => subjectOf(identity, [], () => "new").kind;

/** Some sandboxes allow root no mounts. */
function canUnshare(): boolean {
  try {
    execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Runs a shell in a mount namespace of its own, which becomes the program at its end. */
const unshared = (script: string) => meeting.meet(["unshare", "--mount", "sh", "-ec", script]);

/** A root with perl and what perl loads. */
function makeRoot(folder: string): void {
  const needed = execFileSync("ldd", [perl], { encoding: "utf8" }).matchAll(/(\/\S+) \(/g);
  for (const [, path = ""] of [["", perl], ...needed]) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    copyFileSync(realpathSync(path), join(folder, path));
  }
  chmodSync(join(folder, perl), 0o755);
  writeFileSync(join(folder, "run.pl"), PERL);
  symlinkSync("/run.pl", join(folder, "link.pl"));
}

describe.runIf(canMount)("in a mount namespace of its own (needs root, unshare)", () => {
  test("what the agent finds too is seen, also through links", async () => {
    symlinkSync(file("run.pl"), file("link.pl"));
    symlinkSync("link.pl", file("again.pl"));
    for (const name of ["./run.pl", file("again.pl")]) {
      const identity = await unshared(`exec perl ${name}`);
      expect(identity.executable).toMatchObject({ path: perl, isElsewhere: false, deleted: false });
      expect(identity.script).toMatchObject({ path: file("run.pl"), sha256, isElsewhere: false });
      expect(kindOf(identity)).toBe("process");
    }
  });

  test("a script that is too large for its hash is seen too", async () => {
    writeFileSync(file("large.pl"), `${PERL}__END__\n${" ".repeat(SCRIPT_BYTES_MAX)}`);
    const identity = await unshared("exec perl large.pl");
    expect(identity.script).toMatchObject({ path: file("large.pl"), sha256: undefined, isElsewhere: false });
    expect(kindOf(identity)).toBe("process");
  });

  test("a program on a file system of its own is inside it, and is held to one request", async () => {
    mkdirSync(file("own"));
    const identity = await unshared(`mount -t tmpfs none own; cp ${perl} own/perl; exec own/perl run.pl`);
    expect(identity.executable).toMatchObject({ path: file("own/perl"), isElsewhere: true, deleted: false });
    expect(identity.script).toMatchObject({ sha256, isElsewhere: false });
    expect(kindOf(identity)).toBe("once");
  });

  test("a program mounted over a known one is not that one", async () => {
    copyFileSync(perl, file("known"));
    copyFileSync(perl, file("rogue"));
    for (const name of ["known", "rogue"]) chmodSync(file(name), 0o755);
    const identity = await unshared("mount --bind rogue known; exec ./known run.pl");
    expect(identity.executable).toMatchObject({ path: file("known"), isElsewhere: true });
    expect(kindOf(identity)).toBe("once");
  });

  test("a script mounted over a known one is not that one, and is not hashed", async () => {
    writeFileSync(file("rogue.pl"), `#\n${PERL}`);
    const identity = await unshared("mount --bind rogue.pl run.pl; exec perl run.pl");
    expect(identity.executable?.isElsewhere).toBe(false);
    expect(identity.script).toEqual({
      ...{ path: file("run.pl"), sha256: undefined, ownerUid: undefined, isOpen: false },
      isElsewhere: true,
    });
    expect(kindOf(identity)).toBe("once");
  });

  test("a root on a file system of its own is inside it, as in a container", async () => {
    makeRoot(file("image"));
    mkdirSync(file("own"));
    const script = `mount -t tmpfs none own; cp -a image/. own/; mkdir own/run; mount --bind root/run own/run
      SOCKET=/run/agent.sock exec chroot own ${perl} /run.pl`;
    const identity = await unshared(script);
    expect(identity.executable?.isElsewhere).toBe(true);
    expect(identity.script).toMatchObject({ sha256: undefined, isElsewhere: true });
    expect(kindOf(identity)).toBe("once");
  });
});

describe.runIf(isRoot && hasTool("chroot"))("under a root of its own (needs root, chroot)", () => {
  test("what the agent finds in that folder is seen there, and a link leads to no file of the agent", async () => {
    makeRoot(file("root"));
    for (const name of ["/run.pl", "/link.pl", "./run.pl"]) {
      const env = { SOCKET: "/run/agent.sock" };
      const identity = await meeting.meet(["chroot", file("root"), perl, name], { env });
      expect(identity.executable).toMatchObject({ path: join(file("root"), perl), isElsewhere: false });
      expect(identity.script).toMatchObject({ path: file("root/run.pl"), sha256, isElsewhere: false });
      expect(kindOf(identity)).toBe("process");
    }
  });
});

describe("without a file", () => {
  test.skipIf(!hasTool("python3"))("a program from memory is held to one request (needs python3)", async () => {
    const start = `import os, sys
file = os.memfd_create("known"); os.write(file, open("${perl}", "rb").read())
os.execve(file, ["perl", "run.pl"], os.environ)`;
    const identity = await meeting.meet(["python3", "-c", start]);
    expect(identity.executable).toMatchObject({ path: "/memfd:known", deleted: true, isElsewhere: false });
    expect(kindOf(identity)).toBe("once");
  });

  test("a program that removed its own file is held to one request", async () => {
    copyFileSync(perl, file("gone"));
    chmodSync(file("gone"), 0o755);
    writeFileSync(file("removing.pl"), `unlink "gone";${PERL}`);
    const identity = await meeting.meet(["./gone", "removing.pl"]);
    expect(identity.executable).toMatchObject({ path: file("gone"), deleted: true, isElsewhere: false });
    expect(kindOf(identity)).toBe("once");
  });
});
