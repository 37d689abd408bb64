// audit: the records of the log, and who read a secret. The whole log asks for the account password.

import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { auditLimits } from "../../typescript/generated-limits.ts";
import type { Proof } from "../agent/approval-proof.ts";
import { onAccount } from "../agent/next-step.ts";
import type { Agent } from "../agent/session.ts";
import { mine, type ProofOptions, withWholeProof } from "../agent/whole-proof.ts";
import { deedOf, endOf } from "../audit-words.ts";
import { addCommand } from "../context.ts";
import { passwordFd } from "../files/secret-input.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { localTime } from "../terminal/local-time.ts";
import { type Terminal, table } from "../terminal/terminal.ts";
import { momentOf } from "../text/moment.ts";

type Listed = Methods["audit.list"]["result"];
type Asked = Methods["audit.list"]["params"];
type ListOptions = ProofOptions & { limit?: string; after?: string; item?: string; since?: string; until?: string };

const { pageDefault: RECORDS_DEFAULT, pageMax: RECORDS_MAX } = auditLimits;

function wholeNumber(text: string, option: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^[0-9]{1,16}$/.test(text) || number < min || number > max)
    throw new UsageError(`${option} takes a whole number from ${min} to ${max}`, `for one, ${option} 200`);
  return number;
}

const limitOf = ({ limit }: ListOptions) =>
  limit === undefined ? RECORDS_DEFAULT : wholeNumber(limit, "--limit", 1, RECORDS_MAX);

/** The search. Empty where the end of the log is wanted. Throws UsageError. */
function searchOf({ item, since, until, after, mine }: ListOptions): Omit<Asked, "limit"> {
  if (mine === true && item !== undefined)
    throw new UsageError(
      "--item looks through the whole log, and --mine shows this terminal's records alone",
      "leave one of them out",
    );
  const now = new Date();
  const from = since === undefined ? undefined : momentOf(since, "--since", now);
  const to = until === undefined ? undefined : momentOf(until, "--until", now, true);
  if (from !== undefined && to !== undefined && from > to)
    throw new UsageError("--since is later than --until", "for one, --since 3d --until yesterday");
  return {
    ...(item === undefined ? {} : { item }),
    ...(from === undefined ? {} : { since: from.toISOString() }),
    ...(to === undefined ? {} : { until: to.toISOString() }),
    ...(after === undefined ? {} : { after: wholeNumber(after, "--after", 0, Number.MAX_SAFE_INTEGER) }),
  };
}

/**
 * The newest matching records, and the number of older ones. With `after`, the first ones after it. The agent answers pages from the oldest on.
 * Only as many records are kept here as are shown.
 */
async function search(agent: Agent, asked: Asked, limit: number): Promise<Listed & { older: number }> {
  if (asked.after !== undefined) return { ...(await agent.call("audit.list", { ...asked, limit })), older: 0 };
  // Records that are written meanwhile, of this reading too, would add a page each time.
  const until = asked.until ?? new Date().toISOString();
  let records: Listed["records"] = [];
  let older = 0;
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: Listed = await agent.call("audit.list", { ...asked, until, after, limit: RECORDS_MAX });
    const all = [...records, ...page.records];
    older += Math.max(0, all.length - limit);
    records = all.slice(-limit);
    after = page.next !== undefined && page.next > after ? page.next : undefined;
  }
  return { records, older };
}

async function list(terminal: Terminal, agent: Agent, proof: { proof?: Proof }, options: ListOptions): Promise<void> {
  const limit = limitOf(options);
  const asked = searchOf(options);
  if (Object.keys(asked).length === 0 || proof.proof === undefined) {
    const listed = await agent.call("audit.list", { ...asked, ...proof, limit });
    return terminal.result(listed, () => auditText(listed.records));
  }
  const found = await search(agent, { ...asked, ...proof }, limit);
  terminal.result(found, () => [auditText(found.records), ...endings(found, options, agent.account)].join("\n"));
}

const ELSEWHERE =
  "What is read on other machines is not in this log. `postern service-account list` tells when each token was last used, anywhere.";

