// Turns a place in a text into a line and a column, as editors count them: from 0, in UTF-16 units. A line ends with LF, CR LF or CR.

export type Position = { readonly line: number; readonly character: number };

const LF = 0x0a;
const CR = 0x0d;

export type TextLines = {
  positionOf(at: number): Position;
  /** The place of a position. What lies behind the end of a line or the text is that end. */
  placeOf(position: Position): number;
};

export function textLines(text: string): TextLines {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const one = text.charCodeAt(at);
    if (one === LF || (one === CR && text.charCodeAt(at + 1) !== LF)) starts.push(at + 1);
  }
  return {
    positionOf: (at) => {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      return { line: low, character: at - (starts[low] ?? 0) };
    },
    placeOf: ({ line, character }) => {
      const start = starts[line];
      return start === undefined ? text.length : Math.min(start + character, starts[line + 1] ?? text.length);
    },
  };
}
