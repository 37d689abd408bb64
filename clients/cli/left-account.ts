// Finds the remains of an account that is not signed in here: a device store without an account file. The account was signed out, or
// the file was lost. Making a new account would help in neither case.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "./agent/where.ts";

/** Folders that are looked at: an agent has one account, and a few that were signed out. */
const FOLDERS_MAX = 100;

/** The next step about an account that was here. Undefined where there was none. */
export function leftAccount(): string | undefined {
  const accounts = join(homeOf(), "accounts");
  const left = foldersIn(accounts).find(
    (id) => existsSync(join(accounts, id, "device.sealed")) && !existsSync(join(accounts, id, "account.json")),
  );
  if (left === undefined) return undefined;
  return `an account was here: ${join(accounts, left)} has no account.json, so it was signed out, or that file was lost. Put the file back from a copy, open the account with \`postern signin --kit KIT\`, or bring it back with \`postern restore FILE --kit KIT\``;
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => /^[a-z2-7]{26}$/.test(name))
      .slice(0, FOLDERS_MAX);
  } catch (error) {
    // A missing folder, or another user's folder, says nothing.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return [];
  }
}
