// Writes variables in the form of a reader. Each value can be read back unchanged, or its variable is refused by name. No other file
// quotes values.

import { UsageError } from "../terminal/exit-code.ts";
import { jsonText } from "../terminal/json-text.ts";
import { parseEnvFile } from "./env-file.ts";

export const envFormats = ["dotenv", "sh", "fish", "json", "docker"] as const;
export type EnvFormat = (typeof envFormats)[number];

type Named = { readonly name: string; readonly value: string };

/** Characters without a special meaning for any reader, in any place. */
const BARE = /^[A-Za-z0-9_\-./:@]*$/;

/**
 * A value as one word that env files, sh, bash and zsh read the same way: as it is, between single quotes, or between double quotes
 * with a backslash before the characters that a shell obeys there. Never between backticks, since a shell would run the value.
 */
export function quoted(value: string): string {
  if (BARE.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replace(/["\\$`]/g, "\\$&")}"`;
}

const fishQuoted = (value: string) => `'${value.replace(/['\\]/g, "\\$&")}'`;

/**
 * The longest line that `docker run --env-file` takes, in bytes. The buffer of its line reader holds 65,536 with the newline.
 */
export const DOCKER_LINE_BYTES_MAX = 64 * 1024 - 1;

/** Whether a value can be read back from a format. JSON has an escape for every character. */
function fits(format: EnvFormat, { name, value }: Named): boolean {
  if (format === "json") return true;
  if (value.includes("\0") || !value.isWellFormed()) return false;
  if (format !== "docker") return true;
  if (Buffer.byteLength(`${name}=${value}`) > DOCKER_LINE_BYTES_MAX) return false;
  // Docker drops a CR before the line's end, and cannot write a newline. It knows no quotes, blanks or comments in a value, and our own
  // reader does.
  const [line, ...more] = parseEnvFile(lineOf("docker", name, value));
  return line?.kind === "variable" && line.value === value && more.length === 0;
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * Names that a shell keeps for itself. Assigning one fails, is ignored, ends the file there, or does something else (in zsh `UID`
 * changes the user). A test asks the shells for them. The last rows are set like others, but change how the shell reads and runs the
 * rest of the file. `HOME`, `PWD` and `PATH` are ordinary: the person asked for setting them.
 */
const shellNames = {
  sh: words(`
    ARGC BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_CMDS BASH_COMMAND BASH_LINENO BASH_SOURCE BASH_SUBSHELL
    BASH_VERSINFO COLUMNS DIRSTACK EGID EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME FUNCNEST GID GROUPS HISTCMD HISTSIZE
    KEYBOARD_HACK KEYTIMEOUT LINENO LINES LISTMAX MAILCHECK OPTIND PIPESTATUS PPID RANDOM SAVEHIST SECONDS SHELLOPTS SHLVL SRANDOM
    TRY_BLOCK_ERROR TRY_BLOCK_INTERRUPT TTYIDLE UID USERNAME WATCH ZSH_EVAL_CONTEXT ZSH_SUBSHELL _ aliases argv builtins
    cdpath commands dirstack dis_aliases dis_builtins dis_functions dis_functions_source dis_galiases dis_patchars
    dis_reswords dis_saliases fignore fpath funcfiletrace funcsourcetrace funcstack functions functions_source functrace
    galiases history historywords jobdirs jobstates jobtexts keymaps mailpath manpath module_path modules nameddirs options
    parameters patchars path pipestatus psvar reswords saliases signals status termcap terminfo userdirs usergroups watch
    widgets zsh_eval_context zsh_scheduled_events
    BASH_COMPAT BASH_XTRACEFD EXECIGNORE GLOBIGNORE HISTCHARS IFS NULLCMD OPTERR POSIXLY_CORRECT PROMPT_COMMAND READNULLCMD
    STTY TMOUT histchars`),
  fish: words(`
    FISH_VERSION PWD SHLVL _ fish_kill_signal fish_killring fish_pid history hostname pipestatus status status_generation
    umask version argv
    IFS fish_trace`),
} as const;

/** The names among these that a shell keeps for itself. */
export function keptByShells(format: EnvFormat, names: readonly string[]): string[] {
  if (format === "json" || format === "docker") return [];
  return names.filter((name) => shellNames[format === "fish" ? "fish" : "sh"].has(name));
}

/** The variables as a text that ends with a newline. Throws UsageError with the names of variables that do not fit. */
export function written(format: EnvFormat, variables: readonly Named[]): string {
  const wrong = variables.filter((one) => !fits(format, one)).map(({ name }) => name);
  if (wrong.length > 0)
    throw new UsageError(
      `${wrong.join(", ")}: the value fits into no file of the format ${format}`,
      format === "docker"
        ? "it takes no newline, no quotes or blanks around a value, no # behind a blank and no zero byte; use --format json"
        : "it takes no zero byte; use --format json",
    );
  const kept = keptByShells(
    format,
    variables.map(({ name }) => name),
  );
  if (kept.length > 0)
    throw new UsageError(
      `${kept.join(", ")}: a shell keeps this name for itself, and sourcing the file would fail or change the shell`,
      "use --format json, or leave this name out",
    );
  if (format === "json")
    return `${jsonText(Object.fromEntries(variables.map(({ name, value }) => [name, value])), 2)}\n`;
  return variables.map(({ name, value }) => `${lineOf(format, name, value)}\n`).join("");
}

function lineOf(format: Exclude<EnvFormat, "json">, name: string, value: string): string {
  if (format === "docker") return `${name}=${value}`;
  if (format === "fish") return `set -gx ${name} ${fishQuoted(value)}`;
  return format === "sh" ? `export ${name}=${quoted(value)}` : `${name}=${quoted(value)}`;
}
