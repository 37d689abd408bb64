// prompts, approve, deny, grants: a person's side of the agent. The PIN is typed into `approve` only. The whole lists ask for the account
// password.
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { PosternError, ProofRequiredError } from "../../typescript/generated.ts";
import { approvalProof, type Proof, passwordProof, proofOf } from "../agent/approval-proof.ts";
import { type ChoiceOptions, choiceOf, choiceOptions, optionsFor } from "../agent/choice-keys.ts";
import { type Agent, withAgent } from "../agent/session.ts";
import { mine, type ProofOptions, withWholeProof } from "../agent/whole-proof.ts";
import { demandPerson } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { fromDescriptor, passwordFd } from "../files/secret-input.ts";
import { askSecret, askYes } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { localTime } from "../terminal/local-time.ts";
import { type Terminal, table } from "../terminal/terminal.ts";

/** No prompt is open, or none has the typed code. */
const noPrompt = (typed: string | undefined) =>
  new PosternError(typed === undefined ? "no program waits for an answer" : "no open prompt has this code", {
    errorName: "promptNotFound",
    code: 0,
    hint:
      typed === undefined
        ? "if one did, its question has ended: start the program again"
        : "it may have timed out: start the program again, and use the code that it then shows",
  });

type ProofChoice = { pinFd?: string; passwordFd?: string };
type ApproveOptions = ProofChoice & ChoiceOptions & { yes?: boolean };

const pinFd = ["--pin-fd <n>", "read the approval PIN from this file descriptor"] as const;

/** The proof for an approval: from a descriptor, or typed. */
async function givenProof(agent: Agent, options: ProofChoice): Promise<Proof> {
  if (options.pinFd !== undefined) return { kind: "pin", pin: fromDescriptor(options.pinFd, "--pin-fd") };
  if (options.passwordFd !== undefined)
    return { kind: "password", password: fromDescriptor(options.passwordFd, "--password-fd") };
  const status = await agent.call("agent.status", {});
  const { label, kind, orPassword } = approvalProof(status, agent.account);
  const typed = await askSecret(label, `--${kind}-fd`, orPassword ? () => undefined : undefined);
  if (typed !== "" || !orPassword) return proofOf(kind, typed);
  const password = passwordProof(status, agent.account);
  return proofOf(password.kind, await askSecret(password.label, "--password-fd"));
}

/** Lines of a small terminal. */
const SCREEN_LINES = 20;

/** Codes as a person types them: `hn66`, `HN 66` and `HN-66` are one. */
function codeFrom(typed: string): string {
  const [, letters, digits] = /^([a-z]{2})[- ]?([0-9]{2})$/i.exec(typed.trim()) ?? [];
  if (letters === undefined || digits === undefined)
    throw new UsageError("a code is two letters and two digits", "for one, KX-42, as the waiting program shows it");
  return `${letters.toUpperCase()}-${digits}`;
}

/** Nobody types a PIN for a missing prompt, or for one of several. A terminal's own prompts show without a proof. */
async function demandOne(agent: Agent, typed: string | undefined): Promise<void> {
  const { openPrompts } = await agent.call("agent.status", {});
  if (openPrompts === 0) throw noPrompt(typed);
  if (typed !== undefined || openPrompts === 1) return;
  const { prompts: own } = await agent.call("prompts.list", {});
  const here = own.map(({ code }) => code).join(", ");
  throw new UsageError(
    `${openPrompts} programs wait for an answer`,
    `name the code that one of them shows${here === "" ? "" : `; from this terminal: ${here}`}`,
  );
}

async function approve(
  terminal: Terminal,
  agent: Agent,
  typed: string | undefined,
  options: ApproveOptions,
): Promise<void> {
  if (typed === undefined && options.yes === true)
    throw new UsageError("--yes needs the code of the program that you mean", "another one may wait by then");
  const choice = choiceOf(options);
  await demandOne(agent, typed);
  const proof = await givenProof(agent, options);
  const named = typed === undefined ? { only: true as const } : { code: typed };
  const { prompts } = await agent.call("prompts.list", { ...named, choice, proof });
  const [prompt] = prompts;
  if (prompt === undefined) throw noPrompt(typed);
  const { text = [], code } = prompt;
  for (const line of text) terminal.tell(line);
  // By then the asker's lines have scrolled away.
  if (text.length > SCREEN_LINES) terminal.tell(`\n${text[0]}`);
  if (prompt.offered !== undefined && options.yes !== true && Object.keys(choice).length === 0)
    terminal.tell(`(for more: Ctrl-C, then \`postern approve ${code} ${optionsFor(prompt.offered)}\`)`);
  const yes = options.yes === true || (await askYes(`Allow ${code}?`));
  if (!yes) {
    await agent.call("prompts.answer", { prompt: prompt.prompt, answer: "no" });
    return terminal.result({ code, answer: "no" }, () => "Denied.");
  }
  const answer = {
    prompt: prompt.prompt,
    answer: "yes" as const,
    ...(prompt.hash === undefined ? {} : { hash: prompt.hash }),
    choice,
  };
  // The proof of the listing also serves the answer for a minute. After that the person gives it again.
  await agent.call("prompts.answer", answer).catch((error: unknown) => {
    if (!(error instanceof ProofRequiredError)) throw error;
    return agent.call("prompts.answer", { ...answer, proof });
  });
  terminal.result({ code, answer: "yes" }, () => "Allowed.");
}

