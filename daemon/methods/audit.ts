// audit.*: the records of the log, and the proven stretches.
import { AUDIT_PAGE_DEFAULT } from "../../protocol/catalogue/access.ts";
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { isId } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Overseer } from "../approval/overseer.ts";
import { type Record as AuditRecord, happenedAt } from "../audit/chain.ts";
import type { AuditLog } from "../audit/log.ts";
import { newestOf } from "../audit/own-records.ts";
import { isWithin, PAGE_BYTES_MAX, type Page, type Range, readPage } from "../audit/pages.ts";
import { verify } from "../audit/proof.ts";
import { listSegments, readSegment } from "../audit/segments.ts";
import { entryOf, whoOf } from "../call/log-entry.ts";
import { accountFolder } from "../host/data-folder.ts";
import type { OpenSession } from "../session/account-session.ts";
import { type AuditNames, openAuditNames } from "../session/audit-names.ts";
import type { LeftRecords } from "../session/left-records.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { auditTarget, concerns } from "./audit-target.ts";
import { titlesOf } from "./audit-titles.ts";

type AuditHandlers = Pick<Handlers, "audit.list" | "audit.verify">;
type Asked = ParamsOf<"audit.list">;
type Shown = ResultOf<"audit.list">["records"][number];

export type AuditParts = {
  readonly home: string;
  readonly crypto: Primitives;
  readonly sessions: Sessions;
  readonly overseer: Overseer;
  readonly left: LeftRecords;
};

export function auditMethods({ home, crypto, sessions, overseer, left }: AuditParts): AuditHandlers {
  /** Takes in the records that tokens left while the account was signed out, for a caller who sees the whole log. */
  async function demandLeft(session: OpenSession & { readonly audit: AuditLog }): Promise<void> {
    try {
      await left.takeIn(session);
    } catch (error) {
      // The caller asked for the records. A service that is away, or lies, must not hold them back.
      if (!(error instanceof PosternError) || error.name === "locked") throw error;
    }
  }

  async function whole(folder: string, params: Asked, unlocked: Unlocked): Promise<Page & { records: Shown[] }> {
    const target = params.item === undefined ? undefined : await auditTarget(unlocked.account, params.item);
    const names = await openAuditNames(crypto, unlocked);
    try {
      const wanted = (record: AuditRecord) => target === undefined || concerns(target, record, names.open);
      const limit = params.limit ?? AUDIT_PAGE_DEFAULT;
      // Without a search the newest records are wanted.
      const found: Page = isSearch(params)
        ? await readPage(folder, rangeOf(params), limit, wanted)
        : { records: newest(folder, limit) };
      return { ...found, records: await withTitles(unlocked, names, found.records) };
    } finally {
      names.close();
    }
  }

  return {
    "audit.list": async (params, call) => {
      const range = rangeOf(params);
      const oversees = await overseer.oversees(params, call);
      // The answer itself shows whether something has this name.
      if (!oversees && params.item !== undefined) throw new PosternError("proofRequired");
      if (oversees) await demandLeft(sessions.open(params.account));
      const { audit, file, unlocked } = sessions.open(params.account);
      audit.flush();
      const own = whoOf(call.connection.subject);
      const folder = accountFolder(home, file.account);
      const limit = params.limit ?? AUDIT_PAGE_DEFAULT;
      const wanted = (record: AuditRecord) => isWithin({ ...range, after: 0 }, record);
      const answer = oversees
        ? await whole(folder, params, unlocked)
        : { records: ownNumbered(await newestOf(folder, own, { limit, wanted }), range.after) };
      audit.read(entryOf(call, "ok", []));
      return answer;
    },

    "audit.verify": async (params, call) => {
      if (!(await overseer.oversees(params, call))) throw new PosternError("proofRequired");
      await demandLeft(sessions.open(params.account));
      const { audit, file, unlocked } = sessions.open(params.account);
      audit.flush();
      const { checkpoints, anchor } = unlocked.store.state;
      const verdict = verify(accountFolder(home, file.account), crypto, checkpoints, anchor);
      audit.keep(entryOf(call, verdict.problems.length === 0 ? "ok" : "problems", []));
      return { records: verdict.records, proven: verdict.proven, problems: verdict.problems };
    },
  };
}

