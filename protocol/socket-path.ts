// The paths of the agent's socket, data and settings. These are pure functions of the caller's environment, so the agent and every
// client get the same path.

/** The facts that the paths depend on. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** The home folder, absolute. */
  readonly home: string;
  /** The numeric user id; undefined on Windows. */
  readonly uid: number | undefined;
  /** The user's security identifier, on Windows only: it is part of the pipe's name. */
  readonly sid?: string | undefined;
};

/** A path that cannot be used. The message names the variable and the rule, never the value. */
export class UnusablePath extends Error {
  override readonly name = "UnusablePath";
}

/** Bytes of a socket path on Linux: sun_path holds 108 with the closing zero. */
export const SOCKET_PATH_BYTES_LINUX = 107;
/** Bytes of a socket path on macOS and the BSDs: sun_path holds 104 with the closing zero. */
export const SOCKET_PATH_BYTES_DARWIN = 103;
/** Characters of a pipe name on Windows. */
export const PIPE_NAME_LENGTH = 256;

const PIPE_PREFIX = "\\\\.\\pipe\\";

/** The agent's socket (or pipe). Throws UnusablePath where it would be relative or too long for the system. */
export function socketPath(where: Surroundings): string {
  if (where.platform === "win32") return pipeName(where);
  const path = given(where, "POSTERN_SOCKET") ?? defaultSocket(where);
  const limit = where.platform === "linux" ? SOCKET_PATH_BYTES_LINUX : SOCKET_PATH_BYTES_DARWIN;
  if (new TextEncoder().encode(path).length > limit) {
    throw new UnusablePath(
      `the socket's path is longer than the ${limit} bytes this system allows; set POSTERN_SOCKET to a shorter one`,
    );
  }
  return path;
}

/** The folder of the agent's stores, private to the user. */
export function dataFolder(where: Surroundings): string {
  const moved = given(where, "POSTERN_HOME");
  if (moved !== undefined) return join(where, moved, "data");
  if (where.platform === "darwin") return `${where.home}/Library/Application Support/postern`;
  if (where.platform === "win32")
    return join(where, ofSystem(where, "LOCALAPPDATA") ?? join(where, where.home, "AppData", "Local"), "postern");
  return `${ofSystem(where, "XDG_DATA_HOME") ?? `${where.home}/.local/share`}/postern`;
}

/** The folder of the settings. A person may edit them. */
export function settingsFolder(where: Surroundings): string {
  const moved = given(where, "POSTERN_HOME");
  if (moved !== undefined) return join(where, moved, "settings");
  if (where.platform === "darwin") return `${where.home}/Library/Application Support/postern/settings`;
  if (where.platform === "win32")
    return join(where, ofSystem(where, "APPDATA") ?? join(where, where.home, "AppData", "Roaming"), "postern");
  return `${ofSystem(where, "XDG_CONFIG_HOME") ?? `${where.home}/.config`}/postern`;
}

function defaultSocket(where: Surroundings): string {
  const moved = given(where, "POSTERN_HOME");
  // A folder of its own: other users must not enter the socket's folder, whatever the home folder allows.
  if (moved !== undefined) return join(where, moved, "run", "agent.sock");
  if (where.platform === "darwin") return `${where.home}/Library/Caches/postern/agent.sock`;
  const runtime = runtimeFolder(where);
  // Under the home folder. Under /tmp another user could make the folder first.
  return runtime === undefined ? `${where.home}/.postern/agent.sock` : `${runtime}/postern/agent.sock`;
}

/** After `su` or `sudo -E` the variable still names the folder of the former user, which must not be used. */
function runtimeFolder(where: Surroundings): string | undefined {
  const path = ofSystem(where, "XDG_RUNTIME_DIR");
  const owner = path === undefined ? null : /^\/run\/user\/(\d+)$/.exec(path);
  return owner !== null && Number(owner[1]) !== where.uid ? undefined : path;
}

function pipeName(where: Surroundings): string {
  const name = where.env.POSTERN_SOCKET ?? defaultPipe(where);
  if (!name.startsWith(PIPE_PREFIX)) throw new UnusablePath("POSTERN_SOCKET must name a pipe on Windows");
  if (name.length > PIPE_NAME_LENGTH)
    throw new UnusablePath(`the pipe's name is longer than the ${PIPE_NAME_LENGTH} characters Windows allows`);
  return name;
}

function defaultPipe(where: Surroundings): string {
  if (where.sid === undefined || !/^S-1(-\d+)+$/.test(where.sid))
    throw new UnusablePath("the user's security identifier is not known");
  const moved = given(where, "POSTERN_HOME");
  return `${PIPE_PREFIX}postern-${where.sid}${moved === undefined ? "" : `-${moved.replace(/[^A-Za-z0-9]/g, "-")}`}`;
}

/**
 * Postern's own variable. A relative path is an error, since agent and client run in different folders. An empty one is an error
 * too: the person meant another place, and would otherwise work on the real account.
 */
function given(where: Surroundings, variable: "POSTERN_SOCKET" | "POSTERN_HOME"): string | undefined {
  const value = where.env[variable];
  if (value === undefined) return undefined;
  if (value.trim() === "") throw new UnusablePath(`${variable} is set, and empty`);
  if (!isAbsolute(where, value)) throw new UnusablePath(`${variable} must be an absolute path`);
  if (value.includes("\0")) throw new UnusablePath(`${variable} must not hold a zero byte`);
  return withoutTrailingSlash(value);
}

/** A variable of the system. A path that is not absolute is ignored, as the XDG base directory specification asks. */
function ofSystem(where: Surroundings, variable: string): string | undefined {
  const value = where.env[variable];
  return value === undefined || !isAbsolute(where, value) ? undefined : withoutTrailingSlash(value);
}

function isAbsolute(where: Surroundings, path: string): boolean {
  return where.platform === "win32" ? /^([A-Za-z]:)?[\\/]/.test(path) : path.startsWith("/");
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 ? path.replace(/[\\/]+$/, "") : path;
}

function join(where: Surroundings, ...parts: string[]): string {
  return parts.join(where.platform === "win32" ? "\\" : "/");
}
