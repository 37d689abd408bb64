// The environment of the agent and of its programs: listed variables and nothing else. A variable is the easiest way to change a
// program's behaviour.

/** The variables that the agent keeps, each with its reason. All others are removed at the start. */
const kept: Readonly<Record<string, string>> = {
  HOME: "data and settings lie under it",
  LANG: "texts for a person",
  LC_ALL: "texts for a person",
  TZ: "times shown to a person",
  XDG_RUNTIME_DIR: "the socket lies under it",
  XDG_DATA_HOME: "the stores lie under it",
  XDG_CONFIG_HOME: "the settings lie under it",
  POSTERN_SOCKET: "names the socket",
  POSTERN_HOME: "moves data, settings and socket",
  LISTEN_PID: "systemd says for whom a passed socket is",
  LISTEN_FDS: "systemd says how many sockets it passed",
  NOTIFY_SOCKET: "systemd waits there to hear that the agent is ready",
  DBUS_SESSION_BUS_ADDRESS: "the desktop says there when the screen is locked",
  DISPLAY: "an approval window needs it",
  WAYLAND_DISPLAY: "an approval window needs it",
  XAUTHORITY: "an approval window needs it",
  POSTERN_APP_PORT: "the port of the app's page, where another program has the usual one; or `off`",
  NODE_EXTRA_CA_CERTS: "a company's own authority; what the service sends is sealed and checked all the same",
};

/** Variables that change a process before its first line runs, with their effects. The agent refuses to start under them. */
const refused: Readonly<Record<string, string>> = {
  NODE_OPTIONS: "adds options to Node, code to load among them",
  NODE_PATH: "names folders from which code is loaded",
  NODE_V8_COVERAGE: "writes what ran to files",
  NODE_DEBUG: "prints what goes over sockets",
  NODE_DEBUG_NATIVE: "prints what goes over sockets",
  NODE_REDIRECT_WARNINGS: "writes warnings to a file",
  NODE_TLS_REJECT_UNAUTHORIZED: "switches off the check of certificates",
  OPENSSL_CONF: "loads code into OpenSSL",
  OPENSSL_MODULES: "loads code into OpenSSL",
  LD_PRELOAD: "loads code into the process",
  LD_AUDIT: "loads code into the process",
  LD_LIBRARY_PATH: "replaces libraries of the process",
};

/** The names of all that the agent keeps. */
export const keptVariables: readonly string[] = Object.keys(kept);

type Environment = Readonly<Record<string, string | undefined>>;

/** The part of `env` that the agent may keep. The command that starts the agent uses it too. */
export function allowedEnvironment(env: Environment): Record<string, string> {
  const allowed: Record<string, string> = {};
  for (const name of keptVariables) {
    const value = env[name];
    if (value !== undefined) allowed[name] = value;
  }
  return allowed;
}

/** The first variable under which the agent does not start, with its effect. Undefined where there is none. */
export function refusedVariable(env: Environment): { name: string; does: string } | undefined {
  const found = Object.entries(refused).find(([name]) => (env[name] ?? "") !== "");
  return found && { name: found[0], does: found[1] };
}

/** Removes every variable from `env` (process.env) that is not on the list. */
export function trimEnvironment(env: Record<string, string | undefined>): void {
  for (const name of Object.keys(env)) if (!Object.hasOwn(kept, name)) delete env[name];
}

/** The environment of every program that the agent starts. An approver adds variables for its window or terminal by name. */
export const childEnvironment: Readonly<Record<string, string>> = Object.freeze({
  PATH: "/usr/bin:/bin",
  LANG: "C.UTF-8",
});
