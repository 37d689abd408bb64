// The reference that a person types: how far it is, and where its unfinished part begins. It looks nothing up.
import { mayHoldBlanks } from "./reference-places.ts";

const PREFIX = "op://";

/** Parts before the one that is typed: none at a vault, one at an item, and so on. `query` is what stands behind the question mark. */
export type TypedReference = {
  readonly before: readonly string[];
  readonly typed: string;
  /** Where the typed part begins on its line. */
  readonly from: number;
  readonly isQuery: boolean;
  /** Whether a name with a blank can stand there. */
  readonly takesBlanks: boolean;
};

/** Parts of a reference. */
const PARTS_MAX = 4;

/** A part whose end would not be in the reference any more. */
const ENDED = /["'`<>{}|\r\n]/;

/** `line` is the text from the start of the line to the cursor. Undefined where no reference is typed there. */
export function typedReference(line: string, path: string): TypedReference | undefined {
  const at = line.lastIndexOf(PREFIX);
  if (at === -1) return undefined;
  const takesBlanks = mayHoldBlanks(line.slice(0, at), path);
  const rest = line.slice(at + PREFIX.length);
  if (ENDED.test(rest) || (!takesBlanks && /\s/.test(rest))) return undefined;
  const question = rest.indexOf("?");
  const parts = (question === -1 ? rest : rest.slice(0, question)).split("/");
  if (parts.length > PARTS_MAX) return undefined;
  const typed = question === -1 ? (parts.pop() ?? "") : rest.slice(question + 1);
  return { before: parts, typed, from: line.length - typed.length, isQuery: question !== -1, takesBlanks };
}
