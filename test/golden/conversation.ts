// Reads a golden conversation: header lines `key: value`, a blank line, then `> ` for the client's messages and `< `
// for the agent's answers. In an answer "*" stands for any value. "$name" stands for the first value that the name met.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Step = { readonly from: "client" | "agent"; readonly message: unknown };

export type Conversation = {
  readonly file: string;
  readonly title: string;
  /** The agent's state at the start. */
  readonly given: string;
  /** The person's answer to prompts. */
  readonly answer: "yes" | "no" | "none";
  /** The error in the last answer. Undefined when all goes well. */
  readonly expect: string | undefined;
  readonly steps: readonly Step[];
};

const keys = new Set(["title", "given", "answer", "expect"]);

export function conversations(): Conversation[] {
  const folder = fileURLToPath(new URL("../vectors/wire/", import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .map((name) => parse(name, readFileSync(folder + name, "utf8")));
}

function parse(file: string, text: string): Conversation {
  const blank = text.indexOf("\n\n");
  const header = new Map(
    text
      .slice(0, blank)
      .split("\n")
      .map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
  // An unknown key would promise something that no test checks.
  for (const key of header.keys()) if (!keys.has(key)) throw new Error(`${file}: unknown header ${key}`);
  const steps = text
    .slice(blank + 2)
    .trimEnd()
    .split("\n")
    .map((line): Step => {
      if (!line.startsWith("> ") && !line.startsWith("< "))
        throw new Error(`${file}: a line begins with neither > nor <`);
      return { from: line.startsWith("> ") ? "client" : "agent", message: JSON.parse(line.slice(2)) };
    });
  const answer = header.get("answer");
  if (answer !== "yes" && answer !== "no" && answer !== "none") throw new Error(`${file}: answer is yes, no or none`);
  return {
    file,
    title: header.get("title") ?? file,
    given: header.get("given") ?? "",
    answer,
    expect: header.get("expect"),
    steps,
  };
}

/** Replaces names in a message by their values. */
export function filled(message: unknown, names: ReadonlyMap<string, unknown>): unknown {
  if (typeof message === "string" && message.startsWith("$")) {
    if (!names.has(message)) throw new Error(`${message} has no value yet`);
    return names.get(message);
  }
  if (Array.isArray(message)) return message.map((part) => filled(part, names));
  if (typeof message === "object" && message !== null)
    return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, filled(value, names)]));
  return message;
}

/**
 * The difference between an answer and the conversation, or undefined if it fits. New names get their values from the
 * answer.
 */
export function difference(
  expected: unknown,
  actual: unknown,
  names: Map<string, unknown>,
  at = "",
): string | undefined {
  if (expected === "*") return actual === undefined ? `${at} is missing` : undefined;
  if (typeof expected === "string" && expected.startsWith("$")) {
    if (!names.has(expected)) names.set(expected, actual);
    return names.get(expected) === actual ? undefined : `${at} is not ${expected}`;
  }
  if (typeof expected !== "object" || expected === null)
    return expected === actual ? undefined : `${at} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
  if (typeof actual !== "object" || actual === null) return `${at} is ${JSON.stringify(actual)}`;
  const every = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const key of every) {
    if (!Object.hasOwn(expected, key)) return `${at}.${key} was not expected`;
    const found = difference(
      (expected as Record<string, unknown>)[key],
      (actual as Record<string, unknown>)[key],
      names,
      `${at}.${key}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
