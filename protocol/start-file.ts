// The file in which an agent writes how it was started. The agent writes it. A client with a token reads it where no agent runs, and starts the
// next one in the same way.

/** The file's name in the agent's data folder. */
export const START_FILE = "agent.start";

/** Bytes of the file: two paths and a few options. */
export const START_BYTES_MAX = 16 * 1024;

/** Words of a command: two paths, and options of Node. */
export const START_WORDS_MAX = 16;

/** Milliseconds that an agent may take to listen. On a slow machine it needs a tenth of that. */
export const START_MS_MAX = 10_000;

/** The variables for an agent. It drops all others itself, and refuses to start with some of them. */
export const START_VARIABLES = [
  "HOME",
  "LANG",
  "LC_ALL",
  "TZ",
  "XDG_RUNTIME_DIR",
  "XDG_DATA_HOME",
  "XDG_CONFIG_HOME",
  "POSTERN_SOCKET",
  "POSTERN_HOME",
  "DBUS_SESSION_BUS_ADDRESS",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "POSTERN_APP_PORT",
  "NODE_EXTRA_CA_CERTS",
] as const;

/** The words of the command in the file. The first is an absolute path. Undefined where the text is no such file. */
export function startWords(text: string): readonly string[] | undefined {
  let value: { command?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  const command = value?.command;
  if (!Array.isArray(command) || command.length > START_WORDS_MAX) return undefined;
  const words = command.filter((word): word is string => typeof word === "string" && !word.includes("\0"));
  return words.length === command.length && words[0]?.startsWith("/") === true ? words : undefined;
}
