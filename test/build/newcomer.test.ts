// A newcomer with the packed package: init in one terminal, a read that waits, approve in another. The tarball is
// installed into an empty folder, so nothing of the repository is loaded.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { VERSION } from "../../clients/cli/version.ts";
import { limits } from "../../protocol/limits.ts";
import { openSdk } from "../agent/sdk-raw.ts";
import { compiler } from "../native/stage.ts";
import { cannotRun } from "./bridge-host.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PASSWORD = "seven quiet harbours";
const PIN = "493817";
const SECRET = "postgres://real:hunters-moon@db/shop";

let home: string;
let first: Terminal;
let second: Terminal;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "postern-new-"));
  for (const build of ["clients/bridge/build.ts", "clients/native/build.ts", "clients/cli/build.ts"])
    execFileSync(process.execPath, ["--no-warnings", build], { cwd: root });
  execFileSync("npm", ["pack", "--silent", "--pack-destination", home, join(root, "dist", "postern")], { cwd: root });
  const tarball = readdirSync(home).find((name) => name.endsWith(".tgz")) ?? "";
  writeFileSync(join(home, "package.json"), '{"name":"newcomer","version":"1.0.0","private":true}');
  execFileSync(
    "npm",
    [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "--engine-strict=false",
      join(home, tarball),
    ],
    { cwd: home },
  );
  const env = {
    HOME: home,
    POSTERN_HOME: join(home, "p"),
    PATH: `${join(home, "node_modules", ".bin")}:${dirname(process.execPath)}:/usr/bin:/bin`,
    LANG: "C.UTF-8",
  };
  first = openTerminal(env, home);
  second = openTerminal(env, home);
}, 120_000);

