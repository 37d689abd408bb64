import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkStart, type Start, swapsAreHarmless } from "../../daemon/harden.ts";
import {
  allowedEnvironment,
  childEnvironment,
  keptVariables,
  refusedVariable,
  trimEnvironment,
} from "../../daemon/host/environment.ts";
import { StartRefused } from "../../daemon/host/start-refused.ts";
import { START_VARIABLES } from "../../protocol/start-file.ts";
import type { HardenedWord } from "./hardened.ts";
import { lineOf, NOBODY, nobodyCanRun } from "./peer/children.ts";
import { listeningSockets } from "./ports.ts";

const program = join(import.meta.dirname, "hardened.ts");
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function startHardened(
  options: string[],
  env: Record<string, string> = {},
  more: SpawnOptions = {},
): Promise<{ child: ChildProcess; word: HardenedWord }> {
  const child = spawn(process.execPath, [...options, program], { stdio: ["pipe", "pipe", "pipe"], env, ...more });
  children.push(child);
  return { child, word: JSON.parse(await lineOf(child)) as HardenedWord };
}

const PROPER = ["--disable-sigusr1"];

describe("a start", () => {
  const proper: Start = { platform: "linux", execArgv: PROPER, env: { HOME: "/home/ada" } };

  test("is allowed with the flag, and with options that only tune memory and warnings", () => {
    checkStart(proper);
    checkStart({
      ...proper,
      execArgv: [...PROPER, "--no-warnings", "--max-old-space-size=100", "--disable-warning=ExperimentalWarning"],
    });
    checkStart({ ...proper, env: { NODE_OPTIONS: "" } });
  });

  test.each<[string, string[]]>([
    ["--disable-sigusr1", []],
    ["--disable-sigusr1", ["--no-warnings"]],
    ["--inspect", [...PROPER, "--inspect"]],
    ["--inspect", [...PROPER, "--inspect=0.0.0.0:1"]],
    ["--inspect-brk", ["--inspect-brk", ...PROPER]],
    ["--inspect-wait", [...PROPER, "--inspect-wait"]],
    ["--inspect-port", [...PROPER, "--inspect-port=0"]],
    ["--require", [...PROPER, "--require", "./hook.js"]],
    ["-r", [...PROPER, "-r", "./hook.js"]],
    ["-r", [...PROPER, "-r./hook.js"]],
    ["--import", [...PROPER, "--import=./hook.js"]],
    ["--loader", [...PROPER, "--loader", "./hook.js"]],
    ["--report-on-signal", [...PROPER, "--report-on-signal"]],
    ["--report-uncaught-exception", [...PROPER, "--report-uncaught-exception"]],
    ["--heapsnapshot-signal", [...PROPER, "--heapsnapshot-signal=SIGUSR2"]],
    ["--cpu-prof", [...PROPER, "--cpu-prof"]],
    ["--env-file", [...PROPER, "--env-file=.env"]],
    ["--no-disable-sigusr1", [...PROPER, "--no-disable-sigusr1"]],
    ["--tls-keylog", [...PROPER, "--tls-keylog=keys"]],
  ])("is refused, naming %s, under %j", (name, execArgv) => {
    const start = () => checkStart({ ...proper, execArgv });
    expect(start).toThrow(StartRefused);
    expect(start).toThrow(new RegExp(`${name}$`));
  });

  test.each([
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_V8_COVERAGE",
    "NODE_DEBUG",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "OPENSSL_CONF",
    "LD_PRELOAD",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "NODE_COMPILE_CACHE",
    "NODE_CHANNEL_FD",
    "NODE_A_NAME_OF_NEXT_YEAR",
    "GLIBC_TUNABLES",
    "GCONV_PATH",
    "MALLOC_PERTURB_",
  ])("is refused under %s, without repeating its value", (name) => {
    const start = () => checkStart({ ...proper, env: { [name]: "hunter2" } });
    expect(start).toThrow(name);
    expect(start).toThrow(expect.not.objectContaining({ message: expect.stringContaining("hunter2") }));
  });

  test("is allowed under variables that many machines set, and under all that act on no process early", () => {
    const env = {
      NODE_ENV: "production",
      NODE_VERSION: "26.10.0",
      NODE_EXTRA_CA_CERTS: "/ca.pem",
      MALLOC_ARENA_MAX: "2",
    };
    checkStart({
      ...proper,
      env: { ...proper.env, ...env, EDITOR: "vi", LDFLAGS: "-s", NODEJS_HOME: "/opt/node", node_x: "1" },
    });
  });

  test("is refused under a variable with an odd name, which is not repeated", () => {
    const start = () => checkStart({ ...proper, env: { "NODE_\u001b[2J": "1" } });
    expect(start).toThrow(/under a variable NODE_…, which/);
  });

  test.each(["darwin", "win32", "freebsd"] as const)("is refused on %s, saying why", (platform) => {
    expect(() => checkStart({ ...proper, platform })).toThrow(/on Linux only/);
  });

  test("is refused in a real process too", async () => {
    expect((await startHardened([])).word).toEqual({
      is: "refused",
      reason: expect.stringContaining("--disable-sigusr1"),
    });
    expect((await startHardened(PROPER, { NODE_OPTIONS: "--no-warnings" })).word).toEqual({
      is: "refused",
      reason: expect.stringContaining("NODE_OPTIONS"),
    });
    expect((await startHardened([...PROPER, "--inspect=127.0.0.1:0"])).word).toEqual({
      is: "refused",
      reason: expect.stringContaining("--inspect"),
    });
  });
});

