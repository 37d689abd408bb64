// The interrupted demonstration. Whatever ends it, its agent and programs end too, and its home is removed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { openChannel } from "../../clients/typescript/channel.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-d-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const environment = () => ({
  HOME: folder,
  TMPDIR: folder,
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  LANG: "C.UTF-8",
});

const homes = () => readdirSync(folder).filter((name) => name.startsWith("postern-demo-"));

/** A connection to the demonstration's agent, which closes when that ends. */
function toAgent() {
  const [home = "", ...others] = homes();
  // Everything that the demonstration puts into the temporary folder is in its home, and is removed with it.
  expect(others).toEqual([]);
  return openChannel(join(folder, home, "run", "agent.sock"), { name: "test", version: "1" });
}

/** Processes that were started with the test's folder in their environment. */
function programs(): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/environ`)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TMPDIR=${folder}`);
    } catch (error) {
      // Another user's process, or one that has ended since.
      if (["EACCES", "ESRCH", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
      throw error;
    }
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  test(`${signal} ends the demonstration with its agent, its programs and its home`, async () => {
    const child = spawn(process.execPath, ["--no-warnings", "--", main, "start", "--demo"], {
      env: environment(),
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let told = "";
    await new Promise<void>((resolve) => {
      child.stderr.on("data", (text: Buffer) => {
        told += text.toString();
        if (told.includes("$ sh -c")) resolve();
      });
    });
    const agent = await toAgent();
    child.kill(signal);
    expect(await ended).toBe(exitCodes.interrupted);
    await agent.untilClosed();
    expect(homes()).toEqual([]);
    await expect.poll(programs).toEqual([]);
  });

test("Ctrl-C through npm ends the demonstration with its agent and its home", async () => {
  const terminal = openTerminal(environment(), root);
  try {
    terminal.type("npm start -- --demo");
    await terminal.sees("variables of a web application");
    const agent = await toAgent();
    terminal.type("\u0003");
    await agent.untilClosed();
    terminal.type("echo code=$?");
    await terminal.sees("code=130");
    await expect.poll(homes).toEqual([]);
  } finally {
    terminal.end();
  }
});

test("the demonstration ends by itself without a terminal, with three yeses and a no", async () => {
  const child = spawn(process.execPath, ["--no-warnings", "--", main, "start", "--demo"], {
    env: environment(),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let told = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (told += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(told).toContain("the person says no");
  expect(told).not.toContain("the answer was refused");
  expect(code).toBe(0);
  expect(homes()).toEqual([]);
}, 90_000);
