// An unfinished restore on this agent. Commands that would advise to make or bring an account name the restore in place of that.

import type { Methods, PosternError } from "../../typescript/generated.ts";
import { tableError } from "../../typescript/table-error.ts";
import { leftAccount } from "../left-account.ts";
import { withHint } from "../terminal/with-hint.ts";

type Status = Methods["agent.status"]["result"];

/** The command that continues it. */
export function goOn({ unfinishedRestore }: Pick<Status, "unfinishedRestore">): string | undefined {
  if (unfinishedRestore === undefined) return undefined;
  // Any program may have begun it with any address. So the advised command names no address.
  return `postern restore FILE --kit KIT${unfinishedRestore.service === "embedded" ? "" : " --service URL"}`;
}

/** The error that no account is here, with the next step. */
export function noAccount(status: Pick<Status, "unfinishedRestore">): PosternError {
  const command = goOn(status);
  const plain = tableError("signedOut");
  const left = command === undefined ? leftAccount() : undefined;
  if (left !== undefined) return withHint(plain, left);
  if (command === undefined) return plain;
  const hint = `run the same \`${command}\` again: it goes on where it was cut off`;
  return withHint(plain, hint, "no account is signed in on this agent: its restore was cut off");
}

/** Throws restoreUnfinished unless the person gives the restore up. Called before the first question. */
export function demandNoRestore(status: Pick<Status, "unfinishedRestore">, abandon: boolean): void {
  const command = goOn(status);
  if (command === undefined || abandon) return;
  const hint = `run the same \`${command}\` again: it goes on where it was cut off; to give it up for good, use --abandon-restore`;
  const message = "an account is being restored on this agent, or its restore was cut off";
  throw withHint(tableError("restoreUnfinished"), hint, message);
}

export const abandonOption = [
  "--abandon-restore",
  "give up a restore that was cut off here; what it has made opens to nobody",
] as const;
