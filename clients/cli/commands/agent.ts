// status, doctor, agent, service: the processes behind the socket.
import { homedir } from "node:os";
import type { Command } from "commander";
import type { Channel } from "../../typescript/channel.ts";
import type { Methods } from "../../typescript/generated.ts";
import { AgentNotRunning } from "../../typescript/local-error.ts";
import { unavailableLines } from "../agent/approvers.ts";
import { dialAgent, greeting } from "../agent/dial.ts";
import { lockingWords, unheardScreenLines } from "../agent/idle-lock.ts";
import { launchdPlist, systemdService, systemdSocket } from "../agent/install-units.ts";
import { installationLines } from "../agent/installation.ts";
import { hasNativeCommand, nativeCommandLine } from "../agent/native-command.ts";
import { policyPart } from "../agent/policy-words.ts";
import { linkLines } from "../agent/service-link.ts";
import { connect } from "../agent/session.ts";
import { agentEnvironment, agentOptions, agentProgram, programPath, startAgent } from "../agent/start-agent.ts";
import {
  demandTraced,
  runsAlready,
  type TraceOption,
  traceLines,
  traceOption,
  traceWords,
} from "../agent/trace-option.ts";
import { goOn } from "../agent/unfinished-restore.ts";
import { hasEnded, whereabouts } from "../agent/whereabouts.ts";
import { addAccountOption, addCommand, addGroup, chosenBy } from "../context.ts";
import { type CaFile, caFile, keepAuthorities } from "../files/ca-file.ts";
import { leftAccount } from "../left-account.ts";
import { exitCodes, UsageError } from "../terminal/exit-code.ts";
import { localTime } from "../terminal/local-time.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Status = Methods["agent.status"]["result"];

/** A running agent. None is started, since a status must change nothing, and stopping needs none. */
async function running(terminal: Terminal, more: { anyProtocol?: true } = {}): Promise<Channel | undefined> {
  try {
    return await dialAgent(terminal, more);
  } catch (error) {
    if (error instanceof AgentNotRunning) return undefined;
    throw error;
  }
}

async function statusOf(terminal: Terminal): Promise<Status | undefined> {
  const channel = await running(terminal);
  return channel?.call("agent.status", {}).finally(() => channel.close());
}

async function status(terminal: Terminal): Promise<void> {
  const found = await statusOf(terminal);
  if (found === undefined) {
    terminal.result({ running: false }, () => "No agent is running. Any command that needs one starts it.");
    process.exitCode = exitCodes.unreachable;
    return;
  }
  terminal.result({ running: true, ...found }, () => statusText(terminal, found));
}

function statusText(terminal: Terminal, found: Status): string {
  const restore = goOn(found);
  const states = {
    signedOut:
      restore === undefined
        ? `no account is signed in; ${leftAccount() ?? "run `postern init` or `postern signin`"}`
        : `a restore was cut off; run the same \`${restore}\` again`,
    locked: lockedWords(found.sessions),
    unlocked: terminal.good(stateWords(found.sessions)),
  };
  const sessions = found.sessions.map(
    (session) =>
      `${session.account === undefined ? "an account (its id is shown to the installation of the agent only)" : `account ${session.account}`}${session.default === true ? ", the default" : ""}: ${session.state}${session.unlockedAt === undefined ? "" : ` since ${localTime(session.unlockedAt)}`}${session.proof === undefined ? "" : `, approves by ${session.proof}`}${session.idleLock === undefined ? "" : `, ${lockingWords(session.idleLock)}`}${policyPart(session.policy)}`,
  );
  return [
    `Agent ${found.version}, running since ${localTime(found.startedAt)}: ${states[found.state]}`,
    ...sessions,
    ...new Set(found.sessions.flatMap(({ unavailable }) => unavailableLines(unavailable))),
    ...unheardScreenLines(found).map((line) => terminal.bad(`! ${line}`)),
    ...linkLines(found),
    `${found.openPrompts} prompts wait`,
    ...traceLines(found),
    ...installationLines(found).map((line, index) => (index === 0 ? terminal.bad(`! ${line}`) : line)),
  ].join("\n");
}

/** The number of open accounts. With a single account, its state. */
function stateWords(sessions: Status["sessions"]): string {
  const open = sessions.filter(({ state }) => state === "unlocked").length;
  return open === sessions.length ? "unlocked" : `${open} of ${sessions.length} accounts unlocked`;
}

