// The account password in a call of its own: checked, and recorded where it was wrong.
import { PosternError } from "../../protocol/errors.ts";
import type { AuditLog } from "../audit/log.ts";
import type { Call } from "../call/call.ts";
import { entryOf, trierOf } from "../call/log-entry.ts";
import type { UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";

/** Runs a proof, and records its refusal. */
export async function recorded(call: Call, prove: () => Promise<void>, audit: Pick<AuditLog, "keep">): Promise<void> {
  try {
    await prove();
  } catch (error) {
    if (error instanceof PosternError) audit.keep({ ...entryOf(call, error.name, []), event: "proof.password" });
    throw error;
  }
}

/** The account, after the caller has proven its password. */
export async function provenAccount(
  sessions: Pick<Sessions, "open" | "provePassword">,
  { account, password }: { account?: string; password: string },
  call: Call,
): Promise<UnlockedSession> {
  const session = sessions.open(account);
  await recorded(call, () => sessions.provePassword(session, password, trierOf(call).place), session.audit);
  // A lock may have come right after the proof.
  return sessions.open(account);
}
