// The files that hold the version. It is written once, in the package.json of the root. A file that was generated or built from an older one would
// have another version than the tag.
import { versionOf } from "../generate/version.ts";
import type { Fault } from "./fault.ts";

/** The text of a file, by its path from the root. Undefined where there is none. */
export type Read = (path: string) => string | undefined;

const manifest = (text: string) => (JSON.parse(text) as { version?: unknown }).version;
const constant = (text: string) => /VERSION = "([^"]*)"/.exec(text)?.[1];
const locked = (path: string) => (text: string) =>
  (JSON.parse(text) as { packages: Record<string, { version?: unknown }> }).packages[path]?.version;

/** The files with the version, and how it is read from each. */
const places: readonly [path: string, read: (text: string) => unknown][] = [
  ["package-lock.json", manifest],
  ["package-lock.json", locked("")],
  ["package-lock.json", locked("clients/typescript")],
  ["clients/typescript/package.json", manifest],
  ["clients/cli/version.ts", constant],
  ["daemon/host/version.ts", constant],
  ["protocol/openrpc.json", (text) => (JSON.parse(text) as { info: { version?: unknown } }).info.version],
];

/** The same for the files that `npm run build` writes. */
const built: readonly [string, (text: string) => unknown][] = [
  ["dist/postern/package.json", manifest],
  ["dist/client/package.json", manifest],
];

/** The version in the root. Throws where it is no version. */
export function rootVersion(read: Read): string {
  return versionOf(read("package.json") ?? "{}");
}

/** Files with another version than the root's. */
export const sourceVersionFaults = (read: Read, version: string): Fault[] =>
  differing(places, read, version, "run npm run generate, and commit what it writes");

/** The same in the built files. */
export const builtVersionFaults = (read: Read, version: string): Fault[] =>
  differing(built, read, version, "run npm run build again");

function differing(
  those: readonly (readonly [string, (text: string) => unknown])[],
  read: Read,
  version: string,
  next: string,
): Fault[] {
  return those.flatMap(([path, versionIn]) => {
    const text = read(path);
    const found = text === undefined ? undefined : versionIn(text);
    if (found === version) return [];
    return [{ what: `${path} tells ${found === undefined ? "no version" : `version ${found}`}, not ${version}`, next }];
  });
}
