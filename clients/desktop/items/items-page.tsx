// The items of all vaults, and one of them at an address of its own. The list and its search stay while an item is looked at.
import { useCallback, useState } from "preact/hooks";
import type { PlaceProps } from "../standing.ts";
import { useStands } from "../whole.tsx";
import { Closed, useAsked } from "./asked.tsx";
import { useItemChanges } from "./follow.ts";
import { ItemList, noWish } from "./item-list.tsx";
import { ItemPage } from "./item-page.tsx";
import { MalformedPage } from "./malformed-page.tsx";
import { readShelf, type Shelf } from "./shelf.ts";

export function ItemsPage(props: PlaceProps) {
  const stands = useStands(props.standing);
  if (stands === undefined) return <p class="waiting">Asking the agent …</p>;
  if (stands.status.sessions.some(({ state }) => state === "unlocked")) return <Items {...props} />;
  return (
    <>
      <h1>Items</h1>
      <p>
        Everything is locked. <a href="#/">Unlock an account</a> first.
      </p>
    </>
  );
}

function Items({ channel, rest: [vaultId = "", itemId = ""] }: PlaceProps) {
  const read = useCallback((mayAsk: boolean) => readShelf(channel, mayAsk), [channel]);
  const { reading, ask, again } = useAsked(read);
  useItemChanges(channel, () => {
    if (reading.kind === "read") again();
  });
  const [chosen, setChosen] = useState("");
  const isItem = vaultId !== "" && itemId !== "";
  const shelf = reading.kind === "read" ? reading.value : undefined;
  const entry = shelf?.entries.find(({ item }) => item.id === itemId && item.vaultId === vaultId);
  const onChanged = () => {
    location.hash = "#/items";
    ask();
  };
  return (
    <>
      {isItem && entry?.item.malformed === true && <MalformedPage channel={channel} entry={entry} onDone={onChanged} />}
      {isItem && entry?.item.malformed !== true && (
        <ItemPage
          key={`${vaultId}/${itemId}`}
          channel={channel}
          vaultId={vaultId}
          itemId={itemId}
          entry={entry}
          isGone={shelf !== undefined && entry === undefined}
          isChosen={chosen === itemId}
          onChanged={onChanged}
        />
      )}
      <div hidden={isItem}>
        <h1>Items</h1>
        {reading.kind === "reading" && <p class="waiting">Asking the agent …</p>}
        {reading.kind === "closed" && (
          <Closed fault={reading.fault} onAsk={ask}>
            Your items by title, without their values. Your PIN or your account password shows them on this page.
          </Closed>
        )}
        <Listed shelf={shelf} onAgain={ask} onChosen={setChosen} />
      </div>
    </>
  );
}

type ListedProps = {
  readonly shelf: Shelf | undefined;
  readonly onAgain: () => void;
  readonly onChosen: (itemId: string) => void;
};

/** The search outlives a new reading of the list. */
function Listed({ shelf, onAgain, onChosen }: ListedProps) {
  const [wanted, setWanted] = useState(noWish);
  if (shelf === undefined) return null;
  return (
    <>
      <ItemList shelf={shelf} wanted={wanted} onWanted={setWanted} onChosen={onChosen} />
      <p class="after">
        <button type="button" onClick={onAgain}>
          Look again
        </button>
      </p>
    </>
  );
}