function lockedWords({ length }: Status["sessions"]): string {
  if (length < 2) return "locked; run `postern unlock`";
  return "locked; `postern unlock` unlocks the default account, `postern --account NAME unlock` another one";
}

async function doctor(terminal: Terminal): Promise<void> {
  const found = await statusOf(terminal);
  if (found === undefined) {
    terminal.result(
      { running: false, protections: [], links: [] },
      () => "No agent is running, so nothing can be checked.\n  next: run `postern agent start`",
    );
    process.exitCode = exitCodes.unreachable;
    return;
  }
  const missing = found.protections.filter((protection) => !protection.active);
  const { protections, links } = found;
  const troubled = links.filter((link) => link.state === "unreached" || link.replaced !== undefined);
  terminal.result({ running: true, protections, links, nativeCommand: hasNativeCommand() }, () =>
    [
      ...protections.map((one) =>
        one.active
          ? `${terminal.good("✓")} ${one.name}: ${one.why}`
          : `${terminal.bad("✗")} ${one.name}: not active. With it, ${one.why}\n    next: ${one.advice}`,
      ),
      ...linkLines({ links: links.filter((link) => !troubled.includes(link)) }).map(
        (line) => `${terminal.good("✓")} ${line}`,
      ),
      ...[...linkLines({ links: troubled }), ...unheardScreenLines(found)].map(
        (line) => `${terminal.bad("✗")} ${line}`,
      ),
      nativeCommandLine(terminal),
    ].join("\n"),
  );
  if (missing.length > 0) process.exitCode = exitCodes.failed;
  else if (links.some(({ state }) => state === "unreached")) process.exitCode = exitCodes.unreachable;
}

/**
 * Becomes one of our programs. As a separate process it would survive a `kill -9` of this process, which is the one that a person or a
 * supervisor has started.
 */
function become(
  program: string,
  options: readonly string[],
  args: readonly string[],
  env: Record<string, string>,
): void {
  process.execve?.(process.execPath, [process.execPath, ...options, program, ...args], env);
  throw new UsageError("this system cannot replace a program by another", "start it in the background instead");
}

/** Ends the agent. Returns whether there was one. */
async function stop(terminal: Terminal): Promise<boolean> {
  // An agent from before an update may speak another protocol. It must end before the new one can start.
  const channel = await running(terminal, { anyProtocol: true });
  if (channel === undefined) return false;
  const pid = whereabouts()?.pid;
  await channel.call("agent.stop", {});
  // The agent closes the connection first, and its process ends soon after. Only then may another agent start.
  await channel.untilClosed();
  if (pid !== undefined) await untilEnded(pid);
  return true;
}

/** Milliseconds that an agent may take to end after it closed its connections. It only releases its lock. */
const END_MS_MAX = 5_000;
const LOOK_MS = 10;

