// Node: the packed client and the official package, each installed in a project of its own program.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPacked, packClient } from "../../build/packed-client.ts";
import type { Absent, Client, Race } from "./contestant.ts";

const programs = fileURLToPath(new URL("./node/", import.meta.url));
const official = fileURLToPath(new URL("../../../node_modules/@1password", import.meta.url));

/** A start of ours is to be this many times faster. The official package reads and compiles WebAssembly at its start. */
const START_TIMES = 3;

export function nodeRace(folder: string, bridge: Absent | undefined): Race {
  const project = join(folder, "node");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), "{}");
  installPacked(packClient(folder), project);
  symlinkSync(official, join(project, "node_modules", "@1password"));
  cpSync(programs, project, { recursive: true });
  writeFileSync(join(project, "nothing.mjs"), "");
  const through = (name: string): Client => ({
    command: [process.execPath, join(project, "resolve.mjs"), name],
    nothing: [process.execPath, join(project, "nothing.mjs")],
    byToken: [process.execPath, join(project, "token.mjs"), name],
  });
  return {
    language: "Node",
    floor: "load",
    bare: [process.execPath, join(project, "bare.mjs")],
    own: through("@postern/client"),
    official: bridge ?? through("@1password/sdk"),
    startTimes: START_TIMES,
  };
}
