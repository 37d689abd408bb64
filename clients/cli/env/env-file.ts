// Env files (.env): lines of NAME=value. No line is dropped silently. The README has a table of the rules, and of the differences to
// other readers. A line without one clear meaning is refused with its number.

/** One line, or several lines with one quoted value. */
export type EnvLine =
  | EnvVariable
  | { readonly kind: "other"; readonly number: number; readonly raw: string }
  | EnvUnknown;

export type EnvUnknown = {
  readonly kind: "unknown";
  readonly number: number;
  readonly raw: string;
  readonly why: string;
  /** Whether it begins like NAME=value. */
  readonly assigns: boolean;
};

export type EnvVariable = {
  readonly kind: "variable";
  readonly number: number;
  /** The number of its last line. */
  readonly last: number;
  readonly name: string;
  readonly value: string;
  readonly quote: "" | '"' | "'" | "`";
  readonly raw: string;
  /** The text before the name: blanks, `export`. */
  readonly prefix: string;
  /** The text behind the value: blanks, a comment, the CR of a line's end. */
  readonly tail: string;
};

/** Bytes of an env file. Real ones are far smaller. A database dump given by mistake is refused. */
export const ENV_FILE_BYTES_MAX = 1024 * 1024;

/** A byte order mark. Some editors put it before the first line. */
const MARK = "\uFEFF";

const ASSIGNMENT = /^([ \t]*(?:export[ \t]+)?)([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*/;

/** The meaning of a backslash and its next character between double quotes. Before other characters a backslash is itself. */
const ESCAPED: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

const whys = {
  none: "it is no NAME=value",
  name: "a name has letters, digits, _ and ., and begins with no digit",
  return: "a carriage return stands inside it",
  zero: "its value holds a zero byte",
  open: "its quote never closes",
  behind: "text stands behind its closing quote",
} as const;

/** Reads a file's text, line by line. Never throws: a line that it does not understand has the kind "unknown". */
export function parseEnvFile(given: string): EnvLine[] {
  const text = given.startsWith(MARK) ? given.slice(MARK.length) : given;
  // Where every line ends with CR LF, an editor wrote these ends. A value with several lines then gets LF, as its author typed it.
  const crlf = text.includes("\n") && !/(?<!\r)\n/.test(text);
  const parsed: EnvLine[] = [];
  let at = 0;
  let number = 1;
  while (at <= text.length) {
    const line = readLine(text, at, number, crlf);
    parsed.push(line);
    at += line.raw.length + 1;
    number = (line.kind === "variable" ? line.last : number) + 1;
  }
  return parsed;
}

function readLine(text: string, at: number, number: number, crlf: boolean): EnvLine {
  const raw = text.slice(at, endOf(text, at));
  const content = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  const start = skipBlanks(content, 0);
  const found = ASSIGNMENT.exec(content);
  const unknown = (why: keyof typeof whys): EnvUnknown => {
    return { kind: "unknown", number, raw, why: whys[why], assigns: found !== null };
  };
  const [assignment = "", prefix = "", name = ""] = found ?? [];
  const quote = found === null ? "" : (content[assignment.length] ?? "");
  if (quote !== '"' && quote !== "'" && quote !== "`" && content.includes("\r")) return unknown("return");
  if (start === content.length || content[start] === "#") return { kind: "other", number, raw };
  if (found === null) return unknown(content.includes("=") ? "name" : "none");
  const value =
    quote === '"' || quote === "'" || quote === "`"
      ? quotedValue(text, at + assignment.length, quote)
      : plainValue(raw, assignment.length);
  if ("why" in value) return unknown(value.why);
  if (value.value.includes("\0")) return unknown("zero");
  return {
    kind: "variable",
    number,
    last: number + value.lines,
    name,
    value: crlf && value.lines > 0 ? value.value.replaceAll("\r\n", "\n") : value.value,
    quote: value.quote,
    raw: value.lines === 0 ? raw : text.slice(at, value.end),
    prefix,
    tail: value.tail,
  };
}

type Value = {
  readonly value: string;
  readonly quote: EnvVariable["quote"];
  readonly tail: string;
  /** The number of its further lines, and the place in the text at which its last line ends. */
  readonly lines: number;
  readonly end: number;
};

/** A value without quotes: up to a comment or the line's end, without blanks around it. `#` begins a comment only behind a blank. */
function plainValue(raw: string, at: number): Value {
  let end = at;
  while (end < raw.length && !(raw[end] === "#" && isBlank(raw[end - 1]))) end++;
  while (end > at && (isBlank(raw[end - 1]) || raw[end - 1] === "\r")) end--;
  // Where there is no value, the comment keeps the blanks before it. Without them it would be part of a value.
  const tail = end === at ? raw.slice(raw.indexOf("=") + 1) : raw.slice(end);
  return { value: raw.slice(at, end), quote: "", tail, lines: 0, end: 0 };
}

/** A value between quotes, over any number of lines. */
function quotedValue(text: string, at: number, quote: '"' | "'" | "`"): Value | { why: "open" | "behind" } {
  let close = at + 1;
  while (close < text.length && text[close] !== quote) close += quote === '"' && text[close] === "\\" ? 2 : 1;
  if (close >= text.length) return { why: "open" };
  const inside = text.slice(at + 1, close);
  const lines = inside.split("\n").length - 1;
  const end = endOf(text, close);
  const tail = text.slice(close + 1, end);
  // Text follows a quote that closed some lines later. Probably the author did not mean the value to go so far.
  if (!isTail(tail)) return { why: lines === 0 ? "behind" : "open" };
  const value = quote === '"' ? inside.replace(/\\([nrt"\\$`])/g, (_all, one: string) => ESCAPED[one] ?? one) : inside;
  return { value, quote, tail, lines, end };
}

/** Whether the rest is blanks and a comment. */
function isTail(tail: string): boolean {
  const content = tail.endsWith("\r") ? tail.slice(0, -1) : tail;
  if (content.includes("\r")) return false;
  const start = skipBlanks(content, 0);
  return start === content.length || (start > 0 && content[start] === "#");
}

function endOf(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at])) at++;
  return at;
}

const isBlank = (one: string | undefined) => one === " " || one === "\t";
