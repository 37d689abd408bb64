// Python: our wheel in a clean environment, and the official package in the environment of the tests' tools. Each has a bare start of its
// own, since an interpreter looks at what its environment has.
import { fileURLToPath } from "node:url";
import {
  buildClient,
  type Environment,
  installedClient,
  installPythonTools,
  pythonsHere,
  toolEnvironment,
} from "../../toolchains/python/environment.ts";
import type { Absent, Client, Command, Entry } from "./contestant.ts";

const program = (name: string): string => fileURLToPath(new URL(`./python/${name}.py`, import.meta.url));

/** A start of ours is to be this many times faster. The official package brings pydantic and a native library. */
const START_TIMES = 5;

export function pythonRaces(folder: string, bridge: Absent | undefined): Entry[] {
  installPythonTools();
  const tools = toolEnvironment();
  const [python] = pythonsHere();
  if (tools === undefined || python === undefined)
    return [{ language: "Python", absent: "Python is not on this machine, or its tools cannot be fetched" }];
  const { wheel } = buildClient(tools, folder);
  const clean = installedClient(tools, python, wheel, folder);
  const official = bridge ?? client(tools, "async", "onepassword");
  const common = { official, startTimes: START_TIMES };
  return [
    {
      ...common,
      language: "Python, asyncio",
      floor: [clean.python, program("floor_async")],
      bare: [clean.python, program("bare_async")],
      own: client(clean, "async", "postern"),
      emptyLoop: [clean.python, "-c", "import asyncio; asyncio.run(asyncio.sleep(0))"],
    },
    {
      ...common,
      language: "Python, synchronous",
      floor: [clean.python, program("floor_sync")],
      bare: [clean.python, program("bare_sync")],
      own: client(clean, "sync"),
    },
  ];
}

function client({ python }: Environment, way: "async" | "sync", ...words: string[]): Client {
  const command: Command = [python, program(`resolve_${way}`), ...words];
  const byToken: Command = [python, program(`by_token_${way}`), ...words];
  return { command, byToken, nothing: [python, "-c", "pass"] };
}
