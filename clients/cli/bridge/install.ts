// Puts the bridge library where the official SDKs look for it, and takes it away. Programs of every user load what lies there. So it is a
// copy, root's own, in folders that only root can write to.
import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { demandLinux, ownerOn, type Place, pathOn, putWhole, unsafeFolderOn, writingTo } from "../files/root-place.ts";
import { makeFolder } from "../generated-make-folder.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { asRoot, INSTALL_FOLDER, LIBRARY, lookAt, MODE, ownLibrary, searchedFolders } from "./library.ts";

/** The machine that the command works on. */
export type Machine = Place & { readonly platform: string; readonly architecture: string };

export const targetOn = (machine: Machine): string => pathOn(machine, join(INSTALL_FOLDER, LIBRARY));

const demandBridge = ({ platform }: Machine): void =>
  demandLinux(
    platform,
    "the bridge for the official SDKs",
    "use Postern's own client packages there: they have the official names",
  );

function demandRoot(machine: Machine, words: readonly string[]): void {
  if (machine.prefix !== undefined || machine.user === 0) return;
  throw new UsageError(
    `only root can write to ${INSTALL_FOLDER}, where the official SDKs look`,
    `run \`${asRoot(["bridge", ...words])}\``,
  );
}

/** The places at which a real 1Password lies, or something else that is not ours. */
export function foreignPlaces(machine: Machine): string[] {
  const libraries = searchedFolders
    .map((folder) => pathOn(machine, join(folder, LIBRARY)))
    .filter((path) => lookAt(path, ownerOn(machine)).kind === "foreign");
  const folder = pathOn(machine, INSTALL_FOLDER);
  return [...libraries, ...(holdsOther(folder) ? [folder] : [])];
}

/** Whether it is the folder of a 1Password without the library: its next update may bring one. */
function holdsOther(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name !== LIBRARY && !name.startsWith(BEGUN));
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // Everybody can read a folder that we made.
    if (code === "EACCES") return true;
    if (["ENOENT", "ENOTDIR"].includes(code)) return false;
    throw error;
  }
}

function demandNoOther(machine: Machine): void {
  const places = foreignPlaces(machine);
  if (places.length === 0) return;
  throw new UsageError(
    `1Password, or another program's library, is at ${places.join(" and ")}, so nothing was changed`,
    "programs can use one of the two: uninstall 1Password's app to use the bridge, or use Postern's own client packages",
  );
}

/** A folder on the way that is not safe, with the reason. Whoever can write there can replace what programs load. */
export const unsafeFolder = (machine: Machine): string | undefined => unsafeFolderOn(machine, INSTALL_FOLDER);

function demandSafeFolders(machine: Machine): void {
  const unsafe = unsafeFolder(machine);
  if (unsafe !== undefined)
    throw new UsageError(
      `${unsafe}, so nothing was changed`,
      "put that right first: every program of every user would load what lies there",
    );
}

/** The beginning of a file's name before it is whole. */
const BEGUN = ".postern-bridge-";

export type Installed = { readonly path: string; readonly version: string; readonly changed: boolean };

const writing = (machine: Machine, write: () => void): void =>
  writingTo(pathOn(machine, INSTALL_FOLDER), "use Postern's own client packages, or make the place writable", write);

/** Installs the library. Does nothing where this very library is there already. Throws UsageError where it must not. */
export function installBridge(machine: Machine): Installed {
  demandBridge(machine);
  demandRoot(machine, ["install"]);
  demandNoOther(machine);
  demandSafeFolders(machine);
  const own = ownLibrary(machine.platform, machine.architecture);
  const path = targetOn(machine);
  const before = lookAt(path, ownerOn(machine));
  const isThere = before.kind === "ours" && before.isSafe && before.content.equals(own.content);
  if (!isThere)
    writing(machine, () => {
      makeFolders(machine);
      putWhole(pathOn(machine, INSTALL_FOLDER), `${BEGUN}${process.pid}`, LIBRARY, own.content, MODE);
    });
  return { path, version: own.version, changed: !isThere };
}

/** The usual umask of a person could keep programs of other users out. */
function makeFolders(machine: Machine): void {
  const before = process.umask(0o022);
  try {
    makeFolder(pathOn(machine, INSTALL_FOLDER), MODE);
  } finally {
    process.umask(before);
  }
}

/** Removes the library, what an installation that was killed left beside it, and the folder where nothing else is in it. */
function remove(library: string, folder: string): void {
  const begun = readdirSync(folder).filter((name) => name.startsWith(BEGUN));
  for (const path of [library, ...begun.map((name) => join(folder, name))]) rmSync(path);
  if (readdirSync(folder).length > 0) return;
  try {
    rmdirSync(folder);
  } catch (error) {
    // An empty folder that a file system is mounted on, as in a container. The library is gone, and that was asked for.
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
  }
}

export type Removed = { readonly path: string; readonly removed: boolean };

/** Removes the library where it is ours, and its folder where nothing else is in it. Throws UsageError where it is not ours. */
export function uninstallBridge(machine: Machine): Removed {
  demandBridge(machine);
  const path = targetOn(machine);
  const found = lookAt(path, ownerOn(machine));
  if (found.kind === "absent") return { path, removed: false };
  if (found.kind === "foreign")
    throw new UsageError(
      `${path} is not Postern's, so nothing was removed`,
      "remove it with the program that installed it",
    );
  demandRoot(machine, ["uninstall"]);
  demandSafeFolders(machine);
  writing(machine, () => remove(path, pathOn(machine, INSTALL_FOLDER)));
  return { path, removed: true };
}
