// A person at another machine: a real sshd, and a real ssh in a real terminal. The programs run where the agent runs, and the question comes through.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { hasTool } from "../tools.ts";
import { asks, isReady, outcomes, REFERENCE, shellAt, stageOf } from "./asking-terminal.ts";
import { type Person, PIN } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const isHere = isReady && hasTool("sshd") && hasTool("ssh") && hasTool("ssh-keygen");

let agent: RunningAgent;
let channel: Channel;
let person: Person;
let terminal: Terminal;
let folder: string;
let server: ChildProcess;
let ssh: string;

/** A port that is free at this moment. sshd cannot choose one itself. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts a server with keys of this test alone. Returns the words of an ssh into it. */
async function startServer(): Promise<string> {
  folder = mkdtempSync(join(tmpdir(), "postern-ssh-"));
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  writeFileSync(join(folder, "allowed"), readFileSync(join(folder, "user.pub")), { mode: 0o600 });
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "allowed")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin yes",
  ];
  writeFileSync(join(folder, "settings"), `${settings.join("\n")}\n`);
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  const program = execFileSync("sh", ["-c", "PATH=$PATH:/usr/sbin command -v sshd"], { encoding: "utf8" }).trim();
  server = spawn(program, ["-D", "-e", "-f", join(folder, "settings")], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Server listening")) resolve();
    });
    server.once("exit", () => reject(new Error(`sshd did not start: ${said}`)));
  });
  const options = ["StrictHostKeyChecking=no", `UserKnownHostsFile=${join(folder, "known")}`, "LogLevel=ERROR"];
  return `ssh -F none -p ${port} -i ${join(folder, "user")} ${options.map((one) => `-o ${one}`).join(" ")} 127.0.0.1`;
}

describe.skipIf(!isHere)("over SSH (needs sshd, ssh, ssh-keygen, nc, setpriv, pinentry-tty, pinentry-curses)", () => {
  beforeAll(async () => {
    agent = await startAgent();
    // As on most machines: a window is tried too, and there is no display for one.
    ({ channel, person } = await stageOf(agent, ["window", "terminal"]));
    ssh = await startServer();
    // In a file, since ssh hands words to another shell.
    writeFileSync(join(agent.home, "ask.sh"), asks(agent.socket));
    terminal = shellAt(agent.home);
  });
  afterAll(async () => {
    terminal.end();
    server.kill();
    person.leave();
    channel.close();
    await agent.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What is typed while ssh still runs would be lost with it. */
  const isBack = () => terminal.sees(/\$ $/);

  test("our own command asks on the terminal there, and takes the PIN", async () => {
    terminal.type(
      `${ssh} -tt 'POSTERN_HOME=${agent.home} ${process.execPath} --disable-sigusr1 --no-warnings ${main} read ${REFERENCE}'`,
    );
    await terminal.sees(/PIN.*:\s*$/);
    expect(terminal.screen()).toContain("wants to read");
    terminal.type(PIN);
    await terminal.sees("s3cret");
    await isBack();
    expect(terminal.screen()).not.toContain(PIN);
  });

  test("another program is asked about by pinentry on the terminal there", async () => {
    terminal.type(`clear; ${ssh} -tt bash ${agent.home}/ask.sh`);
    await terminal.sees("Postern asks");
    terminal.type(PIN);
    await terminal.sees('"secret":"s3cret"');
    await isBack();
    expect((await outcomes(channel, "proof.pin")).at(-1)).toBe("ok /usr/bin/pinentry-tty");
  });

  test("a program without a terminal waits for nobody's window: it is answered in a terminal of its own", async () => {
    const opened = person.next();
    terminal.type(`clear; ${ssh} -n bash ${agent.home}/ask.sh > ${agent.home}/out &`);
    const { code } = await opened;
    terminal.type(
      `clear; ${ssh} -tt 'POSTERN_HOME=${agent.home} ${process.execPath} --disable-sigusr1 --no-warnings ${main} approve ${code}'`,
    );
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("Allow ");
    terminal.key("y");
    await expect.poll(() => readFileSync(`${agent.home}/out`, "utf8"), { timeout: 10_000 }).toContain("s3cret");
  });
});
