// Whom the agent takes for its own native command: the very file that was there when it started. Everything else is a foreign program, whatever it
// is called and whatever it holds.
import { appendFileSync, copyFileSync, linkSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nearestForeign } from "../../daemon/peer/foreign-ancestor.ts";
import { binaryAt } from "../../daemon/peer/own-programs.ts";
import type { PeerIdentity } from "../../daemon/peer/peer.ts";
import { factsOf } from "../../daemon/peer/process-facts.ts";
import { type Meeting, openMeeting } from "../daemon/peer/meeting.ts";
import { compiler, makePackage, type Package } from "./stage.ts";

let meeting: Meeting;
let made: Package;
beforeAll(async () => {
  meeting = await openMeeting();
  made = makePackage("alone");
});
afterAll(() => {
  meeting.close();
  made.remove();
});

/** A place with the native command of its own. */
function place(name: string): string {
  const path = join(meeting.folder, name, "postern");
  mkdirSync(dirname(path));
  copyFileSync(made.native, path);
  return path;
}

const words = (program: string) => [program, "read", "op://Demo/DB/password"];
const env = () => ({ env: { POSTERN_SOCKET: meeting.path } });
const meet = (program: string) => meeting.meet(words(program), env());
/** Whether the agent would ask for the program that started it. */
const isOurs = (identity: PeerIdentity, own: string | ReturnType<typeof binaryAt>) =>
  nearestForeign(identity, [typeof own === "string" ? binaryAt(own) : own])?.pid !== identity.pid;

describe.skipIf(compiler === undefined)("the native command", () => {
  test("is ours where the agent found it at its start, and its executable can be seen", async () => {
    const identity = await meet(made.native);
    expect(identity.executable).toMatchObject({ path: made.native, deleted: false, isElsewhere: false });
    expect(isOurs(identity, made.native)).toBe(true);
    expect(nearestForeign(identity, [binaryAt(made.native)])?.pid).toBe(process.pid);
  });

  test("is ours behind a link and behind a shell that becomes it", async () => {
    const identity = await meeting.meet(["sh", "-c", 'exec "$@"', "sh", ...words(made.native)], env());
    expect(isOurs(identity, made.native)).toBe(true);
  });

  test("that was copied is a foreign program", async () => {
    expect(isOurs(await meet(place("copy")), made.native)).toBe(false);
  });

  test("that got another name is the same file, and is asked for anew since it was changed", async () => {
    const path = place("linked");
    const own = binaryAt(path);
    linkSync(path, `${path}-too`);
    expect(isOurs(await meet(`${path}-too`), own)).toBe(false);
    expect(isOurs(await meet(`${path}-too`), path)).toBe(true);
  });

  test("that was changed in its place is a foreign program", async () => {
    const path = place("changed");
    const own = binaryAt(path);
    appendFileSync(path, "more");
    expect(isOurs(await meet(path), own)).toBe(false);
  });

  test("that was replaced is a foreign program until the agent starts again", async () => {
    const path = place("replaced");
    const own = binaryAt(path);
    renameSync(place("newer"), path);
    expect(isOurs(await meet(path), own)).toBe(false);
    expect(isOurs(await meet(path), path)).toBe(true);
  });

  test("whose file is replaced while it runs is ours no more", async () => {
    const path = place("running");
    const own = binaryAt(path);
    const identity = await meet(path);
    expect(isOurs(identity, own)).toBe(true);
    renameSync(place("after"), path);
    const now = factsOf(identity.pid);
    expect(now?.executable).toMatchObject({ path, deleted: true });
    expect(isOurs({ ...identity, ...now }, own)).toBe(false);
  });

  test("is not whoever only has its name", async () => {
    const perl = "use IO::Socket::UNIX; $0 = $ENV{NAME}; IO::Socket::UNIX->new(Peer => $ENV{SOCKET}) or die; sleep 60";
    const identity = await meeting.meet(["bash", "-c", `exec -a "$NAME" perl -e '${perl}'`], {
      env: { NAME: made.native },
    });
    expect(isOurs(identity, made.native)).toBe(false);
  });
});
