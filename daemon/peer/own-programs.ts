// Which scripts are our own CLI's: known by where they are installed, whose they are and what is in them. Ours are never
// the subject of a grant; a program that passes itself off as ours only moves the question to whoever started it.
import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OwnProgram } from "./foreign-ancestor.ts";

/** Beside the bundle of the agent, and in the sources: the command, and what stands between `run` and its program. */
const places = ["./postern.js", "./relay.js", "../clients/cli/main.ts", "../clients/cli/run/relay.ts"];

export function ownPrograms(agent: string): OwnProgram[] {
  return places.flatMap((place) => {
    const path = fileURLToPath(new URL(place, agent));
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [];
    const real = realpathSync(path);
    return [
      {
        path: real,
        sha256: createHash("sha256").update(readFileSync(real)).digest("hex"),
        ownerUid: statSync(real).uid,
      },
    ];
  });
}
