// What protocol/socket-path.ts answers, as data: its limits, the default places of each system with `{…}` for the parts that vary, and
// its refusals. A client of another language fills the parts in.
import {
  dataFolder,
  PIPE_NAME_LENGTH,
  SOCKET_PATH_BYTES_DARWIN,
  SOCKET_PATH_BYTES_LINUX,
  type Surroundings,
  socketPath,
} from "../../protocol/socket-path.ts";

export type PathRules = {
  readonly limits: Readonly<Record<"linux" | "others" | "pipe", number>>;
  readonly places: Readonly<Record<Place, string>>;
  readonly refusals: Readonly<Record<Refusal, string>>;
};

export type Place = "moved" | "runtime" | "home" | "darwin" | "pipe" | "movedPipe" | DataPlace;
/** Places of the agent's data. */
type DataPlace = "dataMoved" | "dataGiven" | "dataHome" | "dataDarwin";
export type Refusal = "empty" | "relative" | "zeroByte" | "tooLong" | "noPipe" | "pipeTooLong" | "noSid";

/** Stand-ins that the rules let through: absolute where a path is expected, and without characters that are replaced. */
const HOME = "/HOME";
const SID = "S-1-5-21-7";
const MOVED = "/MOVED";

const at = (platform: string, env: Surroundings["env"] = {}, sid?: string): string =>
  socketPath({ platform, env, home: HOME, uid: 1, sid });

const data = (platform: string, env: Surroundings["env"] = {}): string =>
  dataFolder({ platform, env, home: HOME, uid: 1 });

function refused(platform: string, env: Surroundings["env"], sid?: string): string {
  try {
    at(platform, env, sid);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("a path that the rules should refuse went through");
}

export function pathRules(): PathRules {
  const long = `/${"a".repeat(PIPE_NAME_LENGTH)}`;
  const named = (text: string, of: string, by: string) => text.replaceAll(of, by);
  return {
    limits: { linux: SOCKET_PATH_BYTES_LINUX, others: SOCKET_PATH_BYTES_DARWIN, pipe: PIPE_NAME_LENGTH },
    places: {
      moved: named(at("linux", { POSTERN_HOME: MOVED }), MOVED, "{moved}"),
      runtime: named(at("linux", { XDG_RUNTIME_DIR: "/RUNTIME" }), "/RUNTIME", "{runtime}"),
      home: named(at("linux"), HOME, "{home}"),
      darwin: named(at("darwin"), HOME, "{home}"),
      pipe: named(at("win32", {}, SID), SID, "{sid}"),
      dataMoved: named(data("linux", { POSTERN_HOME: MOVED }), MOVED, "{moved}"),
      dataGiven: named(data("linux", { XDG_DATA_HOME: "/GIVEN" }), "/GIVEN", "{given}"),
      dataHome: named(data("linux"), HOME, "{home}"),
      dataDarwin: named(data("darwin"), HOME, "{home}"),
      movedPipe: named(named(at("win32", { POSTERN_HOME: "/MOVED" }, SID), SID, "{sid}"), "-MOVED", "{moved}"),
    },
    refusals: {
      empty: named(refused("linux", { POSTERN_HOME: "" }), "POSTERN_HOME", "{variable}"),
      relative: named(refused("linux", { POSTERN_HOME: "a" }), "POSTERN_HOME", "{variable}"),
      zeroByte: named(refused("linux", { POSTERN_HOME: "/\0" }), "POSTERN_HOME", "{variable}"),
      tooLong: named(refused("linux", { POSTERN_SOCKET: long }), String(SOCKET_PATH_BYTES_LINUX), "{limit}"),
      noPipe: refused("win32", { POSTERN_SOCKET: "a" }),
      pipeTooLong: refused("win32", { POSTERN_SOCKET: `\\\\.\\pipe\\${long}` }),
      noSid: refused("win32", {}),
    },
  };
}
