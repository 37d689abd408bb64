// `postern bridge` from the sources, with a folder in the place of `/`.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compileLibrary } from "../../clients/bridge/compile.ts";
import { installBridge, type Machine, uninstallBridge } from "../../clients/cli/bridge/install.ts";
import { asRoot, LIBRARY, LIBRARY_BYTES_MAX, lookAt, searchedFolders } from "../../clients/cli/bridge/library.ts";
import { bridgeStatus } from "../../clients/cli/bridge/status.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { VERSION } from "../../clients/cli/version.ts";
import { cannotRun, ownCompiler, ownTarget } from "../build/bridge-host.ts";
import { command as main } from "../programs.ts";
import { postern, type Ran } from "./postern.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** Where `npm run build` puts the library of this machine, and the command from the sources takes it from. */
const built = fileURLToPath(new URL(`../../dist/bridge/${ownTarget?.name}/${LIBRARY}`, import.meta.url));

let home: string;
let prefix: string;
let target: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "postern-c-"));
  if (!cannotRun) compileLibrary(ownCompiler ?? "", VERSION, built);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  prefix = mkdtempSync(join(home, "root-"));
  target = join(prefix, "opt/1Password", LIBRARY);
});

const run = (words: string, at = prefix): Promise<Ran> =>
  postern(["bridge", ...words.split(" "), "--prefix", at], { home });
const json = (ran: Ran) => JSON.parse(ran.out) as Record<string, unknown>;

/** Puts a file where a program looks, with its folders. */
function put(path: string, content: string | Buffer = "\x7fELF of somebody else"): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, content, { mode: 0o755 });
}

const canMount = isRoot && !cannotRun && spawnSync("unshare", ["--mount", "true"]).status === 0;
test.runIf(canMount)("uninstall succeeds where a file system is mounted on the folder (needs unshare, as root)", () => {
  mkdirSync(dirname(target), { recursive: true });
  const words = (name: string) => `"$2" --disable-sigusr1 --no-warnings -- "$3" bridge ${name} --prefix "$1"`;
  const script = `mount -t tmpfs -o mode=755 none "$0" && ${words("install")} && ${words("uninstall")}`;
  const env = { HOME: home, POSTERN_HOME: home, PATH: process.env.PATH ?? "" };
  const given = ["--mount", "sh", "-c", script, dirname(target), prefix, process.execPath, main];
  const ran = spawnSync("unshare", given, { env, encoding: "utf8" });
  expect([ran.status, ran.stderr, ran.stdout]).toEqual([
    0,
    "",
    expect.stringMatching(/The bridge was removed from .*\n$/),
  ]);
});

/** Everything below the prefix. */
const tree = () => readdirSync(prefix, { recursive: true }).sort();

describe.skipIf(cannotRun)("the bridge", () => {
  test("is installed as a copy of mode 0755, told as it is, and removed with its folder", async () => {
    expect(json(await run("status --json"))).toEqual({ path: target, state: "absent", others: [] });
    expect(json(await run("install --json"))).toEqual({ path: target, version: VERSION, changed: true });
    const found = lstatSync(target);
    expect([found.isFile(), found.mode & 0o7777, found.nlink, found.uid]).toEqual([true, 0o755, 1, process.getuid?.()]);
    expect(readFileSync(target).equals(readFileSync(built))).toBe(true);
    expect(tree()).toEqual(["opt", "opt/1Password", `opt/1Password/${LIBRARY}`]);
    expect(json(await run("status --json"))).toEqual({
      path: target,
      state: "installed",
      version: VERSION,
      others: [],
    });
    expect(await run("install")).toMatchObject({
      code: 0,
      out: `The bridge ${VERSION} is at ${target} already.\n`,
      err: "",
    });
    expect(json(await run("uninstall --json"))).toEqual({ path: target, removed: true });
    expect(tree()).toEqual(["opt"]);
    expect(await run("uninstall")).toMatchObject({ code: 0, out: `There is no bridge at ${target}.\n` });
  });

  test("is readable for every user, whatever the umask of the person", async () => {
    const before = process.umask(0o077);
    const ran = await run("install");
    process.umask(before);
    expect(ran.code).toBe(0);
    expect(["opt", "opt/1Password"].map((folder) => lstatSync(join(prefix, folder)).mode & 0o777)).toEqual([
      0o755, 0o755,
    ]);
  });

  test("of another version is told, and replaced", async () => {
    const other = join(home, "other.so");
    compileLibrary(ownCompiler ?? "", "0.0.9", other);
    put(target, readFileSync(other));
    chmodSync(dirname(target), 0o755);
    expect(json(await run("status --json"))).toMatchObject({ state: "otherVersion", version: "0.0.9" });
    expect((await run("status")).out).toContain("run `postern bridge install`");
    expect(json(await run("install --json"))).toMatchObject({ version: VERSION, changed: true });
    expect(json(await run("status --json"))).toMatchObject({ state: "installed" });
  });

  test("takes with it what an installation left that was killed", async () => {
    await run("install");
    put(join(dirname(target), ".postern-bridge-77"), "half");
    expect((await run("uninstall")).code).toBe(0);
    expect(tree()).toEqual(["opt"]);
  });

  test("whose file others may change is told as unsafe, and put right", async () => {
    await run("install");
    chmodSync(target, 0o777);
    expect(json(await run("status --json"))).toMatchObject({ state: "unsafe", version: VERSION });
    expect(json(await run("install --json"))).toMatchObject({ changed: true });
    expect(json(await run("status --json"))).toMatchObject({ state: "installed" });
  });
});

