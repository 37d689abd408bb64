// A new account is made in steps: at the service, on disk, its first vault. If the agent is killed after the second step, the next unlock does the
// rest. If it is killed before, nothing is on this machine, and an account that nobody can open stays at the service. It holds nothing.
import { type AccountFile, writeAccount } from "./account-file.ts";
import { makeFirstVault } from "./own-account.ts";
import type { UnlockedSession } from "./session.ts";

/** What the person reads at the unlock that finished the account. Whoever made it has seen no emergency kit. */
export const FINISHED_LATE =
  "this account was cut off while it was made, and is whole now; write its emergency kit with `postern kit --out-file kit.txt`, and set an approval PIN with `postern pin` if you have none";

/**
 * Makes the first vault, if the account is unfinished and has none, and marks the account as whole. Returns whether it was unfinished. Throws
 * locked, offline, diskFull.
 */
export function makeWhole(home: string, session: UnlockedSession): Promise<boolean> {
  return session.inTurn(async () => {
    const { unlocked } = session;
    if (session.file.unfinished !== true || unlocked === undefined) return false;
    if ((await unlocked.ownKind.vaults()).length === 0) await makeFirstVault(unlocked);
    const { unfinished, ...whole }: AccountFile = session.file;
    await writeAccount(home, whole);
    session.file = whole;
    return true;
  });
}
