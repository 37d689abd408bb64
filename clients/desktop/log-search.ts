// The search through the log. The agent answers pages from the oldest record on; only as many records are kept as are shown.
import type { AuditRecord, Methods } from "../typescript/generated.ts";
import { auditLimits } from "../typescript/generated-limits.ts";
import type { Channel } from "./channel.ts";

const HOUR_MS = 60 * 60_000;

export const periods = {
  all: { words: "any time", ms: undefined },
  hour: { words: "the last hour", ms: HOUR_MS },
  day: { words: "the last 24 hours", ms: 24 * HOUR_MS },
  week: { words: "the last 7 days", ms: 7 * 24 * HOUR_MS },
} as const;

export type Search = { readonly item: string; readonly period: keyof typeof periods };

/** The newest fitting records, the newest last, and the number of older ones. */
export type Found = { readonly records: readonly AuditRecord[]; readonly older: number };

/** Records that are shown: more than a person reads. */
const SHOWN_MAX = 200;

export async function findRecords(channel: Channel, { item, period }: Search): Promise<Found> {
  const { ms } = periods[period];
  if (item === "" && ms === undefined) {
    const { records } = await channel.call("audit.list", { limit: SHOWN_MAX });
    // The first record of the log has the number 1.
    return { records, older: Math.max(0, (records[0]?.seq ?? 1) - 1) };
  }
  const now = Date.now() + channel.aheadMs;
  const asked: Methods["audit.list"]["params"] = {
    ...(item === "" ? {} : { item }),
    ...(ms === undefined ? {} : { since: new Date(now - ms).toISOString() }),
    // Records that are written meanwhile, of this reading too, would add a page each time.
    until: new Date(now).toISOString(),
    limit: auditLimits.pageMax,
  };
  let records: AuditRecord[] = [];
  let older = 0;
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: Methods["audit.list"]["result"] = await channel.call("audit.list", { ...asked, after });
    const all: AuditRecord[] = [...records, ...page.records];
    older += Math.max(0, all.length - SHOWN_MAX);
    records = all.slice(-SHOWN_MAX);
    after = page.next !== undefined && page.next > after ? page.next : undefined;
  }
  return { records, older };
}
