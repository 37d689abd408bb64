// The way to attach files: a button, and a drop anywhere on the page of the item. They go one after another, and each makes a version of the item.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Item } from "../../typescript/generated.ts";
import { itemLimits } from "../../typescript/generated-limits.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";
import { shown } from "../prompt.ts";
import { attachFile, FileUnreadable, refusalOf } from "./attaching.ts";
import { sizeText } from "./saving.ts";

type State =
  | { readonly kind: "waiting" | "attached" | "cancelled" }
  | { readonly kind: "sending"; readonly bytes: number }
  | { readonly kind: "failed"; readonly why: string };

type Entry = { readonly number: number; readonly file: File; readonly state: State };

type AttachProps = { readonly channel: Channel; readonly item: Item; readonly onItem: (item: Item) => void };

export function AttachFiles({ channel, item, onItem }: AttachProps) {
  const { entries, add, cancel } = useQueue({ channel, item, onItem });
  const picker = useRef<HTMLInputElement>(null);
  useDrop(add);
  return (
    <>
      <p class="said">A file has {sizeText(itemLimits.fileBytes)} at most. You can drop files on this page too.</p>
      <ul class="rows">
        {entries.map((entry) => (
          <EntryRow key={entry.number} entry={entry} onCancel={() => cancel(entry.number)} />
        ))}
      </ul>
      <p>
        <button type="button" onClick={() => picker.current?.click()}>
          Attach files …
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to attach"
          onChange={({ currentTarget }) => {
            add([...(currentTarget.files ?? [])]);
            // The same file can be chosen again.
            currentTarget.value = "";
          }}
        />
      </p>
    </>
  );
}

function useQueue({ channel, item, onItem }: AttachProps) {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  // What stands now, whatever has been drawn so far.
  const now = useRef({ entries, item, isBusy: false, stop: new AbortController(), isLeft: false });
  if (item.version > now.current.item.version) now.current.item = item;
  useEffect(
    () => () => {
      now.current.isLeft = true;
      now.current.stop.abort();
    },
    [],
  );

  function become(next: readonly Entry[]): void {
    now.current.entries = next;
    if (!now.current.isLeft) setEntries(next);
  }

  const put = (number: number, state: State) =>
    become(now.current.entries.map((one) => (one.number === number ? { ...one, state } : one)));

  function add(files: readonly File[]): void {
    for (const file of files) {
      const before = now.current.entries
        .filter(({ state }) => state.kind === "waiting" || state.kind === "sending")
        .map((one) => one.file.name);
      const why = refusalOf(file, now.current.item, before);
      const state: State = why === undefined ? { kind: "waiting" } : { kind: "failed", why };
      become([...now.current.entries, { number: now.current.entries.length, file, state }]);
    }
    if (!now.current.isBusy) run();
  }

  async function run(): Promise<void> {
    now.current.isBusy = true;
    for (let next = waiting(); next !== undefined && !now.current.isLeft; next = waiting()) await send(next);
    now.current.isBusy = false;
  }

  const waiting = () => now.current.entries.find(({ state }) => state.kind === "waiting");

  async function send({ number, file }: Entry): Promise<void> {
    now.current.stop = new AbortController();
    const told = (bytes: number) => put(number, { kind: "sending", bytes });
    told(0);
    try {
      const made = await attachFile(channel, now.current.item, file, now.current.stop.signal, told);
      put(number, { kind: made === undefined ? "cancelled" : "attached" });
      if (made === undefined) return;
      now.current.item = made;
      if (!now.current.isLeft) onItem(made);
    } catch (error) {
      put(number, { kind: "failed", why: error instanceof FileUnreadable ? UNREADABLE : faultText(error) });
    }
  }

  function cancel(number: number): void {
    const entry = now.current.entries.find((one) => one.number === number);
    if (entry?.state.kind === "sending") now.current.stop.abort();
    else put(number, { kind: "cancelled" });
  }

  return { entries, add, cancel };
}

const UNREADABLE = "The browser could not read it. A folder cannot be attached, nor a file that changes meanwhile.";

/** Takes files that are dropped anywhere. Otherwise the browser would leave the app and show the file in its place. */
function useDrop(add: (files: readonly File[]) => void): void {
  const latest = useRef(add);
  latest.current = add;
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      latest.current([...(event.dataTransfer?.files ?? [])]);
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, []);
}

const said: Readonly<Record<State["kind"], string>> = {
  waiting: "Waits for the one before.",
  sending: "",
  attached: "Attached.",
  cancelled: "Cancelled. Nothing of it was attached.",
  failed: "",
};

function EntryRow({ entry: { file, state }, onCancel }: { entry: Entry; onCancel: () => void }) {
  const name = shown(file.name, 80);
  return (
    <li>
      <div class="row-text">
        <p>
          <bdi>{name}</bdi> <span class="soft">{sizeText(file.size)}</span>
        </p>
        {state.kind === "sending" && (
          <progress value={state.bytes} max={Math.max(1, file.size)} aria-label={`Attaching ${name}`} />
        )}
        <p role="status">{said[state.kind]}</p>
        {state.kind === "failed" && (
          <p class="fault" role="alert">
            Not attached. {state.why}
          </p>
        )}
      </div>
      {(state.kind === "sending" || state.kind === "waiting") && (
        <button type="button" aria-label={`Cancel attaching ${name}`} onClick={onCancel}>
          Cancel
        </button>
      )}
    </li>
  );
}
