// Says that the shown item is another one by now. What the person looks at stays until they ask for the newer one.
import type { Item } from "../../typescript/generated.ts";
import type { Entry } from "./shelf.ts";

type ChangedProps = {
  readonly item: Item;
  /** The item's row in the list of now. */
  readonly entry: Entry | undefined;
  /** Whether the list of now has no such item. */
  readonly isGone: boolean;
  readonly onAgain: () => void;
};

export function ChangedElsewhere({ item, entry, isGone, onAgain }: ChangedProps) {
  if (isGone)
    return (
      <p class="notice" role="alert">
        This item was deleted elsewhere. What you see is its last version that this page read.
      </p>
    );
  if (entry === undefined || Date.parse(entry.item.updatedAt) <= Date.parse(item.updatedAt)) return null;
  return (
    <div class="notice" role="alert">
      <p>This item was changed elsewhere. You see the version from before.</p>
      <button type="button" onClick={onAgain}>
        Show the new one
      </button>
    </div>
  );
}
