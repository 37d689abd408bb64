// A long list of which only the rows in view are in the document. Each row has the same height, so that a row's place is a product. The tab key
// meets one row, and the arrow keys go from row to row. That row stays in the document out of view too: the focus must not fall off the page.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Pixels of a row. The style sheet has the same number. */
const ROW_PX = 56;

/** Rows beyond each edge. They are there before a scroll shows them. */
const BEYOND = 8;

/** Rows before the first layout has told the height. */
const FIRST_ROWS = 20;

type WindowedProps<Row> = {
  readonly rows: readonly Row[];
  readonly name: string;
  readonly keyOf: (row: Row) => string;
  /** Draws a row. Its link takes these two, so that the keys find it. */
  readonly draw: (row: Row, link: { readonly tabIndex: number; readonly "data-at": number }) => ComponentChildren;
};

export function Windowed<Row>({ rows, name, keyOf, draw }: WindowedProps<Row>) {
  const box = useRef<HTMLUListElement>(null);
  const [view, setView] = useState({ first: 0, end: FIRST_ROWS });
  const [wanted, setWanted] = useState(0);
  const current = Math.min(wanted, Math.max(0, rows.length - 1));
  const look = () => {
    const { scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - BEYOND);
    const end = Math.ceil((scrollTop + clientHeight) / ROW_PX) + BEYOND;
    setView((before) => (before.first === first && before.end === end ? before : { first, end }));
  };
  useEffect(() => {
    look();
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, [rows]);
  const go = (event: KeyboardEvent) => {
    const to = nextOf(event.key, current, rows.length);
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    setWanted(to);
    // The row is drawn first, and takes the focus then.
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-at="${to}"]`)?.focus());
  };
  const drawn = placesOf(rows.length, view, current);
  return (
    <ul class="windowed" ref={box} aria-label={name} onScroll={look} onKeyDown={go}>
      <li class="windowed-all" aria-hidden="true" style={{ height: `${rows.length * ROW_PX}px` }} />
      {drawn.map((at) => {
        const row = rows[at];
        if (row === undefined) return null;
        return (
          <li
            key={keyOf(row)}
            class="windowed-row"
            aria-setsize={rows.length}
            aria-posinset={at + 1}
            style={{ top: `${at * ROW_PX}px` }}
            onFocusIn={() => setWanted(at)}
          >
            {draw(row, { tabIndex: at === current ? 0 : -1, "data-at": at })}
          </li>
        );
      })}
    </ul>
  );
}

/** The rows that are drawn: those in view, and the one that the tab key meets. */
function placesOf(count: number, { first, end }: { first: number; end: number }, current: number): number[] {
  const places: number[] = [];
  if (current < first) places.push(current);
  for (let at = first; at < Math.min(end, count); at++) places.push(at);
  if (current >= end && current < count) places.push(current);
  return places;
}

/** Rows that a page key goes. */
const PAGE = 8;

function nextOf(key: string, at: number, count: number): number | undefined {
  const last = count - 1;
  if (key === "ArrowDown") return Math.min(last, at + 1);
  if (key === "ArrowUp") return Math.max(0, at - 1);
  if (key === "PageDown") return Math.min(last, at + PAGE);
  if (key === "PageUp") return Math.max(0, at - PAGE);
  if (key === "Home") return 0;
  return key === "End" ? last : undefined;
}
