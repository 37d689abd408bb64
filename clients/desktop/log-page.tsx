// Who read what, and when: the log of the account, with a filter, and with the state of its chain.
import { useEffect, useState } from "preact/hooks";
import { deedOf, endOf } from "../cli/audit-words.ts";
import type { AuditRecord } from "../typescript/generated.ts";
import { AgentError } from "./agent-error.ts";
import { ChainState } from "./chain-state.tsx";
import { type Found, findRecords, periods, type Search } from "./log-search.ts";
import { momentText } from "./moment.ts";
import { nameOf, questionText, shown } from "./prompt.ts";
import type { PageProps } from "./standing.ts";
import { Whole } from "./whole.tsx";
import { Words } from "./words.tsx";

export function LogPage(props: PageProps) {
  return (
    <>
      <h1>Log</h1>
      <Whole {...props} what="Who read what, and when,">
        <Log {...props} />
      </Whole>
    </>
  );
}

function Log({ channel }: PageProps) {
  const [search, setSearch] = useState<Search>({ item: "", period: "all" });
  const [found, setFound] = useState<Found>();
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(true);
  useEffect(() => {
    let isWanted = true;
    setBusy(true);
    findRecords(channel, search)
      .then(
        (records) => {
          if (!isWanted) return;
          setFault(undefined);
          setFound(records);
        },
        (error: unknown) => {
          if (isWanted) setFault(faultText(error));
        },
      )
      .finally(() => {
        if (isWanted) setBusy(false);
      });
    return () => {
      isWanted = false;
    };
  }, [channel, search]);
  return (
    <>
      <ChainState channel={channel} />
      <Filter search={search} onSearch={setSearch} />
      {fault !== undefined && (
        <p class="fault" role="alert">
          <Words text={fault} />
        </p>
      )}
      <p class="said" role="status">
        {isBusy ? "Looking …" : foundText(found)}
      </p>
      {found !== undefined && found.records.length > 0 && <Records records={found.records} />}
    </>
  );
}

function foundText(found: Found | undefined): string {
  if (found === undefined) return "";
  const { records, older } = found;
  const count = records.length === 1 ? "1 record" : `${records.length} records`;
  return records.length === 0
    ? "No records."
    : `${count}, newest first${older > 0 ? `; ${older} older ones fit too` : ""}.`;
}

function faultText(error: unknown): string {
  if (!(error instanceof AgentError)) return "The agent went away before the answer.";
  return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
}

function Filter({ search, onSearch }: { search: Search; onSearch: (search: Search) => void }) {
  const [item, setItem] = useState(search.item);
  const send = (event: Event) => {
    event.preventDefault();
    onSearch({ ...search, item: item.trim() });
  };
  return (
    <form class="filter" onSubmit={send}>
      <label>
        About
        <input
          value={item}
          maxLength={2048}
          placeholder="op://vault/item, or VAULT/ITEM"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setItem(currentTarget.value)}
        />
      </label>
      <label>
        When
        <select
          value={search.period}
          onChange={({ currentTarget }) =>
            onSearch({ item: item.trim(), period: currentTarget.value as Search["period"] })
          }
        >
          {Object.entries(periods).map(([key, { words }]) => (
            <option value={key}>{words}</option>
          ))}
        </select>
      </label>
      <button type="submit">Find</button>
    </form>
  );
}

function Records({ records }: { records: readonly AuditRecord[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a person without a mouse scrolls a wide table by the arrow keys (axe: scrollable-region-focusable)
    <section class="scrolls" tabIndex={0} aria-label="Records">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">About</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {[...records].reverse().map((record) => (
            <Row key={record.seq} record={record} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Outcomes that nobody need look at twice. A question has the verb that was asked for. */
const usual: ReadonlySet<string> = new Set(["ok", "okOffline", "approved", "read", "write", "manage"]);

function Row({ record }: { record: AuditRecord }) {
  const { at, event, outcome, count, program = "", serviceAccount } = record;
  return (
    <tr data-outcome={usual.has(outcome) ? "usual" : "other"}>
      <td class="moment">{momentText(at)}</td>
      <td>
        <bdi title={shown(program)}>{nameOf(program)}</bdi>
        {serviceAccount !== undefined && (
          <span class="soft"> by the token of {shown(serviceAccount.title ?? serviceAccount.id, 60)}</span>
        )}
      </td>
      <td>
        {deedOf(event)}
        {count > 1 && <span class="soft"> {count} times</span>}
      </td>
      <td>
        <bdi>{aboutText(record)}</bdi>
      </td>
      <td>{outcomeText(outcome)}</td>
    </tr>
  );
}

/** `approvalDenied` as a person reads it. */
const outcomeText = (outcome: string): string =>
  endOf(outcome).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Names that are shown of one record. */
const ABOUT_MAX = 3;

/** Records about a question: their names are its lines, and their first id is the question's own. */
const ofQuestions: ReadonlySet<string> = new Set(["prompt.opened", "prompt.closed", "prompts.answer", "policy.denied"]);

function aboutText({ event, ids = [], titles = ids, names = [], unnamed = 0 }: AuditRecord): string {
  if (ofQuestions.has(event)) return cutText(questionText(names).things.flat(), unnamed);
  const called = new Map(ids.map((id, index) => [id, titles[index] ?? id]));
  // A field of one of several items stands behind the item's id.
  const fields = names.map((name) => name.replace(/^([a-z2-7]{26}) /, (_found, id: string) => called.get(id) ?? id));
  return cutText([...new Set([...titles, ...fields])], unnamed);
}

function cutText(about: readonly string[], unnamed: number): string {
  const rest = Math.max(0, about.length - ABOUT_MAX) + unnamed;
  const told = about.slice(0, ABOUT_MAX).map((part) => shown(part, 70));
  return told.join(" ") + (rest > 0 ? ` and ${rest} more` : "");
}
