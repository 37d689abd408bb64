// audit.*: what happened, and what of it is proven.
import type { ResultOf } from "../../protocol/catalogue.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { accountFolder } from "../account-file.ts";
import type { Record as AuditRecord } from "../audit/chain.ts";
import { verify } from "../audit/proof.ts";
import { listSegments, readSegment } from "../audit/segments.ts";
import type { Handlers } from "../dispatch.ts";
import { happening } from "../happening.ts";
import type { Overseer } from "../overseer.ts";
import type { Sessions } from "../sessions.ts";
import type { Unlocked } from "../unlocked.ts";

type AuditHandlers = Pick<Handlers, "audit.list" | "audit.verify">;
type Shown = ResultOf<"audit.list">["records"][number];

/** Records answered when the caller names no limit: a screen or two. */
const RECORDS_DEFAULT = 50;

export function auditMethods(home: string, p: Primitives, sessions: Sessions, overseer: Overseer): AuditHandlers {
  return {
    "audit.list": async (params, call) => {
      const whole = await overseer.oversees(params, call);
      const { audit, file, unlocked } = sessions.open(params.account);
      audit.flush();
      const own = call.connection.peer.identity.pid;
      const records = shownRecords(
        accountFolder(home, file.account),
        unlocked,
        params.limit ?? RECORDS_DEFAULT,
        (record) => whole || record.pid === own,
      );
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

function shownRecords(folder: string, unlocked: Unlocked, limit: number, wanted: (record: Shown) => boolean): Shown[] {
  const shown: Shown[] = [];
  // From the newest segment backwards, so that a long log costs no more than what is shown.
  for (const segment of listSegments(folder).reverse()) {
    const records = readSegment(segment).flatMap((line) =>
      line.kind === "record" ? [shownRecord(unlocked, line.record)] : [],
    );
    shown.unshift(...records.filter(wanted));
    if (shown.length >= limit) break;
  }
  return shown.slice(-limit);
}

function shownRecord(unlocked: Unlocked, record: AuditRecord): Shown {
  const { seq, at, event, outcome, count, program, pid, ids, sealed } = record;
  return {
    seq,
    at,
    event,
    outcome,
    count,
    ...(program === undefined ? {} : { program }),
    ...(pid === undefined ? {} : { pid }),
    ...(ids === undefined ? {} : { ids: [...ids] }),
    ...(sealed === undefined ? {} : { names: unlocked.openNames(sealed) }),
  };
}
