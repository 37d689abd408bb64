// What a person is told at an unlock, by whatever they unlocked: the wrong tries since the last time, and what happened to the account meanwhile.
import type { ResultOf } from "../../protocol/catalogue.ts";
import { BECAME_DEFAULT, becameDefault } from "../session/default-mark.ts";
import type { UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { FINISHED_LATE } from "../session/unfinished-account.ts";
import type { Unlocked } from "../session/unlocked.ts";

/** The answer to an unlock. `wrongPasswordTries` is the number from before it. Each PIN try is told once. */
export async function toldAtUnlock(
  sessions: Sessions,
  session: UnlockedSession,
  unlocked: Unlocked,
  wrongPasswordTries: number,
): Promise<ResultOf<"session.unlock">> {
  const warnings = [...session.untold.splice(0), ...unlocked.warnings, ...(await ofAccount(sessions, session))];
  const wrongPinTries = unlocked.store.state.wrongPinsToTell;
  if (wrongPinTries > 0) await unlocked.store.change((state) => ({ ...state, wrongPinsToTell: 0 }));
  return { account: session.file.account, wrongPinTries, wrongPasswordTries, warnings };
}

async function ofAccount(sessions: Sessions, session: UnlockedSession): Promise<string[]> {
  const finished = await sessions.makeWhole(session);
  const isDefault = sessions.list().length > 1 && session === sessions.default();
  return [
    ...(finished ? [FINISHED_LATE] : []),
    ...(isDefault && (await becameDefault(session)) ? [BECAME_DEFAULT] : []),
  ];
}