async function deny(terminal: Terminal, agent: Agent, code: string, options: ProofChoice): Promise<void> {
  const answer = { code, answer: "no" as const };
  const proven = async () => {
    await demandOne(agent, code);
    await agent.call("prompts.answer", { ...answer, proof: await givenProof(agent, options) });
  };
  const isGiven = options.pinFd !== undefined || options.passwordFd !== undefined;
  // A try without a proof counts as a wrong code, unless this is the asker's terminal.
  if (isGiven) await proven();
  else
    await agent.call("prompts.answer", answer).catch((error: unknown) => {
      if (!(error instanceof ProofRequiredError)) throw error;
      return proven();
    });
  terminal.result(answer, () => "Denied.");
}

export function addAccessCommands(program: Command): void {
  addCommand<ProofOptions>(
    program,
    "prompts",
    "list the questions that wait for an answer",
    "postern prompts",
    [passwordFd, mine],
    (terminal, _args, options) =>
      withWholeProof(terminal, options, async (agent, proof) => {
        const listed = await agent.call("prompts.list", proof);
        const elsewhere = proof.proof === undefined ? 0 : await waitingElsewhere(agent, listed.prompts.length);
        terminal.result(listed, () => promptsText(listed.prompts, elsewhere));
      }),
  );
  addCommand<ApproveOptions>(
    program,
    "approve [code]",
    "show what a program asks for, then allow or deny it; without a code, the one program that waits",
    "postern approve KX-42",
    [...choiceOptions, pinFd, passwordFd, ["--yes", "do not ask again after showing the text"]],
    (terminal, [code], options) => {
      demandPerson();
      const typed = code === undefined ? undefined : codeFrom(code);
      return withAgent(terminal, (agent) => approve(terminal, agent, typed, options));
    },
  );
  addCommand<ProofChoice>(
    program,
    "deny <code>",
    "deny what a program asks for; from another terminal than its own it takes the PIN",
    "postern deny KX-42",
    [pinFd, passwordFd],
    (terminal, [code = ""], options) => {
      demandPerson();
      return withAgent(terminal, (agent) => deny(terminal, agent, codeFrom(code), options));
    },
  );

  const grants = addCommand<ProofOptions>(
    program,
    "grants",
    "list the grants: each program, and what it may read or change",
    "postern grants",
    [passwordFd, mine],
    (terminal, _args, options) =>
      withWholeProof(terminal, options, async (agent, proof) => {
        const listed = await agent.call("grants.list", proof);
        terminal.result(listed, () => grantsText(listed.grants));
      }),
  );
  addCommand<ProofOptions & { all?: boolean }>(
    grants,
    "revoke [grant]",
    "end one grant, or all of them",
    "postern grants revoke --all",
    [["--all", "every grant"], passwordFd, mine],
    (terminal, [grant], options) =>
      withWholeProof(terminal, options, async (agent, proof) => {
        const { revoked } = await agent.call("grants.revoke", {
          ...proof,
          ...(grant === undefined ? {} : { grant }),
          ...(options.all === true ? { all: true as const } : {}),
        });
        terminal.result({ revoked }, () => `${revoked} ended.`);
      }),
  );
}

/** The number of prompts in other accounts. A proof shows those of one account only. */
async function waitingElsewhere(agent: Agent, here: number): Promise<number> {
  const { sessions, openPrompts } = await agent.call("agent.status", {});
  return sessions.length < 2 ? 0 : Math.max(0, openPrompts - here);
}

function promptsText(prompts: Methods["prompts.list"]["result"]["prompts"], elsewhere: number): string {
  const shown = prompts.map((prompt) =>
    [`${prompt.code}  until ${localTime(prompt.expiresAt, "second")}`, ...(prompt.text ?? [])].join("\n  "),
  );
  if (elsewhere > 0)
    shown.push(`In other accounts ${elsewhere} more: \`postern --account NAME prompts\` shows those of one account.`);
  return shown.length === 0 ? "Nothing waits." : shown.join("\n\n");
}

function holderOf({ kind, terminal, pid }: Methods["grants.list"]["result"]["grants"][number]["subject"]): string {
  return kind === "application" ? "each time it starts" : (terminal ?? `${pid}`);
}

function grantsText(grants: Methods["grants.list"]["result"]["grants"]): string {
  if (grants.length === 0) return "No grants.";
  const rows = grants.map((grant) => {
    const where = [grant.vault ?? "the whole account", grant.item, grant.field]
      .filter((part) => part !== undefined)
      .join("/");
    return [
      grant.grant,
      grant.act === undefined ? `${grant.verb} ${grant.level}` : `${grant.act}, read names`,
      where,
      `${grant.subject.program} (${holderOf(grant.subject)})`,
      localTime(grant.expiresAt),
    ];
  });
  return table(["GRANT", "MAY", "WHAT", "WHO", "UNTIL"], rows);
}
