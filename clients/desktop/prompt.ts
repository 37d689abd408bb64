// A question as the agent tells it, and its lines in their parts.
import { cleanText } from "../../protocol/clean-text.ts";
import type { Choice, Prompt, PromptAsker } from "../typescript/generated.ts";

export type { Choice, Prompt, PromptAsker };

/** The first line says who wants what. Indented lines are the things. The others say how long a yes holds, and what the policy notes. */
export type QuestionText = {
  readonly wish: string;
  readonly things: readonly (readonly string[])[];
  readonly terms: readonly string[];
};

/** Postern's own words before what is wished. No name can come after them. */
const WISH = ", wants to";

/** Takes the lines of a question apart. No name can begin a line or hold two blanks in a row, so the blanks may be relied on. */
export function questionText([head = "", ...lines]: readonly string[]): QuestionText {
  const at = head.lastIndexOf(WISH);
  const wish = at === -1 ? head : head.slice(at + ", ".length);
  const things: string[][] = [];
  const terms: string[] = [];
  for (const line of lines) {
    if (!line.startsWith("  ")) terms.push(shown(line));
    else if (line.startsWith("    ")) things.at(-1)?.push(shown(line));
    else things.push([shown(line)]);
  }
  return { wish: shown(wish.replace(/:$/, "")), things, terms };
}

/** Characters of a text on a page. The agent cuts its lines too; this holds for texts that it hands on. */
const SHOWN_LENGTH_MAX = 300;

/** A text that is safe to show: on one line, without invisible and reordering characters, cut in its middle. */
export function shown(text: string, lengthMax = SHOWN_LENGTH_MAX): string {
  const characters = [...cleanText(text.slice(0, 20 * lengthMax)).trim()];
  if (characters.length <= lengthMax && text.length <= 20 * lengthMax) return characters.join("");
  const half = Math.floor((lengthMax - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}

/** The name of a program: the last part of its path. */
export const nameOf = (path: string): string => shown(path.split("/").at(-1) || path, 60);
