// Archive, take out of the archive, and delete. A deletion cannot be undone, so the page asks once more.
import { useState } from "preact/hooks";
import type { ItemState } from "../../typescript/generated.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";

type ActsProps = {
  readonly channel: Channel;
  /** Without a version, what the person saw is no item, and only its deletion is offered. */
  readonly item: { readonly id: string; readonly vaultId: string; readonly version?: number };
  readonly state?: ItemState;
  /** The act is done. */
  readonly onDone: () => void;
};

export function ItemActs({ channel, item, state, onDone }: ActsProps) {
  const [isDeleting, setDeleting] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const run = async (method: "items.archive" | "items.unarchive" | "items.delete") => {
    setBusy(true);
    setFault(undefined);
    try {
      // The version is the one that the person sees. Another one that was written meanwhile is refused.
      const { vaultId, id: itemId, version } = item;
      await channel.call(method, { vaultId, itemId, ...(version === undefined ? {} : { version }) });
      onDone();
    } catch (error) {
      setFault(faultText(error));
    } finally {
      setBusy(false);
      setDeleting(false);
    }
  };
  return (
    <section class="acts" aria-label="What to do with the item">
      {fault !== undefined && (
        <p class="notice" role="alert">
          {fault}
        </p>
      )}
      {isDeleting ? (
        <div role="alert">
          <p>Delete the item with its earlier versions and its files? Nothing brings it back.</p>
          <button type="button" ref={focused} onClick={() => setDeleting(false)} disabled={isBusy}>
            Keep it
          </button>
          <button type="button" class="bad" onClick={() => run("items.delete")} disabled={isBusy}>
            Delete for good
          </button>
        </div>
      ) : (
        <>
          {state !== undefined && (
            <button
              type="button"
              onClick={() => run(state === "active" ? "items.archive" : "items.unarchive")}
              disabled={isBusy}
            >
              {state === "active" ? "Archive" : "Take out of the archive"}
            </button>
          )}
          <button type="button" class="bad" onClick={() => setDeleting(true)} disabled={isBusy}>
            Delete …
          </button>
        </>
      )}
    </section>
  );
}

/** The safe answer has the focus. */
const focused = (button: HTMLButtonElement | null) => button?.focus();
