// policy: the rules in policy.json. They count only once the person has approved exactly that content.
import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { open, realpath } from "node:fs/promises";
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { policyLine } from "../agent/policy-words.ts";
import { withAgent } from "../agent/session.ts";
import { demandPerson, withPassword } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { passwordFd } from "../files/secret-input.ts";
import { askYes } from "../terminal/ask.ts";
import { exitCodes, UsageError } from "../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";

type Status = Methods["policy.get"]["result"];
type Explanation = Methods["policy.test"]["result"];
type Given = { passwordFd?: string };

const indented = (lines: readonly string[]) => lines.map((line) => `  ${oneLine(line)}`);

function show(terminal: Terminal): Promise<void> {
  demandPerson();
  return withAgent(
    terminal,
    async (agent) => {
      const found = await agent.call("policy.get", {});
      terminal.result(found, () => statusText(found));
    },
    "person",
  );
}

function statusText({ path, state, fault, file }: Status): string {
  const step =
    fault === undefined
      ? "`postern policy approve` shows what changes"
      : "mend the file, then run `postern policy approve`";
  const next = state === undefined || state === "active" ? [] : [`  next: ${step}`];
  return [
    policyLine(state),
    ...(fault === undefined ? [] : [`  ${oneLine(fault)}`]),
    ...next,
    `The file: ${oneLine(path)}${file === undefined ? "" : `, SHA-256 ${file.sha256}`}`,
    ...indented(file?.sentences ?? []),
  ].join("\n");
}

function approve(terminal: Terminal, options: Given & { yes?: boolean }): Promise<void> {
  return withPassword(terminal, options, async (agent, password) => {
    const found = await agent.call("policy.get", { proof: { kind: "password", password } });
    if (found.fault !== undefined)
      throw new UsageError(oneLine(found.fault), "mend the file, and run this again; nothing was approved");
    if (found.state === undefined || found.state === "active") {
      const line = found.state === undefined ? `There is no file ${oneLine(found.path)}.` : policyLine("active");
      return terminal.result({ approved: false, state: found.state }, () => `${line} There is nothing to approve.`);
    }
    for (const line of changeLines(found)) terminal.tell(line);
    const question = found.file === undefined ? "Take the policy away?" : "Approve exactly this?";
    if (options.yes !== true && !(await askYes(question)))
      return terminal.result({ approved: false, state: found.state }, () => "Nothing was changed.");
    const shown = found.file === undefined ? {} : { sha256: found.file.sha256 };
    const { state } = await agent.call("policy.approve", { password, ...shown });
    terminal.result({ approved: true, state }, () => policyLine(state));
  });
}

/** What approving would change: the rules as they are read, and the lines of the file. */
function changeLines({ file, approved, difference = [] }: Status): string[] {
  return [
    ...(approved === undefined ? [] : ["Approved so far:", ...indented(approved.sentences), ""]),
    file === undefined ? "The file is gone. From now on there would be no policy." : "From now on:",
    ...indented(file?.sentences ?? []),
    "",
    "The lines of the file that change:",
    ...(difference.length === 0 ? ["  none"] : indented(difference)),
    ...(file === undefined ? [] : ["", `SHA-256 ${file.sha256}`]),
  ];
}

/** What comes of it is the exit code too, for scripts. */
const ends = { allow: exitCodes.ok, deny: exitCodes.denied, ask: exitCodes.asked } as const;

function test(terminal: Terminal, reference: string, options: Given & { as?: string; verb?: string }): Promise<void> {
  const pid = pidFrom(options.as);
  const { verb = "read" } = options;
  if (verb !== "read" && verb !== "write") throw new UsageError("--verb is read or write", "leave it out for read");
  return withPassword(
    terminal,
    options,
    async (agent, password) => {
      const found = await agent.call("policy.test", { pid, reference, verb, proof: { kind: "password", password } });
      terminal.result(found, () => explanationText(found));
      process.exitCode = ends[found.effect];
    },
    "Account password, to see the rules",
  );
}