async function untilEnded(pid: number): Promise<void> {
  for (let waited = 0; waited < END_MS_MAX && !hasEnded(pid); waited += LOOK_MS)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

/** Starts an agent unless one runs. Returns its status. */
async function started(terminal: Terminal, words: readonly string[]): Promise<Status> {
  if (words.length > 0) (await startAgent(greeting(), words)).close();
  const link = await connect(terminal, "person");
  const found = await link.call("agent.status", {}).finally(() => link.close());
  // Another command may have started one at the same time.
  demandTraced(words, found);
  return found;
}

async function start(terminal: Terminal, options: CaFile & TraceOption): Promise<void> {
  const words = traceWords(options);
  if (words.length > 0 && (await statusOf(terminal)) !== undefined) throw runsAlready();
  keepAuthorities(options);
  const found = await started(terminal, words);
  terminal.result({ running: true, ...found }, () => statusText(terminal, found));
}

async function restart(terminal: Terminal, options: CaFile & TraceOption): Promise<void> {
  const words = traceWords(options);
  keepAuthorities(options);
  const restarted = await stop(terminal);
  const found = await started(terminal, words);
  terminal.result({ running: true, restarted, ...found }, () => {
    const done = restarted
      ? "The agent was restarted, and everything is locked."
      : "No agent was running; one was started.";
    return `${done}\n${statusText(terminal, found)}`;
  });
}

type InstallOptions = { dryRun?: boolean; platform?: string };

function install(terminal: Terminal, options: InstallOptions): void {
  if (options.dryRun !== true)
    throw new UsageError(
      "this version prints what an installation would write, and writes nothing",
      "add --dry-run, and copy the files to where it says",
    );
  const platform = options.platform ?? process.platform;
  const parts = { node: process.execPath, options: agentOptions, program: agentProgram(), home: homedir() };
  const files =
    platform === "darwin"
      ? [{ path: `${homedir()}/Library/LaunchAgents/dev.postern.agent.plist`, text: launchdPlist(parts) }]
      : [
          { path: `${homedir()}/.config/systemd/user/postern.socket`, text: systemdSocket() },
          { path: `${homedir()}/.config/systemd/user/postern.service`, text: systemdService(parts) },
        ];
  const next =
    platform === "darwin"
      ? "launchctl load ~/Library/LaunchAgents/dev.postern.agent.plist"
      : "systemctl --user daemon-reload && systemctl --user enable --now postern.socket";
  terminal.result({ files, next }, () =>
    [...files.map(({ path, text }) => `# ${path}\n${text}`), `# then: ${next}`].join("\n"),
  );
}

export function addAgentCommands(program: Command): void {
  addCommand(
    program,
    "status",
    "say whether the agent runs and the account is unlocked",
    "postern status --json",
    [],
    status,
  );
  addCommand(program, "doctor", "say which protections are active on this machine", "postern doctor", [], doctor);

  const agent = addGroup(program, "agent", "run, start, stop, restart or install the agent", "postern agent restart");
  addCommand<TraceOption>(
    agent,
    "run",
    "run the agent in the foreground",
    "postern agent run",
    [traceOption],
    async (_terminal, _args, options) => {
      become(agentProgram(), agentOptions, traceWords(options), agentEnvironment());
    },
  );
  addCommand<CaFile & TraceOption>(
    agent,
    "start",
    "start the agent if it does not run",
    "postern agent start --trace trace.jsonl",
    [caFile, traceOption],
    (terminal, _args, options) => start(terminal, options),
  );
  addCommand(agent, "stop", "lock everything and end the agent", "postern agent stop", [], async (terminal) => {
    const ended = await stop(terminal);
    terminal.result({ running: false }, () => (ended ? "The agent has ended." : "No agent is running."));
  });
  addCommand<CaFile & TraceOption>(
    agent,
    "restart",
    "lock everything, end the agent, and start the one of this command",
    "postern agent restart",
    [caFile, traceOption],
    (terminal, _args, options) => restart(terminal, options),
  );
  addCommand<InstallOptions>(
    agent,
    "install",
    "print the units that start the agent with the session",
    "postern agent install --dry-run",
    [
      ["--dry-run", "print and write nothing"],
      ["--platform <name>", "linux or darwin"],
    ],
    async (terminal, _args, options) => install(terminal, options),
  );

  const service = addGroup(
    program,
    "service",
    "the account service, for a machine that others sign in to",
    "postern service run --port 8420",
  );
  addAccountOption(service.command("run"))
    .description("run the account service in the foreground")
    .option(
      "--data <folder>",
      "where its store lies ($POSTERN_HOME/service, or without that ~/.local/share/postern-service)",
    )
    .option("--port <n>", "the port")
    .option("--host <address>", "the address (127.0.0.1)")
    .option("--origin <url>", "the address that others reach it by")
    .option("--public-address <url>", "the address of links to shared items; without it nothing is shared")
    .option("--proxy <address>", "the address that your proxy connects from; it tells clients apart by X-Forwarded-For")
    .option("--json", "it prints JSON lines in any case")
    .addHelpText("after", "\nExample:\n  $ postern service run --data ./service --port 8420\n")
    .action(async (options: Record<string, string | boolean>, command: Command) => {
      chosenBy(command);
      const names = {
        ...{ data: "data", port: "port", host: "host", origin: "origin", publicAddress: "public-address" },
        proxy: "proxy",
      };
      const args = Object.entries(names).flatMap(([name, flag]) =>
        typeof options[name] === "string" ? [`--${flag}`, options[name]] : [],
      );
      if (command.optsWithGlobals<{ json?: boolean }>().json === true) args.push("--json");
      const env = Object.fromEntries(
        ["HOME", "LANG", "TZ", "POSTERN_HOME"].flatMap((name) =>
          process.env[name] === undefined ? [] : [[name, process.env[name]]],
        ),
      );
      become(programPath("./service.js", "../../service/main.ts"), ["--disable-sigusr1", "--no-warnings"], args, env);
    });
}
