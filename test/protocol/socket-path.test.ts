import { describe, expect, test } from "vitest";
import {
  dataFolder,
  PIPE_NAME_LENGTH,
  SOCKET_PATH_BYTES_DARWIN,
  SOCKET_PATH_BYTES_LINUX,
  type Surroundings,
  settingsFolder,
  socketPath,
  UnusablePath,
} from "../../protocol/socket-path.ts";

const SID = "S-1-5-21-1-2-3-1001";

function linux(env: Surroundings["env"] = {}): Surroundings {
  return { env, platform: "linux", home: "/home/ada", uid: 1000 };
}

function mac(env: Surroundings["env"] = {}): Surroundings {
  return { env, platform: "darwin", home: "/Users/ada", uid: 501 };
}

function windows(env: Surroundings["env"] = {}): Surroundings {
  return { env, platform: "win32", home: "C:\\Users\\ada", uid: undefined, sid: SID };
}

describe("the socket's path", () => {
  test.each<[string, Surroundings, string]>([
    ["the runtime folder on Linux", linux({ XDG_RUNTIME_DIR: "/run/user/1000" }), "/run/user/1000/postern/agent.sock"],
    ["a private folder under the home without it", linux(), "/home/ada/.postern/agent.sock"],
    [
      "the home too where the runtime folder is relative",
      linux({ XDG_RUNTIME_DIR: "run" }),
      "/home/ada/.postern/agent.sock",
    ],
    [
      "the home too where the runtime folder is another user's, as after sudo -E",
      linux({ XDG_RUNTIME_DIR: "/run/user/1001" }),
      "/home/ada/.postern/agent.sock",
    ],
    [
      "POSTERN_HOME before the runtime folder",
      linux({ POSTERN_HOME: "/tmp/p/", XDG_RUNTIME_DIR: "/run/user/1000" }),
      "/tmp/p/run/agent.sock",
    ],
    ["POSTERN_SOCKET before all", linux({ POSTERN_SOCKET: "/tmp/s.sock", POSTERN_HOME: "/tmp/p" }), "/tmp/s.sock"],
    [
      "the caches folder on macOS, whatever XDG says",
      mac({ XDG_RUNTIME_DIR: "/run" }),
      "/Users/ada/Library/Caches/postern/agent.sock",
    ],
    ["a pipe of the user on Windows", windows(), `\\\\.\\pipe\\postern-${SID}`],
    [
      "another pipe where POSTERN_HOME moves it",
      windows({ POSTERN_HOME: "C:\\t" }),
      `\\\\.\\pipe\\postern-${SID}-C--t`,
    ],
    ["the pipe that POSTERN_SOCKET names", windows({ POSTERN_SOCKET: "\\\\.\\pipe\\mine" }), "\\\\.\\pipe\\mine"],
  ])("is %s", (_title, where, path) => {
    expect(socketPath(where)).toBe(path);
  });

  test.each<[string, Surroundings]>([
    ["a relative POSTERN_SOCKET", linux({ POSTERN_SOCKET: "agent.sock" })],
    ["a relative POSTERN_HOME", linux({ POSTERN_HOME: "./home" })],
    ["a zero byte", linux({ POSTERN_SOCKET: "/tmp/a\0b" })],
    ["a file path for a pipe", windows({ POSTERN_SOCKET: "C:\\agent.sock" })],
    ["a missing security identifier", { ...windows(), sid: undefined }],
    ["a security identifier of another form", { ...windows(), sid: "..\\x" }],
  ])("is refused with %s", (_title, where) => {
    expect(() => socketPath(where)).toThrow(UnusablePath);
  });

  test.each<[string, number, (env: Surroundings["env"]) => Surroundings]>([
    ["Linux", SOCKET_PATH_BYTES_LINUX, linux],
    ["macOS", SOCKET_PATH_BYTES_DARWIN, mac],
  ])("may fill the limit of %s and not pass it, counted in bytes", (_system, limit, where) => {
    const fits = `/${"é".repeat((limit - 1) / 2)}`;
    expect(new TextEncoder().encode(fits).length).toBe(limit);
    expect(socketPath(where({ POSTERN_SOCKET: fits }))).toBe(fits);
    expect(() => socketPath(where({ POSTERN_SOCKET: `${fits}x` }))).toThrow(`${limit} bytes`);
  });

  test("may fill the limit of a pipe's name and not pass it", () => {
    const fits = `\\\\.\\pipe\\${"x".repeat(PIPE_NAME_LENGTH - 9)}`;
    expect(socketPath(windows({ POSTERN_SOCKET: fits }))).toBe(fits);
    expect(() => socketPath(windows({ POSTERN_SOCKET: `${fits}x` }))).toThrow(UnusablePath);
  });

  test("keeps the value out of its errors", () => {
    expect(() => socketPath(linux({ POSTERN_SOCKET: "hunter2" }))).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
    );
  });
});

describe("data and settings", () => {
  test.each<[string, Surroundings, string, string]>([
    ["the XDG defaults", linux(), "/home/ada/.local/share/postern", "/home/ada/.config/postern"],
    ["the XDG folders", linux({ XDG_DATA_HOME: "/d", XDG_CONFIG_HOME: "/c/" }), "/d/postern", "/c/postern"],
    [
      "the defaults where XDG is relative",
      linux({ XDG_DATA_HOME: "d", XDG_CONFIG_HOME: "c" }),
      "/home/ada/.local/share/postern",
      "/home/ada/.config/postern",
    ],
    ["POSTERN_HOME", linux({ POSTERN_HOME: "/p", XDG_DATA_HOME: "/d" }), "/p/data", "/p/settings"],
    [
      "macOS",
      mac(),
      "/Users/ada/Library/Application Support/postern",
      "/Users/ada/Library/Application Support/postern/settings",
    ],
    ["Windows", windows(), "C:\\Users\\ada\\AppData\\Local\\postern", "C:\\Users\\ada\\AppData\\Roaming\\postern"],
  ])("lie where %s say", (_title, where, data, settings) => {
    expect([dataFolder(where), settingsFolder(where)]).toEqual([data, settings]);
  });
});
