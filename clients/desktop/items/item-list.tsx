// The list of all items: the search as the person types, one vault or all, and the archive.
import { useMemo, useState } from "preact/hooks";
import { shown } from "../prompt.ts";
import { categoryText, type Entry, foundIn, type Shelf, type Unread, type Wanted } from "./shelf.ts";
import { Windowed } from "./windowed.tsx";

/** Characters of a title in a row. The row is cut where it ends, and a screen reader reads no more than this. */
const TITLE_MAX = 120;

export const noWish: Wanted = { text: "", vaultId: "", isArchivedToo: false };

type ListProps = {
  readonly shelf: Shelf;
  readonly wanted: Wanted;
  readonly onWanted: (wanted: Wanted) => void;
  /** The person chose this item here. */
  readonly onChosen: (itemId: string) => void;
};

export function ItemList({ shelf, wanted, onWanted, onChosen }: ListProps) {
  const found = useMemo(() => foundIn(shelf.entries, wanted), [shelf, wanted]);
  return (
    <>
      <Search shelf={shelf} wanted={wanted} onWanted={onWanted} />
      <p class="said" role="status">
        {countText(found.length)}
      </p>
      {shelf.unread.length > 0 && (
        <ul class="rows">
          {shelf.unread.map((one) => (
            <UnreadRow key={one.vault.id} {...one} />
          ))}
        </ul>
      )}
      {found.length > 0 && (
        <Windowed
          // Another search begins at its first row.
          key={JSON.stringify(wanted)}
          rows={found}
          name="Items"
          keyOf={({ item }) => item.id}
          draw={({ item, vault }, link) => (
            <a href={`#/items/${item.vaultId}/${item.id}`} class="item" {...link} onClick={() => onChosen(item.id)}>
              <ItemRow item={item} vault={vault} />
            </a>
          )}
        />
      )}
    </>
  );
}

function ItemRow({ item: { id, title, category, state, malformed }, vault }: Pick<Entry, "item" | "vault">) {
  if (malformed === true)
    return (
      <>
        <span class="item-title bad">An item that cannot be read</span>
        <span class="item-about">
          {id} in <bdi>{shown(vault, 60)}</bdi>
        </span>
      </>
    );
  return (
    <>
      <span class="item-title">
        <bdi>{shown(title, TITLE_MAX) || "(no title)"}</bdi>
      </span>
      <span class="item-about">
        {categoryText(category)} in <bdi>{shown(vault, 60)}</bdi>
        {state === "archived" && ", archived"}
      </span>
    </>
  );
}

function UnreadRow({ vault, why }: Unread) {
  return (
    <li>
      <p class="bad">
        The items of <bdi>{shown(vault.title, 60)}</bdi> could not be read. {why}
      </p>
    </li>
  );
}

const countText = (count: number) => (count === 0 ? "No items." : count === 1 ? "1 item." : `${count} items.`);

function Search({ shelf, wanted, onWanted }: Omit<ListProps, "onChosen">) {
  // What was typed stands at once. The list follows it in the same frame.
  const [text, setText] = useState(wanted.text);
  return (
    <search class="filter">
      <label>
        Search
        <input
          type="search"
          value={text}
          placeholder="title, tag, address …"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            onWanted({ ...wanted, text: currentTarget.value });
          }}
        />
      </label>
      <label>
        Vault
        <select
          value={wanted.vaultId}
          onChange={({ currentTarget }) => onWanted({ ...wanted, vaultId: currentTarget.value })}
        >
          <option value="">all vaults</option>
          {shelf.vaults.map(({ id, title }) => (
            <option key={id} value={id}>
              {shown(title, 60)}
            </option>
          ))}
        </select>
      </label>
      <label class="tick">
        <input
          type="checkbox"
          checked={wanted.isArchivedToo}
          onChange={({ currentTarget }) => onWanted({ ...wanted, isArchivedToo: currentTarget.checked })}
        />
        archived too
      </label>
    </search>
  );
}
