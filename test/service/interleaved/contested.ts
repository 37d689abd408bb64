// Requests that want the same thing, and their answers. A condition that is missing completely would also be missing for requests one after
// another. So the right answers are written down here.
import type { ErrorName } from "../../../protocol/errors.ts";

/** "done", or the error's name. */
type Told = "done" | ErrorName;

/** The two answers, whichever request comes first. */
export const contested: readonly (readonly [one: string, other: string, first: Told, second: Told])[] = [
  // Each names the revision that it follows.
  ["users.putData 1", "users.putData 2", "done", "versionConflict"],
  ["vaults.update 1", "vaults.update 2", "done", "versionConflict"],
  ["vaults.rekey 1", "vaults.rekey 2", "done", "versionConflict"],
  ["groups.update 1", "groups.update 2", "done", "versionConflict"],
  ["items.put 1", "items.put 2", "done", "versionConflict"],
  // One key, one challenge, one view, one place.
  ["users.changePassword 1", "users.changePassword 2", "done", "wrongCredentials"],
  ["signIn.finish 1", "signIn.finish 1", "done", "wrongCredentials"],
  ["shares.open 1", "shares.open 2", "done", "shareUsedUp"],
  ["groups.create 1", "groups.create 2", "done", "conflict"],
  ["accounts.create 1", "accounts.create 2", "done", "conflict"],
  ["vaults.create 1", "vaults.create 2", "done", "conflict"],
  ["session.end 1", "session.end 1", "done", "wrongCredentials"],
  ["vaults.delete 1", "vaults.delete 1", "done", "vaultNotFound"],
  ["groups.delete 1", "groups.delete 1", "done", "groupNotFound"],
  // The same request again, as after a lost answer, gets the same answer.
  ["accounts.create 1", "accounts.create 1", "done", "done"],
  ["users.putData 1", "users.putData 1", "done", "done"],
  ["users.changePassword 1", "users.changePassword 1", "done", "done"],
  ["vaults.create 1", "vaults.create 1", "done", "done"],
  ["vaults.update 1", "vaults.update 1", "done", "done"],
  ["vaults.rekey 1", "vaults.rekey 1", "done", "done"],
  ["vaults.grant 1", "vaults.grant 1", "done", "done"],
  ["items.rewrap 1", "items.rewrap 2", "done", "done"],
  ["items.put 1", "items.put 1", "done", "done"],
  ["items.put 3", "items.put 3", "done", "done"],
  ["items.putAll 1", "items.putAll 1", "done", "done"],
  ["serviceAccounts.create 1", "serviceAccounts.create 2", "done", "done"],
  ["serviceAccounts.rotate 1", "serviceAccounts.rotate 1", "done", "done"],
  ["serviceAccounts.revoke 1", "serviceAccounts.revoke 1", "done", "done"],
  ["groups.create 3", "groups.create 3", "done", "done"],
  ["groups.update 1", "groups.update 1", "done", "done"],
  ["files.putChunk 1", "files.putChunk 1", "done", "done"],
  ["files.abandon 1", "files.abandon 1", "done", "done"],
  ["shares.putChunk 1", "shares.putChunk 1", "done", "done"],
  ["shares.create 1", "shares.create 1", "done", "done"],
  ["shares.revoke 1", "shares.revoke 1", "done", "done"],
  ["shares.open 1", "shares.open 1", "done", "done"],
  ["shares.open 3", "shares.open 3", "done", "done"],
  ["devices.remove 1", "devices.remove 1", "done", "done"],
  ["accounts.endRestore 1", "accounts.endRestore 1", "done", "done"],
];

/** A request that removes something, a request that needs it, and the answer to the second one. In the other order both are done. */
export const takenAway: readonly (readonly [taking: string, wanting: string, told: ErrorName])[] = [
  ["devices.remove 1", "signIn.finish 2", "deviceRemoved"],
  ["devices.remove 1", "items.put 2", "wrongCredentials"],
  ["users.changePassword 1", "signIn.finish 2", "wrongCredentials"],
  ["users.changePassword 1", "items.put 2", "wrongCredentials"],
  ["serviceAccounts.rotate 1", "signIn.finish 5", "tokenRefused"],
  ["serviceAccounts.rotate 1", "files.putChunk 3", "wrongCredentials"],
  ["serviceAccounts.revoke 1", "signIn.finish 5", "wrongCredentials"],
  ["serviceAccounts.revoke 1", "serviceAccounts.rotate 3", "serviceAccountNotFound"],
  ["signIn.finish 6", "accounts.endRestore 1", "wrongCredentials"],
  ["accounts.endRestore 1", "signIn.finish 6", "conflict"],
  ["groups.delete 1", "groups.update 1", "groupNotFound"],
  ["groups.delete 1", "vaults.grant 1", "groupNotFound"],
  ["vaults.grant 1", "groups.delete 1", "conflict"],
  ["vaults.rekey 1", "items.put 2", "sealBroken"],
  ["vaults.rekey 2", "vaults.grant 1", "sealBroken"],
  ["vaults.rekey 2", "serviceAccounts.create 1", "sealBroken"],
  ["vaults.rekey 1", "vaults.update 2", "sealBroken"],
  ["vaults.update 1", "vaults.delete 1", "versionConflict"],
  ["vaults.delete 1", "items.put 1", "vaultNotFound"],
  ["vaults.delete 1", "files.putChunk 1", "vaultNotFound"],
  ["vaults.delete 1", "shares.create 1", "vaultNotFound"],
  ["vaults.delete 1", "serviceAccounts.create 1", "vaultNotFound"],
  ["vaults.delete 2", "items.rewrap 1", "vaultNotFound"],
  ["files.abandon 1", "items.put 5", "fileNotFound"],
  ["items.put 5", "files.putChunk 1", "conflict"],
  ["shares.create 1", "shares.putChunk 1", "conflict"],
  ["shares.create 1", "shares.putChunk 4", "conflict"],
  ["shares.putChunk 4", "shares.create 1", "fileNotFound"],
  ["shares.putChunk 1", "shares.create 1", "fileNotFound"],
  ["shares.revoke 1", "shares.open 1", "shareRevoked"],
];
