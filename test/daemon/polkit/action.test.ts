// Postern's action for polkit: the file as the command writes it, and as the agent looks at it.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { actionPathOn, installAction, uninstallAction } from "../../../clients/cli/agent/polkit-action.ts";
import { whyNoAction } from "../../../daemon/polkit/action.ts";
import { ACTION_FILE, ACTION_FOLDER, actionText, ownersIn, UID_MAX } from "../../../daemon/polkit/action-file.ts";
import { shownText } from "../../../daemon/polkit/system-dialog.ts";
import { agentOptions } from "../../programs.ts";
import { isRoot, NOBODY } from "../peer/children.ts";

const ADA = 1000;
const BOB = 1001;

function writeAs(path: string, mode: number): void {
  writeFileSync(path, actionText([ADA]));
  chmodSync(path, mode);
}

function linkTo(target: string, path: string): void {
  writeAs(target, 0o644);
  symlinkSync(target, path);
}

function makeFolderAt(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

describe("the action's text", () => {
  test("asks everybody for their own proof each time, and keeps none", () => {
    const text = actionText([BOB, ADA, BOB]);
    expect(text.match(/<allow_\w+>\w+/g)).toEqual([
      "<allow_any>auth_self",
      "<allow_inactive>auth_self",
      "<allow_active>auth_self",
    ]);
    expect(ownersIn(text)).toEqual([ADA, BOB]);
  });

  test.each([
    ["an empty text", () => ""],
    ["a proof that is kept", (text: string) => text.replace("auth_self<", "auth_self_keep<")],
    ["a yes without a proof", (text: string) => text.replace("auth_self<", "yes<")],
    ["a second action", (text: string) => text.replace("</policyconfig>", '<action id="a.b"/></policyconfig>')],
    ["other words for the question", (text: string) => text.replace("$(question)", "Log in")],
    ["root as an owner", (text: string) => text.replace("unix-user:1000", "unix-user:0")],
    ["a name for an owner", (text: string) => text.replace("unix-user:1000", "unix-user:ada")],
    ["an owner whom polkit cannot be asked about", (text: string) => text.replace("1000", `${UID_MAX + 1}`)],
    ["no owner", (text: string) => text.replace("unix-user:1000", "")],
    ["an owner with a zero in front", (text: string) => text.replace("unix-user:1000", "unix-user:01000")],
    ["another line at its end", (text: string) => `${text}\n`],
  ])("is not %s", (_what, change) => {
    expect(ownersIn(change(actionText([ADA])))).toBeUndefined();
  });
});

describe("a question's text", () => {
  test("holds nothing that begins markup, and no control character", () => {
    const text = shownText("KX-42", [
      "a <b>&amp;\u001b[2J\u202e wants to read:",
      "  op://a/<i>/c",
      "Yes holds for this process.",
    ]);
    expect(text).toContain("a ‹b>＆amp;[2J wants to read:\n> op://a/‹i>/c\n");
    expect(text).not.toMatch(/[<&\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe("the action", () => {
  let prefix: string;
  let path: string;
  const place = () => ({ platform: "linux", prefix, user: process.geteuid?.() });

  beforeEach(() => {
    prefix = mkdtempSync(join(tmpdir(), "postern-action-"));
    mkdirSync(join(prefix, ACTION_FOLDER), { recursive: true, mode: 0o755 });
    path = actionPathOn(place());
  });
  afterEach(() => rmSync(prefix, { recursive: true, force: true }));

  test("is installed for one user after the other, and goes with the last", () => {
    expect(installAction(place(), ADA)).toEqual({ path, user: ADA, changed: true });
    expect(installAction(place(), ADA)).toMatchObject({ changed: false });
    expect(installAction(place(), BOB)).toMatchObject({ changed: true });
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o7777]).toEqual([actionText([ADA, BOB]), 0o644]);
    expect(uninstallAction(place(), ADA)).toMatchObject({ changed: true });
    expect(readFileSync(path, "utf8")).toBe(actionText([BOB]));
    expect(uninstallAction(place(), ADA)).toMatchObject({ changed: false });
    expect(uninstallAction(place(), BOB)).toMatchObject({ changed: true });
    expect(readdirSync(join(prefix, ACTION_FOLDER))).toEqual([]);
  });

  test("takes away what a killed installation left, with a user and without", () => {
    const left = () => writeFileSync(join(prefix, ACTION_FOLDER, `.${ACTION_FILE}.77`), "<?xml");
    left();
    expect(uninstallAction(place(), ADA)).toMatchObject({ changed: false });
    expect(readdirSync(join(prefix, ACTION_FOLDER))).toEqual([]);
    for (const user of [ADA, BOB]) installAction(place(), user);
    left();
    expect(uninstallAction(place(), ADA)).toMatchObject({ changed: true });
    expect(readdirSync(join(prefix, ACTION_FOLDER))).toEqual([ACTION_FILE]);
  });

  test.each([
    ["darwin", "macOS"],
    ["freebsd", "freebsd"],
  ])("is not installed on %s, which has no polkit that we know", (platform, name) => {
    for (const act of [installAction, uninstallAction])
      expect(() => act({ ...place(), platform }, ADA)).toThrow(
        `polkit, and with it this approver, is not there yet for ${name}`,
      );
  });

  test.each<[string, () => void]>([
    ["a file of somebody else's", () => writeFileSync(path, "<policyconfig/>")],
    ["ours with another default", () => writeFileSync(path, actionText([ADA]).replace("auth_self<", "yes<"))],
    ["ours, which others can write", () => writeAs(path, 0o666)],
    ["a link to ours", () => linkTo(join(prefix, "a"), path)],
    ["a folder", () => mkdirSync(path)],
    ["a file that is too long", () => writeFileSync(path, "x".repeat(70_000))],
  ])("is not installed over %s, nor taken away", (_what, put) => {
    put();
    const state = () => [statSync(path).ino, statSync(path).size, statSync(path).mode];
    const found = state();
    for (const act of [installAction, uninstallAction])
      expect(() => act(place(), ADA)).toThrow(
        "is not the file that this version of Postern writes, so nothing was changed",
      );
    expect(state()).toEqual(found);
  });

  test("is installed for the largest id that polkit can be asked about", () => {
    expect(installAction(place(), UID_MAX)).toMatchObject({ changed: true });
    expect(ownersIn(readFileSync(path, "utf8"))).toEqual([UID_MAX]);
  });

  test.each([0, -1, 1.5, Number.NaN, UID_MAX + 1])("is refused for the user %d", (user) => {
    expect(() => installAction(place(), user)).toThrow("polkit asks a person with an ordinary user id, and root never");
    expect(readdirSync(join(prefix, ACTION_FOLDER))).toEqual([]);
  });

  test("is refused where polkit is not, where others can write, and for who is not root", () => {
    chmodSync(join(prefix, ACTION_FOLDER), 0o777);
    expect(() => installAction(place(), ADA)).toThrow("can be written by others, so nothing was changed");
    rmSync(join(prefix, "usr"), { recursive: true });
    expect(() => installAction(place(), ADA)).toThrow("polkit is not on this machine");
    expect(() => installAction({ platform: "linux", prefix: undefined, user: ADA }, ADA)).toThrow(
      `only root can write to ${ACTION_FOLDER}, where polkit looks`,
    );
  });
});

/** As root, in a folder of root's: the agent takes no other. */
describe.runIf(isRoot)("the agent's look at the action (needs root)", () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync("/opt/postern-test-");
    chmodSync(folder, 0o755);
    path = join(folder, "action.policy");
    writeFileSync(path, actionText([ADA]));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("is content with a file of root's that names this user", () => {
    expect(whyNoAction(ADA, path)).toBeUndefined();
  });

  test("says that the file cannot be read, whatever the reason", () => {
    const long = join(folder, "a".repeat(300));
    expect(whyNoAction(ADA, long)).toBe(`${long} cannot be read (ENAMETOOLONG)`);
  });

  test("says so to a user who may not read it", () => {
    chmodSync(path, 0o600);
    const words = [...agentOptions, fileURLToPath(new URL("./why-no-action.ts", import.meta.url)), path];
    const user = ["--reuid", `${NOBODY}`, "--clear-groups", "--", process.execPath];
    const ran = spawnSync("setpriv", [...user, ...words], { encoding: "utf8" });
    expect([ran.stdout, ran.stderr]).toEqual([`${path} cannot be read (EACCES)\n`, ""]);
  });

  test.each<[string, number | undefined, () => void, string]>([
    ["the agent runs as root", 0, () => {}, "the agent runs as root, whom polkit asks nothing"],
    ["it is for another user", BOB, () => {}, "is not installed for you: run `postern approver install polkit`"],
    ["it is gone", ADA, () => rmSync(path), "is not installed: run `postern approver install polkit`"],
    [
      "it belongs to another user",
      ADA,
      () => chownSync(path, NOBODY, 0),
      "does not count: the file does not belong to root",
    ],
    ["others can write it", ADA, () => chmodSync(path, 0o646), "does not count: the file can be written by others"],
    ["its folder is open", ADA, () => chmodSync(folder, 0o777), "a folder above the file can be written by others"],
    [
      "it says yes",
      ADA,
      () => writeFileSync(path, actionText([ADA]).replace("auth_self<", "yes<")),
      "is not the file that",
    ],
    [
      "it is too long",
      ADA,
      () => writeFileSync(path, `${actionText([ADA])}${" ".repeat(70_000)}`),
      "is not the file that",
    ],
    ["it is a folder", ADA, () => makeFolderAt(path), "does not count: the file is no file"],
  ])("says why nobody is asked where %s", (_what, uid, spoil, why) => {
    spoil();
    expect(whyNoAction(uid, path)).toContain(why);
  });
});
