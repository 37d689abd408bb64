// The ways in which the agent itself puts a question to the person, and their order.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Approver } from "../../typescript/generated.ts";
import { shown } from "../prompt.ts";
import { ChangeForm } from "./change-form.tsx";
import type { SettingProps } from "./setting.ts";

const ways: Readonly<Record<Approver, { readonly name: string; readonly text: string }>> = {
  app: { name: "App", text: "A page in your browser, which also takes a fingerprint or a security key." },
  window: { name: "Window", text: "A small window that takes the PIN or the password." },
  terminal: { name: "Terminal", text: "The terminal of the program that asks, where it stands in the foreground." },
  polkit: { name: "System", text: "The system's own dialogue (polkit), with its password or finger." },
};

type Row = { readonly way: Approver; readonly isOn: boolean };

/** The chosen ways in their order, and the others behind them. */
function rowsOf(approvers: readonly Approver[]): readonly Row[] {
  const others = (Object.keys(ways) as Approver[]).filter((way) => !approvers.includes(way));
  return [...approvers.map((way) => ({ way, isOn: true })), ...others.map((way) => ({ way, isOn: false }))];
}

function moved(rows: readonly Row[], at: number, by: -1 | 1): readonly Row[] {
  const one = rows[at];
  const other = rows[at + by];
  if (one === undefined || other === undefined) return rows;
  return rows.map((row, place) => (place === at ? other : place === at + by ? one : row));
}

export function ApproversForm({ channel, standing, session }: SettingProps) {
  const [draft, setDraft] = useState<readonly Row[]>();
  const { account, unavailable = [] } = session;
  const rows = draft ?? rowsOf(session.approvers ?? []);
  const approvers = rows.filter(({ isOn }) => isOn).map(({ way }) => way);
  return (
    <ChangeForm
      standing={standing}
      title="Where a question comes"
      button="Save the order"
      needsPassword
      send={(password) => channel.call("accounts.setApprovers", { account, approvers: [...approvers], password })}
      done="Saved. The next question comes so."
      onAnswered={(isDone) => isDone && setDraft(undefined)}
    >
      <p class="soft">
        {approvers.length === 0
          ? "No way is chosen: a question is answered in a terminal only, by the command postern approve."
          : "The agent takes the first way that can ask. A terminal asks beside it."}
      </p>
      <Order
        rows={rows}
        whyNot={(way) => unavailable.find(({ approver }) => approver === way)?.why}
        onRows={setDraft}
      />
    </ChangeForm>
  );
}

type OrderProps = {
  readonly rows: readonly Row[];
  readonly whyNot: (way: Approver) => string | undefined;
  readonly onRows: (rows: readonly Row[]) => void;
};

function Order({ rows, whyNot, onRows }: OrderProps) {
  const list = useRef<HTMLOListElement>(null);
  const focus = useRef<string | undefined>(undefined);
  // The row that moved is a new place in the document. The keyboard goes with it.
  useLayoutEffect(() => {
    if (focus.current === undefined) return;
    const row = list.current?.querySelector(`[data-way="${focus.current.split(" ")[0]}"]`);
    const wanted = row?.querySelector<HTMLButtonElement>(`[data-by="${focus.current.split(" ")[1]}"]:enabled`);
    (wanted ?? row?.querySelector<HTMLButtonElement>("button:enabled"))?.focus();
    focus.current = undefined;
  });
  const move = (at: number, by: -1 | 1) => {
    focus.current = `${rows[at]?.way} ${by}`;
    onRows(moved(rows, at, by));
  };
  const tick = (ticked: Approver) =>
    onRows(rows.map((row) => (row.way === ticked ? { ...row, isOn: !row.isOn } : row)));
  return (
    <ol class="rows" ref={list}>
      {rows.map(({ way, isOn }, at) => (
        <li key={way} data-way={way}>
          <div class="row-text">
            <label class="tick">
              <input type="checkbox" checked={isOn} onChange={() => tick(way)} />
              {ways[way].name}
            </label>
            <p class="soft">{ways[way].text}</p>
            {whyNot(way) !== undefined && <p class="bad">It cannot ask now: {shown(whyNot(way) ?? "")}.</p>}
          </div>
          <Mover name={ways[way].name} by={-1} isStill={at === 0} onMove={() => move(at, -1)} />
          <Mover name={ways[way].name} by={1} isStill={at === rows.length - 1} onMove={() => move(at, 1)} />
        </li>
      ))}
    </ol>
  );
}

type MoverProps = {
  readonly name: string;
  readonly by: -1 | 1;
  readonly isStill: boolean;
  readonly onMove: () => void;
};

function Mover({ name, by, isStill, onMove }: MoverProps) {
  const where = by === -1 ? "Up" : "Down";
  return (
    <button type="button" data-by={by} disabled={isStill} onClick={onMove} aria-label={`${where}: ${name}`}>
      {where}
    </button>
  );
}
