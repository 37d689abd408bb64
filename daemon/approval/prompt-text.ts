// The text of a prompt, which a person reads before saying yes.
import { createHash, randomBytes } from "node:crypto";
import type { Verb } from "../../protocol/entry.ts";
import { displayed, displayedLine, displayedPath } from "../account/displayed-text.ts";
import { type Scope, scopeKey } from "../account/scope.ts";
import type { Unfiled } from "../peer/command-line.ts";
import { type Launch, launchKey } from "../peer/launch.ts";
import type { Subject } from "../peer/subject.ts";
import { lengthLines, widthLines } from "./choice.ts";
import type { Choice } from "./prompt.ts";

const verbs: Readonly<Record<Verb, string>> = {
  read: "read",
  write: "change",
  manage: "see and manage grants, prompts and the audit log",
};

/** The parts of a prompt's text. An act has its own verb: `isAct`. The account is named where it must be told from others. */
export type Told = {
  readonly subject: Subject;
  readonly verb: Verb;
  /** The lines of each thing. */
  readonly things: readonly (readonly string[])[];
  readonly isAct: boolean;
  readonly account: string | undefined;
  readonly choice: Choice;
  /** Milliseconds without use after which the account locks. Undefined where the reader may not know it. */
  readonly lockMs: number | undefined;
  /** How the program was started, where the choice is about that. */
  readonly launch?: Launch | undefined;
  /** The file of a program that was allowed before, and is another one now. */
  readonly changed?: "script" | "executable" | undefined;
  /** What the policy says of it: of its file, and of a yes that will not count. */
  readonly notes?: readonly string[];
};

/**
 * The lines of a prompt: the asker, the target, and the width and length of a yes. Further lines of a thing are indented more than its first. No
 * name begins a line or holds two blanks in a row, so no name can imitate a line.
 */
export function promptText(told: Told): string[] {
  const { subject, verb, things, isAct, account, choice, lockMs, launch, changed, notes = [] } = told;
  const place = subject.terminal === undefined ? "" : ` on ${displayed(subject.terminal)}`;
  const wish = `wants to${isAct ? "" : ` ${verbs[verb]}`}${things.length > 0 ? ":" : ""}`;
  const process = subject.kind === "app" ? [] : [`process ${subject.pid}${place}`];
  const head = [...askerWords(subject), ...process, wish].join(", ");
  const about = things.flatMap((lines) => lines.map((line, at) => `${at === 0 ? "  " : "    "}${displayedLine(line)}`));
  const where = account === undefined ? [] : [displayedLine(`In the account ${JSON.stringify(displayed(account))}.`)];
  const since = changed === undefined ? [] : [`Its ${changed} has changed since you allowed it.`];
  const length = subject.kind === "once" ? [] : lengthLines(choice, lockMs);
  const held = launch === undefined ? [holds(subject, choice)] : heldByLaunch(launch);
  const given = [...widthLines(choice, verb, things.length), ...held, ...length];
  return [head, ...about, ...where, ...since, ...given, ...notes];
}

/** Names the asker. The executable was seen. A script that the agent did not see open is told as a claim. */
function askerWords({ kind, program, script, isScriptSeen, runs, unseen }: Subject): string[] {
  if (kind === "app") return [`${program}, which any program of yours can open`];
  const seen = displayedPath(program);
  return [
    script !== undefined && isScriptSeen ? `${displayedPath(script)} (${seen})` : seen,
    ...(unseen === "gone" ? ["a file that is gone"] : []),
    ...(script !== undefined && !isScriptSeen ? [`which says it runs ${displayedPath(script)}`] : []),
    ...(runs === undefined ? [] : [claimOf(runs)]),
    ...(unseen === "elsewhere" ? ["inside its own file system"] : []),
  ];
}

function claimOf(runs: Unfiled): string {
  if (runs.is === "code") return "which says it runs code that is in no file";
  return `which says it runs the ${runs.is} ${displayedPath(runs.name)}`;
}

function holds(subject: Subject, { lasts }: Choice): string {
  const one = subject.command === undefined ? "this one request" : "this one command, ten minutes at most";
  if (subject.kind === "once") return `Yes holds for ${one}: no process could be held to it.`;
  if (lasts === "once") return `Yes holds for ${one}.`;
  if (subject.kind === "app") return "Yes holds for this page of the app.";
  if (subject.kind === "terminal") return "Yes holds for everything started in that terminal session.";
  if (subject.throughCommand) return "Yes holds for this process and whatever it starts, through the postern command.";
  return "Yes holds for this process.";
}

/** The words of the command line may hold a secret, so they are not shown. */
function heldByLaunch({ way, script, folder, place }: Launch): string[] {
  const where = place.is === "terminal" ? "in this terminal session" : `in ${displayedPath(place.path)}`;
  const what = script === undefined ? "program" : "script";
  return [
    displayedLine(`This place is ${displayedPath(folder)}, ${where}.`),
    `Any program of yours that can start this ${what} in this place gets these.`,
    `Yes holds each time this ${what} starts there with these arguments${way === "command" ? ", through the postern command" : ""}.`,
  ];
}

/** Bytes of a prompt's salt: nobody guesses it. */
const SALT_BYTES = 32;

/** The parts of a question that a yes is bound to. */
export type Bound = {
  readonly account: string;
  readonly verb: Verb;
  readonly scopes: readonly Scope[];
  readonly sentText: readonly string[];
  readonly text: readonly string[];
  readonly choice: Choice;
  readonly launch?: Launch | undefined;
};

/** A salt for the hashes of one prompt. */
export const newSalt = (): Uint8Array => randomBytes(SALT_BYTES);

/**
 * SHA-256 over a question with its choice, in base64. An answer repeats it. The salt is random and is sent to nobody: otherwise a program that guesses a title
 * could try its guess by the hash.
 */
export function promptHash(bound: Bound, salt: Uint8Array): string {
  const { account, verb, scopes, sentText, text, choice, launch } = bound;
  const { width = "", lasts = "", idleMinutes = "" } = choice;
  const chosen = [width, choice.verb ?? "", lasts, idleMinutes, launch === undefined ? "" : launchKey(launch)];
  const parts = [account, verb, scopes.map((scope) => scopeKey(verb, scope)), sentText, text, chosen];
  return createHash("sha256").update(salt).update(JSON.stringify(parts)).digest("base64");
}
