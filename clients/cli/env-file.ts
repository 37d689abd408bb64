// Env files (.env): lines of NAME=value. Values are decoded by Node's own parser (util.parseEnv), so that a file means
// here what it means to `node --env-file`; around it stands only what an import needs: which line is which.
import { parseEnv } from "node:util";

/** One line, or several where a quoted value runs over them. */
export type EnvLine =
  | {
      readonly kind: "variable";
      readonly number: number;
      readonly name: string;
      readonly value: string;
      readonly raw: string;
      readonly prefix: string;
    }
  | { readonly kind: "other"; readonly number: number; readonly raw: string }
  | { readonly kind: "unknown"; readonly number: number; readonly raw: string; readonly why: string };

/** Bytes of an env file: far above any real one; a database dump given by mistake is refused. */
export const ENV_FILE_BYTES_MAX = 1024 * 1024;

const ASSIGNMENT = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_.]*)\s*=([\s\S]*)$/;

/** Reads a file's text, line by line. Never throws: what is not understood is a line of kind "unknown". */
export function parseEnvFile(text: string): EnvLine[] {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const parsed: EnvLine[] = [];
  for (let index = 0; index < lines.length; index++) {
    const number = index + 1;
    const first = lines[index] ?? "";
    const last = index + extraLines(lines, index);
    const raw = lines.slice(index, last + 1).join("\n");
    index = last;
    parsed.push(parseLine(raw, first, number));
  }
  return parsed;
}

function parseLine(raw: string, first: string, number: number): EnvLine {
  const trimmed = first.trim();
  if (trimmed === "" || trimmed.startsWith("#")) return { kind: "other", number, raw };
  const found = ASSIGNMENT.exec(raw);
  if (found === null) return { kind: "unknown", number, raw, why: "it is no NAME=value" };
  const [, prefix = "", name = ""] = found;
  const value = parseEnv(raw.replace(/\r$/, ""))[name];
  if (value === undefined) return { kind: "unknown", number, raw, why: "its value could not be read" };
  if (value.includes("\0")) return { kind: "unknown", number, raw, why: "its value holds a zero byte" };
  return { kind: "variable", number, name, value, raw, prefix };
}

/** How many further lines a quoted value runs over; 0 where its quote is never closed. */
function extraLines(lines: readonly string[], at: number): number {
  const found = ASSIGNMENT.exec(lines[at] ?? "");
  const rest = found?.[3]?.trimStart() ?? "";
  const quote = rest[0];
  if (quote !== '"' && quote !== "'" && quote !== "`") return 0;
  if (rest.indexOf(quote, 1) !== -1) return 0;
  for (let next = at + 1; next < lines.length; next++) if ((lines[next] ?? "").includes(quote)) return next - at;
  return 0;
}

/** A value as it can stand in an env file again. References need no quotes but for their spaces. */
export function quoted(value: string): string {
  return /^[A-Za-z0-9_\-./:@]*$/.test(value) ? value : `"${value}"`;
}
