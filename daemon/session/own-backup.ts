// The backup of our own kind of account: writes and reads sealed lines. Another kind of account has no backup.
import { writeBackup } from "../../clients/account/backup.ts";
import { createBackupBounds } from "../../clients/account/backup-bounds.ts";
import { lineBytes, type ReadThrough, readThrough } from "../../clients/account/backup-lines.ts";
import { wasNeverReached } from "../../clients/account/offline-reason.ts";
import { type Restored, type RestoreInput, restoreBackup } from "../../clients/account/restore.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { UnlockedSession } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** The facts of a backup that need no keys. */
export type BackupRead = ReadThrough;

/** A backup's bytes. They can be read several times, each time from the start. */
export type BackupBytes = RestoreInput["source"];

/** The result of a restore, and the things that do not come back. */
export type RestoredAccount = Restored;

/** The steps of a restore that its caller takes part in. */
export type RestoreSteps = Omit<RestoreInput, "read"> & { readonly read: (source: BackupBytes) => Promise<BackupRead> };

/** The lines of a backup of this account. The receiver owns the bytes of each line. */
export async function* backupLines(
  crypto: Primitives,
  { file, unlocked }: UnlockedSession,
  at: Date,
): AsyncGenerator<Uint8Array> {
  const whose = { account: file.account, user: file.user };
  // Signs the vaults anew that service accounts made a moment ago. A backup takes up no other signatures.
  await unlocked.account.vaultsNow();
  const isUnread = unlocked.ownKind.isUnreadVault;
  for await (const line of writeBackup(crypto, whose, unlocked.signedIn, at, isUnread)) yield lineBytes(line);
}

/** Checks the bytes of a backup as they arrive. Its `push` throws notRestorable. */
export const newBackupBounds = (): { push(chunk: Uint8Array): void } => createBackupBounds();

/** Reads a backup to its end. Throws notRestorable. */
export const readBackup = (crypto: Primitives, source: BackupBytes): Promise<BackupRead> => readThrough(crypto, source);

/** Makes the account of a backup at a service. */
export async function restoreAt(
  crypto: Primitives,
  sessions: Pick<Sessions, "addressOf" | "callTo">,
  service: string,
  steps: RestoreSteps,
): Promise<RestoredAccount> {
  return restoreBackup(crypto, await sessions.callTo(service), await sessions.addressOf(service), steps);
}

/** Errors that end a restore before the service has any row of it. */
const NOT_BEGUN: readonly string[] = ["conflict", "notPermitted", "serviceRefused"];

/** Whether a restore with this error has left nothing at the service. */
export function hasMadeNothing(error: unknown): boolean {
  return error instanceof PosternError && (NOT_BEGUN.includes(error.name) || wasNeverReached(error));
}