afterAll(async () => {
  second.type("postern agent stop");
  await second.sees("The agent has ended.");
  first.end();
  second.end();
  // The shells may still write their history.
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

/** Allows the request with this code in the other terminal. */
async function allow(terminal: Terminal, code: string): Promise<void> {
  terminal.type(`postern approve ${code}`);
  await terminal.sees("Approval PIN");
  terminal.type(PIN);
  await terminal.sees(`Allow ${code}`);
  terminal.type("y");
  await terminal.sees("Allowed.");
}

const codeOf = (found: RegExpExecArray): string => found[1] ?? "";

test("the service of the package has the share page with it, and needs nothing to build it", async () => {
  const folder = join(home, "node_modules", "postern");
  expect(existsSync(join(home, "node_modules", "vite"))).toBe(false);
  const data = mkdtempSync(join(tmpdir(), "postern-svc-"));
  const options = ["--data", data, "--port", "0", "--public-address", "https://share.example"];
  const service = spawn(process.execPath, [join(folder, "service.js"), ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => service.once("exit", resolve));
  try {
    const [line] = (await once(service.stdout, "data")) as [Buffer];
    const { listening } = JSON.parse(line.toString()) as { listening: string };
    const document = await fetch(`${listening}/s/${"a".repeat(26)}`);
    expect(document.status).toBe(200);
    const [, script = ""] = /src="([^"]+)"/.exec(await document.text()) ?? [];
    const loaded = await fetch(`${listening}${script}`);
    expect(loaded.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect((await loaded.text()).length).toBeGreaterThan(100_000);
  } finally {
    service.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
});

test("where the binary of a library is missing, the command says which, and what to do", () => {
  const library = join(home, "node_modules", "sodium-native", "prebuilds");
  const env = { HOME: home, POSTERN_HOME: join(home, "broken"), PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  renameSync(library, `${library}-away`);
  try {
    const ran = spawnSync(join(home, "node_modules", ".bin", "postern"), ["vault", "list"], { env, encoding: "utf8" });
    expect(ran.stderr).toContain("the native library (sodium-native) could not be loaded");
    expect(ran.stderr).toContain("reinstall Postern");
    expect(ran.stdout).toBe("");
    expect(ran.status).toBe(exitCodes.unreachable);
    expect(existsSync(join(home, "broken", "run", "agent.sock"))).toBe(false);
  } finally {
    renameSync(`${library}-away`, library);
  }
});

test("init guides to an account, and writes the kit for its owner alone", async () => {
  first.type("postern init --kit kit.txt");
  await first.sees("Account name");
  first.type("Ada");
  await first.sees("Account password");
  first.type(PASSWORD);
  await first.sees("strength:");
  await first.sees("The same again");
  first.type(PASSWORD);
  await first.sees("Approval PIN");
  first.type("4938l7");
  await first.sees("The same again");
  first.type(PIN);
  await first.sees("they differ; once more");
  await first.sees("Approval PIN");
  first.type(PIN);
  await first.sees("The same again");
  first.type(PIN);
  await first.sees("Lock the account after how long without use?");
  first.type("");
  await first.sees("The account is ready and unlocked.");
  expect(readFileSync(join(home, "kit.txt"), "utf8")).toMatch(/Secret Key\s+P1-/);
  expect(statSync(join(home, "kit.txt")).mode & 0o777).toBe(0o600);
  expect(first.screen()).not.toContain(PASSWORD);
});

test("the agent of the package reads long envelopes of the official SDKs in its thread", async () => {
  const program = await openSdk(join(home, "p", "run", "agent.sock"));
  program.send(Buffer.alloc(2 * limits.lineBytes, "x"));
  program.send("\n");
  expect(await program.next()).toMatch(/^\{"success":false,/);
  expect(await program.init()).toBeGreaterThan(0);
  program.close();
});

test("a vault is allowed in another terminal, once with what is put into it and read there", async () => {
  first.type("postern vault create Demo");
  await allow(second, codeOf(await first.sees(/approval, code ([A-Z]{2}-\d\d)/)));
  await first.sees("Made Demo");
  first.type("postern item create --vault Demo --title DB --category Password --secret password");
  await first.sees("◆  password");
  first.type(SECRET);
  await first.sees("Made DB");
  first.type("postern read op://Demo/DB/password");
  await first.sees(SECRET);
});

test("a read without a grant waits, shows what is asked, and goes on after approve", async () => {
  second.type("postern read op://Demo/DB/password");
  const code = codeOf(await second.sees(/approval, code ([A-Z]{2}-\d\d)/));
  first.type(`postern approve ${code}`);
  await first.sees("Approval PIN");
  first.type(PIN);
  await first.sees(/bash, process \d+ on \/dev\/pts\/\d+, wants to read:/);
  await first.sees("op://Demo/DB/password");
  await first.sees("everything started in that terminal session");
  await first.sees(`Allow ${code}`);
  first.type("y");
  await first.sees("Allowed.");
  await second.sees(SECRET);
});

test("a denial from another terminal takes the PIN, and ends the command with exit code 4", async () => {
  second.type("postern item list --vault Demo --json; echo exit $?");
  const code = codeOf(await second.sees(/approval, code ([A-Z]{2}-\d\d)/));
  first.type(`postern deny ${code}`);
  await first.sees("Approval PIN");
  first.type(PIN);
  await first.sees("Denied.");
  await second.sees("exit 4");
});

test("a program under postern run gets its secret, in a pty, and its output is masked", async () => {
  writeFileSync(join(home, ".env"), "DATABASE_URL=op://Demo/DB/password\nPLAIN=seen\n");
  first.type(
    `postern run --env-file .env -- sh -c 'test -t 1 && echo "tty $PLAIN $DATABASE_URL"; exit 7'; echo exit $?`,
  );
  await first.sees("tty seen <concealed by postern>");
  await first.sees("exit 7");
});

test("the examples that are shell scripts run with the installed command", async () => {
  const examples = join(root, "clients", "examples");
  first.type(`sh ${examples}/script.sh op://Demo/DB/password; echo script $?`);
  await first.sees(`${SECRET.length}`);
  await first.sees("script 0");
  first.type(`DB=x sh ${examples}/ci-job.sh; echo job $?`);
  await first.sees("no token: set POSTERN_SERVICE_ACCOUNT_TOKEN");
  await first.sees("job 2");
});

test.skipIf(cannotRun)("the package has the bridge library of this machine, and installs it", () => {
  const command = join(home, "node_modules", ".bin", "postern");
  const postern = (act: string) => {
    const env = { HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
    const ran = spawnSync(command, ["bridge", act, "--json", "--prefix", home], { env, encoding: "utf8" });
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    return JSON.parse(ran.stdout);
  };
  expect(postern("install")).toMatchObject({ changed: true });
  expect(postern("status")).toMatchObject({ state: "installed", others: [] });
  const name = join(`${process.platform}-${process.arch}`, "libop_sdk_ipc_client.so");
  const installed = readFileSync(join(home, "opt/1Password/libop_sdk_ipc_client.so"));
  expect(installed.equals(readFileSync(join(home, "node_modules", "postern", "bridge", name)))).toBe(true);
  expect(postern("uninstall")).toMatchObject({ removed: true });
});

test.skipIf(compiler === undefined)("what npm links to becomes the native command, from every place", async () => {
  const folder = join(home, "node_modules", "postern");
  const program = join(folder, "native", `${process.platform}-${process.arch}`, "postern");
  const away = join(home, "away");
  mkdirSync(join(home, "lib", "node_modules"), { recursive: true });
  symlinkSync(folder, join(home, "lib", "node_modules", "postern"));
  mkdirSync(join(home, "bin"));
  // As npm links a local package, a global one, and as a person may.
  for (const link of [join(home, "bin", "postern"), away]) symlinkSync(join(folder, "postern"), link);
  const linked = join(home, "node_modules", ".bin", "postern");
  renameSync(join(folder, "postern.js"), join(folder, "postern.js-away"));
  try {
    for (const command of [linked, join(home, "bin", "postern"), away, join(folder, "postern"), program]) {
      const ran = spawnSync(command, ["--version"], { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });
      expect([command, ran.status, ran.stdout]).toEqual([command, 0, `${VERSION}\n`]);
    }
  } finally {
    renameSync(join(folder, "postern.js-away"), join(folder, "postern.js"));
  }
  first.type("postern doctor | grep native");
  await first.sees("✓ native command");
  renameSync(program, `${program}-away`);
  first.type("clear; postern doctor | grep native; postern --version");
  await first.sees("✗ native command");
  await first.sees(VERSION);
  renameSync(`${program}-away`, program);
});

test("no test code is loaded: everything the package runs lies in the package", () => {
  const folder = join(home, "node_modules", "postern");
  expect(existsSync(join(folder, "agent.js"))).toBe(true);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.some(({ parentPath }) => parentPath.includes("code-cache"))).toBe(true);
  // V8's code cache contains the path of the program.
  const telling = files.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(root));
  expect(telling.map(({ parentPath, name }) => join(parentPath, name))).toEqual([]);
});
