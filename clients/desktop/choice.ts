// The width and the length of a yes: the words for them, and which of them fit a question. Each choice makes another text, which is read before
// the proof.
import type { Choice } from "./prompt.ts";

type Width = NonNullable<Choice["width"]>;
type Length = NonNullable<Choice["lasts"]>;

export const widths: readonly (readonly [Width | "asked", string])[] = [
  ["asked", "only this"],
  ["item", "everything in the item"],
  ["vault", "everything in the vault"],
  ["account", "everything in the account"],
];

/** `application` is a choice of its own: each later start of the program. */
export const lengths: readonly (readonly [Length | "usual" | "application", string])[] = [
  ["usual", "until 10 minutes unused"],
  ["once", "this once"],
  ["tenMinutes", "10 minutes"],
  ["untilLock", "until the account locks"],
  ["workingDay", "a working day, 8 hours"],
  ["application", "each time it starts, a day"],
];

/** The choice in words, for a button that takes it. */
export function choiceWords({ width, verb, lasts, idleMinutes, holder }: Choice): string {
  return [
    ...(holder === undefined ? [] : ["each time it starts, for a day"]),
    ...(width === undefined ? [] : [`the ${width}`]),
    ...(verb === undefined ? [] : ["changing too"]),
    ...(lasts === undefined ? [] : [lengths.find(([key]) => key === lasts)?.[1] ?? lasts]),
    ...(idleMinutes === undefined ? [] : [`until ${idleMinutes} minutes without use`]),
  ].join(", ");
}

/** The key of its length among `lengths`. */
export const lengthOf = ({ holder, lasts }: Choice): string =>
  holder !== undefined ? "application" : (lasts ?? "usual");

/** The present choice as a sentence begins. */
export function chosenWords(choice: Choice): string {
  const width = widths.find(([key]) => key === (choice.width ?? "asked"))?.[1] ?? "";
  const length = lengths.find(([key]) => key === lengthOf(choice))?.[1] ?? "";
  const words = [width, ...(choice.verb === undefined ? [] : ["changing too"]), length].join(", ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** The choices that may fit a question, each on its own. The agent says which ones do. */
export const alone: Readonly<Record<"item" | "vault" | "account" | "write" | "application", Choice>> = {
  item: { width: "item" },
  vault: { width: "vault" },
  account: { width: "account" },
  write: { verb: "write" },
  application: { holder: "application" },
};

export function withWidth(choice: Choice, width: string): Choice {
  const { width: _before, holder: _held, ...rest } = choice;
  return width === "asked" ? rest : { ...rest, width: width as Width };
}

export function withLength(choice: Choice, length: string): Choice {
  if (length === "application") return alone.application;
  const { lasts: _before, idleMinutes: _minutes, holder: _held, ...rest } = choice;
  return length === "usual" ? rest : { ...rest, lasts: length as Length };
}

export function withWriting(choice: Choice, isOn: boolean): Choice {
  const { verb: _before, holder: _held, ...rest } = choice;
  return isOn ? { ...rest, verb: "write" } : rest;
}

/** The place of the choice in sessionStorage. A page that is loaded again keeps its place. */
const PLACE = "postern choice";

export function keepChoice(prompt: string, choice: Choice): void {
  sessionStorage.setItem(PLACE, JSON.stringify({ prompt, choice }));
}

export function keptChoice(prompt: string): Choice {
  const kept = sessionStorage.getItem(PLACE);
  const { prompt: of, choice } = (kept === null ? {} : JSON.parse(kept)) as { prompt?: string; choice?: Choice };
  return of === prompt && choice !== undefined ? choice : {};
}