describe("a hardened process", () => {
  test("says itself that its own measures hold", async () => {
    const { word } = await startHardened(PROPER, { HOME: "/", SECRET: "x", PATH: "/bin" });
    if (word.is !== "hardened") return expect.fail(JSON.stringify(word));
    const own = ["closedMemory", "noCoreFiles", "noDebuggerBySignal", "noDebugger", "privateFiles"];
    expect(word.protections.filter(({ name }) => own.includes(name)).map(({ active }) => active)).toEqual(
      own.map(() => true),
    );
    expect(word.protections.every(({ why, advice }) => why !== "" && advice !== "")).toBe(true);
    expect(word.variables).toEqual(["HOME"]);
    expect(word.umask).toBe(0o077);
  });

  test("has no core file by the kernel's own account", async () => {
    const { child } = await startHardened(PROPER);
    expect(readFileSync(`/proc/${child.pid}/limits`, "utf8")).toMatch(/^Max core file size +0 +0 /m);
  });

  test("opens no port on SIGUSR1 and lives on", async () => {
    const { child } = await startHardened(PROPER);
    const pid = child.pid ?? 0;
    for (let round = 0; round < 5; round++) child.kill("SIGUSR1");
    // The kernel can give the signal to no thread, so there is nothing to wait for.
    const threads = readdirSync(`/proc/${pid}/task`).map((task) => takesSigusr1(pid, task));
    expect(threads).toEqual(threads.map(() => false));
    // The process lists its own sockets, since no other process of its user may read its descriptors.
    child.stdin?.write("\n");
    expect(JSON.parse(await lineOf(child))).toEqual({ is: "ports", sockets: [] });
    expect(child.exitCode).toBeNull();
    expect(child.signalCode).toBeNull();
  });

  test("differs in that from a process without the flag, which opens one", async () => {
    const child = spawn(process.execPath, ["-e", `console.log("there"); setInterval(() => {}, 1000)`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    await lineOf(child);
    child.kill("SIGUSR1");
    await expect.poll(() => listeningSockets(child.pid ?? 0).length, { timeout: 10_000 }).toBe(1);
  });

  const secrets = ["environ", "mem", "maps"];
  const readAll = (pid: number) =>
    secrets.filter(
      (name) =>
        spawnSync("head", ["-c", "1", `/proc/${pid}/${name}`], {
          uid: NOBODY,
          gid: NOBODY,
          env: { PATH: "/usr/bin:/bin" },
          encoding: "latin1",
        }).stdout !== "",
    );
  const asNobody: SpawnOptions = { uid: NOBODY, gid: NOBODY, cwd: "/" };

  test.runIf(nobodyCanRun)("is closed to a sibling of the same user (needs root, to become nobody)", async () => {
    const { child, word } = await startHardened(PROPER, { HOME: "/" }, asNobody);
    expect(word.is).toBe("hardened");
    expect(readAll(child.pid ?? 0)).toEqual([]);
  });

  test.runIf(nobodyCanRun)(
    "differs in that from any other process of that user (needs root, to become nobody)",
    async () => {
      const child = spawn(process.execPath, ["-e", `console.log("there"); setInterval(() => {}, 1000)`], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { HOME: "/" },
        ...asNobody,
      });
      children.push(child);
      await lineOf(child);
      expect(readAll(child.pid ?? 0)).toEqual(expect.arrayContaining(["environ", "maps"]));
    },
  );
});

/** Whether a thread neither blocks nor ignores SIGUSR1. */
function takesSigusr1(pid: number, task: string): boolean {
  const status = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
  const mask = (name: string) => BigInt(`0x${new RegExp(`^${name}:\\t([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`);
  const bit = 1n << BigInt(constants.signals.SIGUSR1 - 1);
  return ((mask("SigBlk") | mask("SigIgn")) & bit) === 0n;
}

describe("the environment", () => {
  test("of the agent is what is on the list, from whatever starts it", () => {
    const env = {
      HOME: "/home/ada",
      POSTERN_HOME: "/p",
      PATH: "/evil",
      NODE_OPTIONS: "-r x",
      OP_SERVICE_ACCOUNT_TOKEN: "ops_x",
      __proto__: "x",
    };
    expect(allowedEnvironment(env)).toEqual({ HOME: "/home/ada", POSTERN_HOME: "/p" });
    trimEnvironment(env);
    expect(Object.keys(env)).toEqual(["HOME", "POSTERN_HOME"]);
  });

  test("allowed to the agent is never one it refuses", () => {
    const everything = new Proxy({}, { get: () => "x" });
    expect(refusedVariable(allowedEnvironment(everything))).toBeUndefined();
  });

  test("keeps each variable that a client hands to an agent which it starts, and beside them only those of systemd", () => {
    const all = Object.fromEntries(
      [...START_VARIABLES, "LISTEN_PID", "LISTEN_FDS", "NOTIFY_SOCKET"].map((name) => [name, "x"]),
    );
    expect(allowedEnvironment(all)).toEqual(all);
    expect(keptVariables.toSorted()).toEqual(Object.keys(all).sort());
  });

  test("of its children is fixed", () => {
    expect(childEnvironment).toEqual({ PATH: "/usr/bin:/bin", LANG: "C.UTF-8" });
    expect(Object.isFrozen(childEnvironment)).toBe(true);
  });
});

describe("swap", () => {
  const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
  test.each<[string, boolean, string]>([
    ["none", true, header],
    ["an old kernel's silence", true, ""],
    ["zram", true, `${header}/dev/zram0   partition\t1\t0\t100\n`],
    ["a mapped device", true, `${header}/dev/dm-1   partition\t1\t0\t-2\n`],
    ["a file", false, `${header}/swapfile   file\t1\t0\t-2\n`],
    ["a partition beside zram", false, `${header}/dev/zram0  partition\t1\t0\t100\n/dev/sda2  partition\t1\t0\t-2\n`],
  ])("that is %s counts as harmless: %s", (_title, harmless, swaps) => {
    expect(swapsAreHarmless(swaps)).toBe(harmless);
  });
});
