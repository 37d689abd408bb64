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

/**
 * The kinds of variables that act on a process before its first line runs, with their effects. The agent starts under none of such a kind but
 * those of `harmless`. A list of all bad ones would miss the next one that Node or the C library learns.
 */
const early: Readonly<Record<string, string>> = {
  NODE_: "changes how Node runs or loads code",
  LD_: "loads code into the process",
  OPENSSL_: "loads code into OpenSSL",
  GLIBC_: "changes the C library",
  GCONV_: "loads code into the C library",
  MALLOC_: "changes how memory is kept",
};

/** Variables of those kinds that many machines set, each with the reason why it may stay until the agent removes it. */
const harmless: Readonly<Record<string, string>> = {
  NODE_ENV: "Node does not read it, nor does any code of the agent",
  NODE_VERSION: "images of containers set it for their own builds",
  NODE_NO_WARNINGS: "leaves warnings out",
  NODE_DISABLE_COLORS: "no colour is used",
  NODE_DISABLE_COMPILE_CACHE: "the code is compiled anew",
  NODE_EXTRA_CA_CERTS: "is kept, see above",
  NODE_USE_SYSTEM_CA: "the machine's authorities; what the service sends is sealed and checked all the same",
  MALLOC_ARENA_MAX: "the number of heaps",
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
  for (const [name, value] of Object.entries(env)) {
    if ((value ?? "") === "" || Object.hasOwn(harmless, name)) continue;
    const kind = Object.entries(early).find(([start]) => name.startsWith(start));
    if (kind !== undefined) return { name: nameShown(name), does: kind[1] };
  }
  return undefined;
}

/** A name from outside, as it may be printed. A longer or odd one is known by its kind. */
const nameShown = (name: string) =>
  /^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? name : `a variable ${name.slice(0, name.indexOf("_") + 1)}…`;

/** Removes every variable from `env` (process.env) that is not on the list. */
export function trimEnvironment(env: Record<string, string | undefined>): void {
  for (const name of Object.keys(env)) if (!Object.hasOwn(kept, name)) delete env[name];
}

/** The environment of every program that the agent starts. An approver adds variables for its window or terminal by name. */
export const childEnvironment: Readonly<Record<string, string>> = Object.freeze({
  PATH: "/usr/bin:/bin",
  LANG: "C.UTF-8",
});
