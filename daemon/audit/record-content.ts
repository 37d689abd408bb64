// The content of a record without its time and number: an entry in the form for the disk, with ids as they are and names sealed.
import { isId } from "../../protocol/crypto/encoding.ts";
import type { Record } from "./chain.ts";
import { isDone, type LogEntry } from "./entry.ts";
import { namesWithin } from "./folds.ts";

type SealNames = (names: readonly string[]) => string;

/** `sealNames` is the account's own. An entry of a token brings another. Without either, names are left out. */
export function contentOf(
  entry: LogEntry,
  count: number,
  sealNames: SealNames | undefined,
): Omit<Record, "seq" | "at"> {
  const { names: given = [], ids: told = [], asked: about = [], token, ...plain } = entry;
  // A peer may send any text as an id, and a field's id may be its name. So only texts in the form of an id are written as ids.
  const ids = told.filter(isId);
  const asked = about.filter(isId);
  const { names, left } = namesWithin([...given, ...[...told, ...about].filter((id) => !isId(id))]);
  const seal = token?.sealNames ?? sealNames;
  // While locked, nothing can be sealed. The record still says that the refusal had a target.
  const unsealed = seal === undefined && !isDone(plain.outcome) ? names.length : 0;
  const unnamed = (plain.unnamed ?? 0) + left + unsealed;
  return {
    event: plain.event,
    outcome: plain.outcome,
    count,
    ...(plain.program === undefined ? {} : { program: plain.program }),
    ...(plain.pid === undefined ? {} : { pid: plain.pid }),
    ...(plain.who === undefined ? {} : { who: plain.who }),
    ...(ids.length === 0 ? {} : { ids }),
    ...(asked.length === 0 ? {} : { asked }),
    ...(token === undefined ? {} : { token: { serviceAccount: token.serviceAccount, token: token.token } }),
    ...(unnamed === 0 ? {} : { unnamed }),
    ...(names.length === 0 || seal === undefined ? {} : { sealed: seal(names) }),
  };
}
