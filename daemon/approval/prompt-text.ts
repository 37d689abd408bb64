// The text of a prompt: what a person reads before saying yes.
import { createHash } from "node:crypto";
import type { Verb } from "../../protocol/entry.ts";
import { displayed, displayedLine, displayedPath } from "../account/displayed-text.ts";
import type { Subject } from "../peer/subject.ts";

const verbs: Readonly<Record<Verb, string>> = {
  read: "read",
  write: "change",
  manage: "see and manage grants, prompts and the audit log",
};

/**
 * The lines of a prompt: who, what, and how long a yes lasts. A thing's further lines stand deeper than its first; no name
 * begins a line or holds two blanks in a row, so none can pass for one. An act is named by its own verb: `isAct`. The account
 * is named where the agent has several.
 */
export function promptText(
  subject: Subject,
  verb: Verb,
  things: readonly (readonly string[])[],
  isAct = false,
  account?: string,
): string[] {
  const program = displayedPath(subject.program);
  const who = subject.script === undefined ? program : `${displayedPath(subject.script)} (${program})`;
  const head = `${who}, process ${subject.pid}${subject.terminal === undefined ? "" : ` on ${displayed(subject.terminal)}`}, wants to${isAct ? "" : ` ${verbs[verb]}`}${things.length > 0 ? ":" : ""}`;
  const about = things.flatMap((lines) => lines.map((line, at) => `${at === 0 ? "  " : "    "}${displayedLine(line)}`));
  const where = account === undefined ? [] : [displayedLine(`In the account ${JSON.stringify(displayed(account))}.`)];
  return [head, ...about, ...where, lasting(subject)];
}

function lasting(subject: Subject): string {
  if (subject.kind === "process" && subject.throughCommand)
    return "Yes holds for this process and whatever it starts, through the postern command.";
  if (subject.kind === "process") return "Yes holds for this process.";
  if (subject.kind === "terminal") return "Yes holds for everything started in that terminal session.";
  return "Yes holds for this one request: no process could be held to it.";
}

/** SHA-256 over the prompt's id and text in base64: an answer names it, so a yes is to the text that was shown. */
export function promptHash(id: string, text: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([id, ...text]))
    .digest("base64");
}
