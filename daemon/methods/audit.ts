// audit.*: what happened, and what of it is proven.
import type { ResultOf } from "../../protocol/catalogue.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Record as AuditRecord } from "../audit/chain.ts";
import { verify } from "../audit/proof.ts";
import { listSegments, readSegment, SEGMENTS_MAX } from "../audit/segments.ts";
import { titlesOf } from "../audit-titles.ts";
import { accountFolder } from "../data-folder.ts";
import type { Handlers } from "../dispatch.ts";
import { happening, whoOf } from "../happening.ts";
import type { Overseer } from "../overseer.ts";
import type { Sessions } from "../sessions.ts";
import type { Unlocked } from "../unlocked.ts";

type AuditHandlers = Pick<Handlers, "audit.list" | "audit.verify">;
type Shown = ResultOf<"audit.list">["records"][number];

/** Records answered when the caller names no limit: a screen or two. */
const RECORDS_DEFAULT = 50;

/** Segments looked through for a caller's own records: whoever may not see the log must not have all of it read either. */
const OWN_SEGMENTS_MAX = 2;

export function auditMethods(home: string, p: Primitives, sessions: Sessions, overseer: Overseer): AuditHandlers {
  return {
    "audit.list": async (params, call) => {
      const whole = await overseer.oversees(params, call);
      const { audit, file, unlocked } = sessions.open(params.account);
      audit.flush();
      const own = whoOf(call.connection.subject);
      const folder = accountFolder(home, file.account);
      const limit = params.limit ?? RECORDS_DEFAULT;
      const records = whole
        ? await withTitles(unlocked, newest(folder, limit, SEGMENTS_MAX, everyone))
        : newest(folder, limit, OWN_SEGMENTS_MAX, (record) => record.who === own).map(shown);
      audit.read(happening(call, "ok", []));
      return { records };
    },
    "audit.verify": async (params, call) => {
      if (!(await overseer.oversees(params, call))) throw new PosternError("proofRequired");
      const { audit, file, unlocked } = sessions.open(params.account);
      audit.flush();
      const { checkpoints, anchor } = unlocked.store.state;
      const verdict = verify(accountFolder(home, file.account), p, checkpoints, anchor);
      audit.keep(happening(call, verdict.problems.length === 0 ? "ok" : "problems", []));
      return { records: verdict.records, proven: verdict.proven, problems: verdict.problems };
    },
  };
}

const everyone = () => true;

/** The newest records that are wanted, oldest first. */
function newest(
  folder: string,
  limit: number,
  segments: number,
  wanted: (record: AuditRecord) => boolean,
): AuditRecord[] {
  const found: AuditRecord[] = [];
  // From the newest segment backwards, so that a long log costs no more than what is shown.
  for (const segment of listSegments(folder).reverse().slice(0, segments)) {
    const records = readSegment(segment).flatMap((line) => (line.kind === "record" ? [line.record] : []));
    found.unshift(...records.filter(wanted));
    if (found.length >= limit) break;
  }
  return found.slice(-limit);
}

function shown({ seq, at, event, outcome, count, program, pid, ids }: AuditRecord): Shown {
  return {
    seq,
    at,
    event,
    outcome,
    count,
    ...(program === undefined ? {} : { program }),
    ...(pid === undefined ? {} : { pid }),
    ...(ids === undefined ? {} : { ids: [...ids] }),
  };
}

/** Only for who may see the whole: a prompt that was denied names what its asker must not learn. */
function withNames(unlocked: Unlocked, record: AuditRecord): Shown {
  const { sealed } = record;
  return { ...shown(record), ...(sealed === undefined ? {} : { names: unlocked.openNames(sealed) }) };
}

/** As withNames, for the whole log; names before titles, since a lock may come while those are looked up. */
async function withTitles(unlocked: Unlocked, records: readonly AuditRecord[]): Promise<Shown[]> {
  const named = records.map((record) => withNames(unlocked, record));
  const titles = await titlesOf(unlocked.account, records);
  return named.map((record) => {
    const { ids = [] } = record;
    return ids.some((id) => titles.has(id)) ? { ...record, titles: ids.map((id) => titles.get(id) ?? id) } : record;
  });
}