/** The newest records, oldest first. */
function newest(folder: string, limit: number): AuditRecord[] {
  const found: AuditRecord[] = [];
  // From the newest segment backwards, so that a long log costs no more than the shown part.
  for (const segment of listSegments(folder).reverse()) {
    const records = readSegment(segment).flatMap((line) => (line.kind === "record" ? [line.record] : []));
    found.unshift(...records.slice(-limit));
    if (found.length >= limit) break;
  }
  return withinBytes(found.slice(-limit));
}

/** The newest records that fit into an answer. */
function withinBytes(records: readonly AuditRecord[]): AuditRecord[] {
  let bytes = 0;
  const first = records.findLastIndex((record) => {
    bytes += JSON.stringify(record).length;
    return bytes > PAGE_BYTES_MAX;
  });
  return records.slice(first + 1);
}

const isSearch = ({ item, after, since, until }: Asked) => [item, after, since, until].some((one) => one !== undefined);

function rangeOf({ after = 0, since, until }: Asked): Range {
  return {
    after,
    sinceMs: since === undefined ? Number.NEGATIVE_INFINITY : momentOf("since", since),
    untilMs: until === undefined ? Number.POSITIVE_INFINITY : momentOf("until", until),
  };
}

function momentOf(name: string, text: string): number {
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) throw new PosternError("invalidParams", `${name} must be a time as in RFC 3339`);
  return moment;
}

/** A record in the view of its own asker, without the target of a refused call: the asker must not learn whether it exists. */
function shown(record: AuditRecord): Shown {
  const { seq, event, outcome, count, program, pid, ids } = record;
  return {
    seq,
    at: happenedAt(record),
    event,
    outcome,
    count,
    ...(program === undefined ? {} : { program }),
    ...(pid === undefined ? {} : { pid }),
    ...(ids === undefined ? {} : { ids: [...ids] }),
  };
}

/** An asker's own records after a number. They are numbered for themselves: the numbers of the log would count what others do. */
function ownNumbered(records: readonly AuditRecord[], after: number): Shown[] {
  const numbered = records.map((record, at) => ({ ...record, seq: at + 1 }));
  return withinBytes(numbered.filter(({ seq }) => seq > after)).map(shown);
}

const allIds = ({ ids = [], asked = [] }: AuditRecord) => [...ids, ...asked];

/** A record for a caller who may see the whole log. A denied call names things that its asker must not learn. */
function whollyShown(record: AuditRecord, names: AuditNames): Shown {
  const { token, unnamed } = record;
  const opened = names.open(record);
  // An id from a refused asker is sealed like a name.
  const ids = [...allIds(record), ...(opened ?? []).filter(isId)];
  const texts = opened?.filter((name) => !isId(name));
  const title = token === undefined ? undefined : names.titleOf(token.serviceAccount);
  return {
    ...shown(record),
    ...(ids.length === 0 ? {} : { ids }),
    ...(token === undefined
      ? {}
      : {
          serviceAccount: {
            id: token.serviceAccount,
            token: token.token,
            ...(title === undefined ? {} : { title }),
          },
        }),
    ...(record.happened === undefined ? {} : { takenInAt: record.at }),
    ...(unnamed === undefined ? {} : { unnamed }),
    ...(texts === undefined || (texts.length === 0 && ids.length > 0) ? {} : { names: texts }),
  };
}

/** Adds names and titles. Names come first, since a lock may come while titles are looked up. */
async function withTitles(unlocked: Unlocked, names: AuditNames, records: readonly AuditRecord[]): Promise<Shown[]> {
  const named = records.map((record) => whollyShown(record, names));
  const titles = await titlesOf(unlocked.account, named);
  return named.map((record) => {
    const { ids = [] } = record;
    return ids.some((id) => titles.has(id)) ? { ...record, titles: ids.map((id) => titles.get(id) ?? id) } : record;
  });
}