function endings(
  { next, older }: Listed & { older: number },
  { item }: ListOptions,
  account: string | undefined,
): string[] {
  return [
    ...(older > 0 ? [`${older} older ones fit too: the same with --after 0 begins with the oldest.`] : []),
    ...(next === undefined ? [] : [`More follow: the same with --after ${next}.`]),
    ...(item === undefined ? [] : [onAccount(account, ELSEWHERE)]),
  ];
}

export function addAuditCommands(program: Command): void {
  const audit = addCommand<ListOptions>(
    program,
    "audit",
    "show what happened, newest last; with --item who read a secret",
    "postern audit --item op://Demo/DATABASE_URL --since yesterday",
    [
      ["--item <ref>", "records about this alone: op://vault/item[/field], VAULT/ITEM, ENVIRONMENT/VARIABLE, or an id"],
      ["--since <time>", "from then on: today, yesterday, 2h, 3d, 2026-11-24, 2026-11-24T09:30"],
      ["--until <time>", "up to then, a day to its end"],
      ["--limit <n>", "how many records (50)"],
      ["--after <n>", "the first ones after this record, for the next page"],
      passwordFd,
      mine,
    ],
    (terminal, _args, options) => {
      // Checked before a password is typed.
      searchOf(options);
      limitOf(options);
      return withWholeProof(terminal, options, (agent, proof) => list(terminal, agent, proof, options));
    },
  );
  addCommand<ProofOptions>(
    audit,
    "verify",
    "check the log, and say which part of it is proven",
    "postern audit verify",
    [passwordFd],
    (terminal, _args, options) =>
      withWholeProof(terminal, options, async (agent, proof) => {
        const verdict = await agent.call("audit.verify", proof);
        terminal.result(verdict, () => verdictText(terminal, verdict));
        if (verdict.problems.length > 0) process.exitCode = 8;
      }),
  );
}

function auditText(records: Listed["records"]): string {
  if (records.length === 0) return "No records.";
  const rows = records.map((record) => [
    String(record.seq),
    localTime(record.at, "second"),
    deedOf(record.event),
    endOf(record.outcome),
    record.count === 1 ? "" : `×${record.count}`,
    whoText(record),
    aboutText(record),
  ]);
  return table(["#", "WHEN", "WHAT", "OUTCOME", "", "WHO", "ABOUT"], rows);
}

function whoText({ program = "", serviceAccount }: Listed["records"][number]): string {
  return serviceAccount === undefined ? program : `${program} (token of ${serviceAccount.title ?? serviceAccount.id})`;
}

/** Names or ids that are shown of one record. With --json all are shown. */
const ABOUT_MAX = 6;

function aboutText({ ids = [], titles = ids, names = [], unnamed = 0 }: Listed["records"][number]): string {
  const called = new Map(ids.map((id, index) => [id, titles[index] ?? id]));
  const fields = names.map((name) => fieldText(name, called));
  // A field is shown with its item.
  const alone = titles.filter((title) => !fields.some((field) => field.startsWith(`${title}/`)));
  const about = [...new Set([...alone, ...fields])];
  const rest = Math.max(0, about.length - ABOUT_MAX) + unnamed;
  return about.slice(0, ABOUT_MAX).join(" ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** A field of one of several items stands behind the item's id. */
function fieldText(name: string, called: ReadonlyMap<string, string>): string {
  const [, item = "", field = ""] = /^([a-z2-7]{26}) (.*)$/s.exec(name) ?? [];
  const title = called.get(item);
  return title === undefined ? name : `${title}${field}`;
}

const UNPROVEN =
  "written between a start of the agent and the first unlock, when there is no key to prove them with; that alone is no sign of a change";

function verdictText(terminal: Terminal, verdict: Methods["audit.verify"]["result"]): string {
  const proven = verdict.proven.map(
    ({ from, to, until }) => `records ${from} to ${to} are proven, up to ${localTime(until, "second")}`,
  );
  const unproven = verdict.records - verdict.proven.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return [
    `${verdict.records} records`,
    ...proven,
    ...(unproven > 0
      ? [`${unproven === 1 ? "1 record is" : `${unproven} records are`} in no proven stretch: ${UNPROVEN}`]
      : []),
    ...verdict.problems.map((problem) => terminal.bad(`! ${problem}`)),
  ].join("\n");
}