function pidFrom(typed: string | undefined): number {
  if (typed !== undefined && /^[1-9]\d{0,6}$/.test(typed)) return Number(typed);
  throw new UsageError("--as takes the pid of a process of yours", "for one, `--as $$` is this shell");
}

const outcomes = {
  allow: "It is allowed without a question.",
  deny: "It is denied, and nobody is asked.",
  ask: "A person is asked, unless they said yes already.",
} as const;

function explanationText({ effect, rule, later, unseen, resting, processes }: Explanation): string {
  return [
    outcomes[effect],
    rule === undefined ? "  no rule decides" : `  rule ${oneLine(rule.text)}`,
    ...(resting === undefined ? [] : [`  ${oneLine(resting)}`]),
    ...(unseen === undefined ? [] : [`  No rule can allow this program anything: ${oneLine(unseen)}.`]),
    ...(later.length === 0 ? [] : ["Once its vault and item are known, these may decide:", ...indented(later)]),
    "The process, and those above it (* is the one that rules are about):",
    ...processes.flatMap(processLines),
  ].join("\n");
}

function processLines({ pid, program, sha256, script, terminal, judged }: Explanation["processes"][number]): string[] {
  return [
    `${judged ? "*" : " "} ${pid}  ${oneLine(program)}${terminal ? ", with a terminal" : ", without a terminal"}`,
    ...(sha256 === undefined ? [] : [`    executable ${sha256}`]),
    ...(script === undefined
      ? []
      : [
          `    script ${oneLine(script.path)}${script.seen ? "" : ", which is its claim"}`,
          ...(script.sha256 === undefined ? [] : [`    script ${script.sha256}`]),
        ]),
  ];
}

/** The hash of a file, for a rule. A link is followed, since the kernel runs what it leads to. */
async function hashOf(path: string): Promise<{ path: string; sha256: string }> {
  try {
    const real = await realpath(path);
    const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile())
      throw new UsageError(`${oneLine(path)} is no file`, "name a program or a script");
    const hash = createHash("sha256");
    for await (const chunk of createReadStream("", { fd: file })) hash.update(chunk as Buffer);
    return { path: real, sha256: hash.digest("hex") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof UsageError || code === undefined) throw error;
    throw new UsageError(`${oneLine(path)} could not be read (${code})`, "name a file that you may read");
  }
}

async function hash(terminal: Terminal, paths: readonly string[]): Promise<void> {
  const hashes: { path: string; sha256: string }[] = [];
  for (const path of paths) hashes.push(await hashOf(path));
  terminal.result({ hashes }, () => hashes.map(({ path, sha256 }) => `${sha256}  ${oneLine(path)}`).join("\n"));
}

/** Adds `postern policy …`. */
export function addPolicyCommands(program: Command): void {
  const policy = addCommand(
    program,
    "policy",
    "show the rules in policy.json, and whether they count; docs/policy.md explains them",
    "postern policy",
    [],
    (terminal) => show(terminal),
  );
  addCommand<Given & { yes?: boolean }>(
    policy,
    "approve",
    "show what changes, and approve it with the account password; without the file, take the policy away",
    "postern policy approve",
    [passwordFd, ["--yes", "do not ask again after showing what changes"]],
    (terminal, _args, options) => approve(terminal, options),
  );
  addCommand<Given & { as?: string; verb?: string }>(
    policy,
    "test <reference>",
    "explain what the rules do if a process asks: exit code 0 allowed, 4 denied, 9 a person is asked",
    "postern policy test --as 4711 op://Work/DB/password",
    [
      ["--as <pid>", "the process that would ask"],
      ["--verb <verb>", "read, which is the default, or write"],
      passwordFd,
    ],
    (terminal, [reference = ""], options) => test(terminal, reference, options),
  );
  addCommand(
    policy,
    "hash <file...>",
    "print the SHA-256 of programs and scripts, to write rules with",
    "postern policy hash /usr/local/bin/deploy",
    [],
    (terminal, paths) => hash(terminal, paths),
  );
}
