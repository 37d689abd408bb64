// The lines by which two texts differ, as diff shows them: `- ` is gone, `+ ` is new. Lines that stay are left out.
import { cleanText } from "../../protocol/clean-text.ts";

/** Lines on each side that are compared one by one. Past it all of them count as changed: the comparison takes their product. */
export const COMPARED_LINES_MAX = 1_000;

export function differenceOf(before: string, after: string): string[] {
  const gone = linesOf(before);
  const come = linesOf(after);
  let start = 0;
  while (start < Math.min(gone.length, come.length) && gone[start] === come[start]) start++;
  let end = 0;
  while (end < Math.min(gone.length, come.length) - start && gone.at(-1 - end) === come.at(-1 - end)) end++;
  return changed(gone.slice(start, gone.length - end), come.slice(start, come.length - end));
}

const linesOf = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
const minus = (line: string) => `- ${shown(line)}`;
const plus = (line: string) => `+ ${shown(line)}`;

/** The line made safe, behind its indentation. */
const shown = (line: string) => `${/^ */.exec(line)?.[0] ?? ""}${cleanText(line.trimStart())}`;

function changed(gone: readonly string[], come: readonly string[]): string[] {
  if (gone.length > COMPARED_LINES_MAX || come.length > COMPARED_LINES_MAX)
    return [...gone.map(minus), ...come.map(plus)];
  const common = commonLengths(gone, come);
  const lines: string[] = [];
  let at = 0;
  let to = 0;
  while (at < gone.length || to < come.length) {
    const here = gone[at];
    const there = come[to];
    if (here !== undefined && here === there) {
      at++;
      to++;
    } else if (here !== undefined && (there === undefined || common(at + 1, to) >= common(at, to + 1))) {
      lines.push(minus(here));
      at++;
    } else {
      lines.push(plus(there ?? ""));
      to++;
    }
  }
  return lines;
}

/** For two places, the number of lines that both texts have in order from there on. */
function commonLengths(one: readonly string[], other: readonly string[]): (at: number, to: number) => number {
  const width = other.length + 1;
  const lengths = new Uint16Array((one.length + 1) * width);
  for (let at = one.length - 1; at >= 0; at--)
    for (let to = other.length - 1; to >= 0; to--)
      lengths[at * width + to] =
        one[at] === other[to]
          ? (lengths[(at + 1) * width + to + 1] ?? 0) + 1
          : Math.max(lengths[(at + 1) * width + to] ?? 0, lengths[at * width + to + 1] ?? 0);
  return (at, to) => lengths[at * width + to] ?? 0;
}
