// The bridge library: the one that this installation brings, and the ones that lie where the official SDKs look.
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { programPath } from "../agent/start-agent.ts";
import { UsageError } from "../terminal/exit-code.ts";

/** The library's name, as the official SDKs know it. */
export const LIBRARY = "libop_sdk_ipc_client.so";

/** Where the official SDKs look on Linux, in their order. They load the first path that exists, and nothing can tell them another one. */
export const searchedFolders = ["/usr/bin/1password", "/opt/1Password", "/snap/bin/1password"] as const;

/** Where the bridge is installed. The other two belong to other packages of 1Password's. */
export const INSTALL_FOLDER = searchedFolders[1];

/** Bytes of a file that can be ours: thirty times the library. A real one of 1Password's is larger. */
export const LIBRARY_BYTES_MAX = 1024 * 1024;

/** Everybody may load it, and only its owner may change it. */
export const MODE = 0o755;

/** Its hello to the agent, which is in the library as it stands here. It names the library and its version. */
const HELLO = /"client":\{"name":"postern-bridge","version":"([0-9A-Za-z.-]{1,40})"\},"door":"sdk"/;

/** What lies at a path. A link is never ours: whoever owns its target could change what programs load. */
export type Found =
  | { readonly kind: "absent" | "foreign" }
  | {
      readonly kind: "ours";
      readonly version: string;
      readonly content: Buffer;
      /** Whether only its owner can write it, and that owner is root, or whoever packs under a prefix. */
      readonly isSafe: boolean;
    };

export function lookAt(path: string, owner: number): Found {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { kind: code === "ENOENT" || code === "ENOTDIR" ? "absent" : "foreign" };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > LIBRARY_BYTES_MAX) return { kind: "foreign" };
    const content = readFileSync(file);
    const version = HELLO.exec(content.toString("latin1"))?.[1];
    if (version === undefined) return { kind: "foreign" };
    return { kind: "ours", version, content, isSafe: stat.uid === owner && (stat.mode & 0o7777) === MODE };
  } finally {
    closeSync(file);
  }
}

/** The library of this installation for this machine. Throws UsageError where it has none. */
export function ownLibrary(platform: string, architecture: string): Extract<Found, { kind: "ours" }> {
  const name = `${platform}-${architecture}`;
  const path = programPath(`./bridge/${name}/${LIBRARY}`, `../../dist/bridge/${name}/${LIBRARY}`);
  const found = lookAt(path, 0);
  if (found.kind === "ours") return found;
  throw new UsageError(
    `this installation has no bridge library for ${name}`,
    "install a C compiler, and run `npm run build` in the sources of Postern",
  );
}

/** The command that does the same as root. sudo has another PATH, so it names the programs by their paths. */
export function asRoot(words: readonly string[]): string {
  const program = realpathSync(process.argv[1] ?? "");
  return ["sudo", process.execPath, "--disable-sigusr1", "--", program, ...words].map(quoted).join(" ");
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
