// The scripts of our own command, known by their installed path, owner and content. They are never the subject of a grant. A program that
// pretends to be one only moves the question up to its own parent.
import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OwnProgram } from "./foreign-ancestor.ts";

/** The command and the relay of `run`: beside the agent's bundle, and in the sources. */
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

export const pathsOf = (ours: readonly OwnProgram[]): string[] => ours.map(({ path }) => path);
