// The text of a prompt: what a person reads before saying yes. Names come from vaults and programs, so they are
// stripped of whatever could redraw a terminal or reorder the line, and cut.
import { createHash } from "node:crypto";
import type { Verb } from "../protocol/entry.ts";
import type { Subject } from "./subject.ts";

/** Characters of one shown name: a line of a terminal holds it, and a long name cannot push the question away. */
export const SHOWN_LENGTH_MAX = 120;

/** C0 and C1 controls, bidirectional controls, zero-width characters, line and paragraph separators, tags, and surrogates. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

/** Makes a text safe to show: no controls, no invisible or direction-changing characters, at most 120 characters. */
export function shown(text: string): string {
  const clean = text.normalize("NFC").replace(UNSHOWABLE, "").replace(/\s+/gu, " ");
  const characters = [...clean];
  return characters.length <= SHOWN_LENGTH_MAX ? clean : `${characters.slice(0, SHOWN_LENGTH_MAX - 1).join("")}…`;
}

const verbs: Readonly<Record<Verb, string>> = {
  read: "read",
  write: "change",
  manage: "see and manage grants, prompts and the audit log",
};

/** The lines of a prompt: who, what, and how long a yes lasts. */
export function promptText(subject: Subject, verb: Verb, things: readonly string[]): string[] {
  const program = shown(subject.script === undefined ? subject.program : `${subject.script} (${subject.program})`);
  const head = `${program}, process ${subject.pid}${subject.terminal === undefined ? "" : ` on ${shown(subject.terminal)}`}, wants to ${verbs[verb]}${things.length > 0 ? ":" : ""}`;
  return [head, ...things.map((thing) => `  ${shown(thing)}`), lasting(subject)];
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