/** What may lie where the official SDKs look, and is not ours. */
const foreign: readonly (readonly [string, string, (path: string) => void])[] = [
  ...searchedFolders.map((folder) => [`a library in ${folder}`, join(folder, LIBRARY), put] as const),
  ["the app of 1Password without a library", "/opt/1Password/1password", put],
  ["an empty file", join("/opt/1Password", LIBRARY), (path: string) => put(path, "")],
  ["a folder of that name", join("/opt/1Password", LIBRARY), (path: string) => mkdirSync(path, { recursive: true })],
  [
    "a link, even to our own library",
    join("/opt/1Password", LIBRARY),
    (path: string) => {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(built, path);
    },
  ],
  [
    "a file that is too large to be ours",
    join("/opt/1Password", LIBRARY),
    (path: string) => put(path, Buffer.concat([readFileSync(built), Buffer.alloc(LIBRARY_BYTES_MAX)])),
  ],
];

describe.skipIf(cannotRun).each(foreign)("%s", (_what, place, make) => {
  test("is named and left alone", async () => {
    make(join(prefix, place));
    const before = tree();
    const named = place.endsWith("1password") ? dirname(join(prefix, place)) : join(prefix, place);
    expect(json(await run("status --json"))).toMatchObject({ others: expect.arrayContaining([named]) });
    const installed = await run("install --json");
    expect(installed.code).toBe(exitCodes.usage);
    expect(JSON.parse(installed.err)).toMatchObject({ error: { message: expect.stringContaining(named) } });
    const isTarget = join(prefix, place) === target;
    expect((await run("uninstall")).code).toBe(isTarget ? exitCodes.usage : exitCodes.ok);
    expect(tree()).toEqual(before);
  });
});

/** What makes a folder on the way unsafe. */
const unsafe: readonly (readonly [string, string, (folder: string) => void])[] = [
  ["a folder that a group may write to", "/opt", (folder) => chmodSync(folder, 0o775)],
  ["a folder that everybody may write to", "/opt/1Password", (folder) => chmodSync(folder, 0o1777)],
  ...(isRoot
    ? ([["a folder of another user", "/opt", (folder: string) => chownSync(folder, NOBODY, NOBODY)]] as const)
    : []),
  [
    "a link on the way",
    "/opt",
    (folder) => {
      rmSync(folder, { recursive: true });
      mkdirSync(join(home, "elsewhere"), { recursive: true });
      symlinkSync(join(home, "elsewhere"), folder);
    },
  ],
  [
    "a file on the way",
    "/opt",
    (folder) => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, "");
    },
  ],
];

describe.skipIf(cannotRun).each(unsafe)("%s", (_what, place, make) => {
  test("keeps the bridge out, with the reason", async () => {
    mkdirSync(join(prefix, "opt/1Password"), { recursive: true, mode: 0o755 });
    make(join(prefix, place));
    const ran = await run("install");
    expect(ran).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(ran.err).toContain(join(prefix, place));
    expect(existsSync(target)).toBe(false);
  });
});

