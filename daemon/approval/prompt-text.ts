// The text of a prompt, which a person reads before saying yes.
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
 * The lines of a prompt: the asker, the target, and the duration of a yes. Further lines of a thing are indented more than its first. No name
 * begins a line or holds two blanks in a row, so no name can imitate a line. An act has its own verb: `isAct`. The account is named where the
 * agent has several.
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

/** SHA-256 over the prompt's id and text, in base64. An answer repeats it, so a yes is bound to the shown text. */
export function promptHash(id: string, text: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([id, ...text]))
    .digest("base64");
}
