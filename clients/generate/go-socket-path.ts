// The default places of the socket on each system, for clients/go. They come from what protocol/socket-path.ts answers, and so do the
// cases that the client's own test compares. The order of the variables and the checks are written by hand in Go.
import {
  dataFolder,
  PIPE_NAME_LENGTH,
  SOCKET_PATH_BYTES_DARWIN,
  SOCKET_PATH_BYTES_LINUX,
  type Surroundings,
  socketPath,
  UnusablePath,
} from "../../protocol/socket-path.ts";
import {
  START_BYTES_MAX,
  START_FILE,
  START_MS_MAX,
  START_VARIABLES,
  START_WORDS_MAX,
} from "../../protocol/start-file.ts";
import { aligned, goFile } from "./go-names.ts";

const SOURCE = "protocol/socket-path.ts";
const SID = "S-1-5-21-1-2-3-1001";

/** A folder that a default path begins with, in place of the real one. */
const FOLDER = "/F";

export function renderGoSocketPath(): string {
  const at = (platform: string, env: Record<string, string>) =>
    socketPath({ env, platform, home: FOLDER, uid: 1000 }).slice(FOLDER.length);
  const data = (platform: string, env: Record<string, string>) =>
    dataFolder({ env, platform, home: FOLDER, uid: 1000 }).slice(FOLDER.length);
  const pipe = socketPath({ env: {}, platform: "win32", home: "C:\\F", uid: undefined, sid: SID });
  const rows: [string, string, number | string][] = [
    ["underHome", "the home folder", at("linux", {})],
    ["underHomeDarwin", "the home folder on macOS", at("darwin", {})],
    ["underRuntime", "XDG_RUNTIME_DIR", at("linux", { XDG_RUNTIME_DIR: FOLDER })],
    ["underPosternHome", "POSTERN_HOME", at("linux", { POSTERN_HOME: FOLDER })],
    ["dataUnderHome", "the home folder, for the agent's data", data("linux", {})],
    ["dataUnderHomeDarwin", "the home folder on macOS, for the agent's data", data("darwin", {})],
    ["dataUnderDataHome", "XDG_DATA_HOME, for the agent's data", data("linux", { XDG_DATA_HOME: FOLDER })],
    ["dataUnderPosternHome", "POSTERN_HOME, for the agent's data", data("linux", { POSTERN_HOME: FOLDER })],
  ];
  const places = rows.map(
    ([name, what, value]) => `\t// ${name} follows ${what}.\n\t${name} = ${JSON.stringify(value)}`,
  );
  return goFile(SOURCE, "postern", [
    `const (\n${places.join("\n")}\n)`,
    `const (\n\t// pipePrefix begins the name of every pipe on Windows, and ownPipe that of the user's agent.\n\tpipePrefix = ${JSON.stringify("\\\\.\\pipe\\")}\n\townPipe    = ${JSON.stringify(pipe.slice(0, -SID.length))}\n)`,
    `// How an agent is started: the file that says it, its limits, and the variables for the agent.
const (
	startFile     = ${JSON.stringify(START_FILE)}
	startBytesMax = ${START_BYTES_MAX}
	startWordsMax = ${START_WORDS_MAX}
	startMsMax    = ${START_MS_MAX}
)

var startVariables = []string{\n${START_VARIABLES.map((name) => `\t${JSON.stringify(name)},`).join("\n")}\n}`,
    `// The most bytes of a socket's path, and the most characters of a pipe's name.\nconst (\n${aligned([
      ["socketPathBytesLinux", `= ${SOCKET_PATH_BYTES_LINUX}`],
      ["socketPathBytesDarwin", `= ${SOCKET_PATH_BYTES_DARWIN}`],
      ["pipeNameLength", `= ${PIPE_NAME_LENGTH}`],
    ])
      .map((line) => `\t${line}`)
      .join("\n")}\n)`,
  ]);
}

const unix = { home: "/home/ada", uid: 1000 };
const windows = { platform: "win32", home: "C:\\Users\\ada", uid: undefined, sid: SID };
const long = (size: number) => `/${"s".repeat(size - 1)}`;

/** What the paths may depend on. Each case shows one rule. */
const cases: readonly Surroundings[] = [
  ...["linux", "darwin", "freebsd"].flatMap((platform) => [
    { ...unix, platform, env: {} },
    { ...unix, platform, env: { XDG_RUNTIME_DIR: "/run/user/1000" } },
    { ...unix, platform, env: { XDG_RUNTIME_DIR: "/run/user/1000/" } },
    { ...unix, platform, env: { XDG_RUNTIME_DIR: "/run/user/1001" } },
    { ...unix, platform, env: { XDG_RUNTIME_DIR: "relative" } },
    { ...unix, platform, env: { POSTERN_HOME: "/srv/p" } },
    { ...unix, platform, env: { POSTERN_HOME: "/srv/p//", XDG_RUNTIME_DIR: "/run/user/1000" } },
    { ...unix, platform, env: { POSTERN_HOME: "" } },
    { ...unix, platform, env: { POSTERN_HOME: "srv" } },
    { ...unix, platform, env: { POSTERN_SOCKET: "/tmp/s", POSTERN_HOME: "/srv/p" } },
    { ...unix, platform, env: { POSTERN_SOCKET: " " } },
    { ...unix, platform, env: { POSTERN_SOCKET: "/" } },
    { ...unix, platform, env: { POSTERN_SOCKET: "/a\0b" } },
    { ...unix, platform, env: { POSTERN_SOCKET: long(SOCKET_PATH_BYTES_DARWIN) } },
    { ...unix, platform, env: { POSTERN_SOCKET: long(SOCKET_PATH_BYTES_LINUX) } },
    { ...unix, platform, env: { POSTERN_SOCKET: long(SOCKET_PATH_BYTES_LINUX + 1) } },
  ]),
  { ...windows, env: {} },
  { ...windows, env: { POSTERN_HOME: "D:\\p q" } },
  { ...windows, env: { POSTERN_HOME: "relative" } },
  { ...windows, env: { POSTERN_SOCKET: "\\\\.\\pipe\\mine" } },
  { ...windows, env: { POSTERN_SOCKET: "D:\\file" } },
  { ...windows, env: { POSTERN_SOCKET: `\\\\.\\pipe\\${"p".repeat(PIPE_NAME_LENGTH)}` } },
  { ...windows, sid: undefined, env: {} },
];

export function renderGoSocketPathCases(): string {
  const rows = cases.map((one) => {
    const env = Object.entries(one.env).map(([name, value]) => `${JSON.stringify(name)}: ${goText(value ?? "")}`);
    const facts = `${JSON.stringify(one.platform)}, ${JSON.stringify(one.home)}, ${one.uid ?? -1}, ${JSON.stringify(one.sid ?? "")}`;
    return `\t{surroundings{map[string]string{${env.join(", ")}}, ${facts}}, ${answerTo(one)}},`;
  });
  return goFile(SOURCE, "postern", [
    `var socketPathCases = []struct {\n\twhere surroundings\n\tpath  string\n\tfault string\n}{\n${rows.join("\n")}\n}`,
  ]);
}

const goText = (value: string): string => JSON.stringify(value).replaceAll("\\u0000", "\\x00");

function answerTo(where: Surroundings): string {
  try {
    return `${JSON.stringify(socketPath(where))}, ""`;
  } catch (error) {
    if (!(error instanceof UnusablePath)) throw error;
    return `"", ${JSON.stringify(error.message)}`;
  }
}
