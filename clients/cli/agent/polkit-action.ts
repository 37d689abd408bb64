// Makes Postern's action known to polkit for a user, and takes it away. The file is for every user of the machine, so it names them all.
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { asRoot } from "../bridge/library.ts";
import { demandLinux, ownerOn, type Place, pathOn, putWhole, unsafeFolderOn, writingTo } from "../files/root-place.ts";
import { ACTION_FILE, ACTION_FOLDER, actionText, isOwnerId, ownersIn } from "../generated-action-file.ts";
import { UsageError } from "../terminal/exit-code.ts";

/** Everybody may read it, polkit among them, and only root may change it. */
const MODE = 0o644;

/** Bytes of a file that can be ours: room for thousands of users. */
const BYTES_MAX = 64 * 1024;

/** The machine that the command works on. */
export type Machine = Place & { readonly platform: string };

export const actionPathOn = (place: Place): string => pathOn(place, join(ACTION_FOLDER, ACTION_FILE));

export type Put = { readonly path: string; readonly user: number; readonly changed: boolean };

/** Lets polkit ask this user. Users that are named already stay. Throws UsageError where it must not. */
export function installAction(place: Machine, user: number): Put {
  demandPolkit(place);
  demandUser(user);
  demandRoot(place, "install", user);
  demandFolder(place);
  const path = actionPathOn(place);
  const owners = ownersAt(place);
  if (owners?.includes(user)) return { path, user, changed: false };
  write(place, [...(owners ?? []), user]);
  return { path, user, changed: true };
}

/**
 * Takes a user out of the file, and the file away with its last user. What a killed installation left goes in any case. Throws UsageError where it
 * must not.
 */
export function uninstallAction(place: Machine, user: number): Put {
  demandPolkit(place);
  demandUser(user);
  const path = actionPathOn(place);
  const owners = ownersAt(place) ?? [];
  const left = leftOn(place);
  const changed = owners.includes(user);
  if (!changed && left.length === 0) return { path, user, changed };
  demandRoot(place, "uninstall", user);
  demandFolder(place);
  const others = owners.filter((one) => one !== user);
  const gone = changed && others.length === 0 ? [...left, path] : left;
  writingTo(pathOn(place, ACTION_FOLDER), READ_ONLY, () => gone.forEach((one) => void rmSync(one, { force: true })));
  if (changed && others.length > 0) write(place, others);
  return { path, user, changed };
}

/** The beginning of a file's name before it is whole. Its ending is another than polkit reads. */
const BEGUN = `.${ACTION_FILE}.`;

/** What installations that were killed have left. */
function leftOn(place: Place): string[] {
  const folder = pathOn(place, ACTION_FOLDER);
  try {
    const names = readdirSync(folder).filter((name) => name.startsWith(BEGUN));
    return names.map((name) => join(folder, name));
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(code)) return [];
    throw error;
  }
}

const READ_ONLY = "make the place writable; without it the other approvers ask";

function write(place: Place, owners: readonly number[]): void {
  const folder = pathOn(place, ACTION_FOLDER);
  const begun = `${BEGUN}${process.pid}`;
  writingTo(folder, READ_ONLY, () => putWhole(folder, begun, ACTION_FILE, Buffer.from(actionText(owners)), MODE));
}

/** The users in the file that is there. Undefined where there is none. Throws UsageError where it is not ours. */
function ownersAt(place: Place): number[] | undefined {
  const path = actionPathOn(place);
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw strange(path);
  }
  try {
    const { size, uid, mode } = fstatSync(file);
    const isSafe = fstatSync(file).isFile() && uid === ownerOn(place) && (mode & 0o7777) === MODE && size <= BYTES_MAX;
    const owners = isSafe ? ownersIn(readFileSync(file, "utf8")) : undefined;
    if (owners === undefined) throw strange(path);
    return owners;
  } finally {
    closeSync(file);
  }
}

const strange = (path: string): UsageError =>
  new UsageError(
    `${path} is not the file that this version of Postern writes, so nothing was changed`,
    "look at it, remove it as root, and run the command again",
  );

const demandPolkit = ({ platform }: Machine): void =>
  demandLinux(
    platform,
    "polkit, and with it this approver,",
    "the other approvers ask there: the app, a window and the terminal",
  );

function demandUser(user: number): void {
  if (isOwnerId(user)) return;
  throw new UsageError(
    "polkit asks a person with an ordinary user id, and root never",
    "name the user whose agent it is for: --user 1000",
  );
}

function demandRoot(place: Place, word: "install" | "uninstall", user: number): void {
  if (place.prefix !== undefined || place.user === 0) return;
  throw new UsageError(
    `only root can write to ${ACTION_FOLDER}, where polkit looks`,
    `run \`${asRoot(["approver", word, "polkit", "--user", `${user}`])}\``,
  );
}

function demandFolder(place: Place): void {
  const folder = pathOn(place, ACTION_FOLDER);
  const unsafe = unsafeFolderOn(place, ACTION_FOLDER);
  if (unsafe !== undefined)
    throw new UsageError(
      `${unsafe}, so nothing was changed`,
      "put that right first: whoever can write there decides who is asked",
    );
  try {
    closeSync(openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY));
  } catch {
    throw new UsageError(
      `polkit is not on this machine: ${folder} is not there`,
      "install polkit (on Debian: `polkitd`)",
    );
  }
}