describe.skipIf(cannotRun)("a prefix", () => {
  test("where the system makes no folder is named with its reason, and no folder is asked for without end", async () => {
    const ran = await run("install", "/proc/self/postern");
    expect(ran).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(ran.err).toContain("/proc/self/postern/opt/1Password cannot be written (ENOENT)");
  });

  test.each([
    ["that is a file", "is no folder", (path: string) => writeFileSync(path, "")],
    ["that is a link", "is a link", (path: string) => symlinkSync(prefix, path)],
  ])("%s is refused", async (_what, reason, make) => {
    const at = `${prefix}-at`;
    make(at);
    const ran = await run("install", at);
    expect(ran).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(ran.err).toContain(`${at} ${reason}, so nothing was changed`);
    expect(tree()).toEqual([]);
  });
});

describe.skipIf(cannotRun || !isRoot)("without root", () => {
  test("a folder that cannot be read is told as another program's", () => {
    put(target);
    chmodSync(dirname(target), 0o700);
    const words = `
      const { foreignPlaces } = await import(process.argv[1]);
      const { bridgeStatus } = await import(process.argv[2]);
      process.setuid(${NOBODY});
      const machine = { platform: "linux", architecture: "x64", prefix: process.argv[3], user: ${NOBODY} };
      console.log(JSON.stringify([bridgeStatus(machine), foreignPlaces(machine)]));`;
    const modules = ["install", "status"].map((name) =>
      fileURLToPath(new URL(`../../clients/cli/bridge/${name}.ts`, import.meta.url)),
    );
    chmodSync(home, 0o755);
    chmodSync(prefix, 0o755);
    const told = execFileSync(process.execPath, [
      "--no-warnings",
      "--input-type=module",
      "-e",
      words,
      ...modules,
      prefix,
    ]);
    expect(JSON.parse(told.toString())).toEqual([{ state: "foreign" }, [target, dirname(target)]]);
  });

  test("install and uninstall name the exact command, and change nothing", async () => {
    const machine: Machine = { platform: "linux", architecture: process.arch, prefix: undefined, user: NOBODY };
    const before = existsSync(join("/", "opt/1Password"));
    expect(() => installBridge(machine)).toThrow("only root can write to /opt/1Password");
    expect(asRoot(["bridge", "install"])).toMatch(/^sudo \S+node\S* --disable-sigusr1 -- \/\S+ bridge install$/);
    expect(existsSync("/opt/1Password")).toBe(before);
  });
});

describe.each([
  ["darwin", "macOS"],
  ["win32", "Windows"],
  ["freebsd", "freebsd"],
])("on %s", (platform, name) => {
  test("the bridge is not there yet, and every command says so", () => {
    const machine: Machine = { platform, architecture: "arm64", prefix, user: process.getuid?.() };
    for (const act of [installBridge, uninstallBridge])
      expect(() => act(machine)).toThrow(`the bridge for the official SDKs is not there yet for ${name}`);
    expect(bridgeStatus(machine)).toEqual({ state: "unavailable" });
  });
});

test.skipIf(cannotRun)("a file of the most bytes that can be ours is ours, and one of a byte more is not", () => {
  const library = readFileSync(built);
  const kindOf = (bytes: number) => {
    put(target, Buffer.concat([library, Buffer.alloc(bytes - library.length)]));
    return lookAt(target, process.getuid?.() ?? 0).kind;
  };
  expect([kindOf(LIBRARY_BYTES_MAX), kindOf(LIBRARY_BYTES_MAX + 1)]).toEqual(["ours", "foreign"]);
});

test("a machine without a library of ours is told how to make one", () => {
  const machine: Machine = { platform: "linux", architecture: "riscv64", prefix, user: process.getuid?.() };
  expect(() => installBridge(machine)).toThrow("this installation has no bridge library for linux-riscv64");
  expect(tree()).toEqual([]);
});

test("--account is refused, and so is an empty prefix", async () => {
  const ran = await postern(["bridge", "status", "--account", "Ada"], { home });
  expect([ran.code, ran.err]).toEqual([
    exitCodes.usage,
    expect.stringContaining("--account means nothing to `postern bridge status`"),
  ]);
  expect(await postern(["bridge", "status", "--prefix", ""], { home })).toMatchObject({ code: exitCodes.usage });
});
