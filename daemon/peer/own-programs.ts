// The programs of our own command: scripts, known by their installed path, owner and content, and the native command, known by its file. They
// are never the subject of a grant. A program that pretends to be one only moves the question up to its own parent.
import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OwnBinary, OwnProgram, OwnScript } from "./foreign-ancestor.ts";

/** The command and the relay of `run`: beside the agent's bundle, and in the sources. */
const places = ["./postern.js", "./relay.js", "../clients/cli/main.ts", "../clients/cli/run/relay.ts"];

/** The native command, for each kind of machine, beside the agent's bundle. In the sources there is none. */
const nativePlaces = ["./native/linux-x64/postern", "./native/linux-arm64/postern"];

export function ownPrograms(agent: string): OwnProgram[] {
  return [...filesAt(places, agent).map(scriptAt), ...filesAt(nativePlaces, agent).map(binaryAt)];
}

/** The files that exist, without links. */
function filesAt(places: readonly string[], agent: string): string[] {
  return places.flatMap((place) => {
    const path = fileURLToPath(new URL(place, agent));
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? [realpathSync(path)] : [];
  });
}

export const pathsOf = (ours: readonly OwnProgram[]): string[] =>
  ours.flatMap((one) => ("path" in one ? [one.path] : []));

export const scriptAt = (path: string): OwnScript => ({
  path,
  sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
  ownerUid: statSync(path).uid,
});

export function binaryAt(path: string): OwnBinary {
  const file = statSync(path, { bigint: true });
  return { device: `${file.dev}`, inode: `${file.ino}`, changed: `${file.ctimeNs}`, ownerUid: Number(file.uid) };
}
