// The items of all vaults, and one of them at an address of its own: to look at, to change, or new. The list and its search stay meanwhile.
import { useCallback, useRef, useState } from "preact/hooks";
import type { PlaceProps } from "../standing.ts";
import { useStands } from "../whole.tsx";
import { Closed, useAsked } from "./asked.tsx";
import { useItemChanges } from "./follow.ts";
import { EditPage } from "./form/edit-page.tsx";
import { NewPage } from "./form/new-page.tsx";
import { ItemList, noWish } from "./item-list.tsx";
import { ItemPage } from "./item-page.tsx";
import { MalformedPage } from "./malformed-page.tsx";
import { readShelf, type Shelf } from "./shelf.ts";

export function ItemsPage(props: PlaceProps) {
  const stands = useStands(props.standing);
  const isUnsaved = useRef(false);
  if (stands === undefined) return <p class="waiting">Asking the agent …</p>;
  if (stands.status.sessions.some(({ state }) => state === "unlocked"))
    return (
      <Items
        {...props}
        onDirty={(isDirty) => {
          isUnsaved.current = isDirty;
        }}
      />
    );
  return (
    <>
      <h1>Items</h1>
      {isUnsaved.current && (
        <p class="notice" role="alert">
          The account was locked before you saved. What you had typed is gone from this page.
        </p>
      )}
      <p>
        Everything is locked. <a href="#/">Unlock an account</a> first.
      </p>
    </>
  );
}

type ItemsProps = PlaceProps & { readonly onDirty: (isDirty: boolean) => void };

/** What an address below `#/items` shows. */
const kindOf = ([vaultId = "", itemId = "", act]: readonly string[]) => {
  if (vaultId === "new") return "new";
  if (vaultId === "" || itemId === "") return "list";
  return act === "edit" ? "edit" : "item";
};

function Items({ channel, rest, onDirty }: ItemsProps) {
  const read = useCallback((mayAsk: boolean) => readShelf(channel, mayAsk), [channel]);
  const { reading, ask, again } = useAsked(read);
  useItemChanges(channel, () => {
    if (reading.kind === "read") again();
  });
  const [chosen, setChosen] = useState("");
  const shelf = reading.kind === "read" ? reading.value : undefined;
  const kind = kindOf(rest);
  const [vaultId = "", itemId = ""] = rest;
  const entry = shelf?.entries.find(({ item }) => item.id === itemId && item.vaultId === vaultId);
  const onChanged = () => {
    location.hash = "#/items";
    ask();
  };
  const writing = {
    channel,
    onDirty,
    // The list is read anew where it was read before. Nobody is asked for it after a save.
    onSaved: () => {
      if (shelf !== undefined) ask();
    },
  };
  return (
    <>
      {kind === "item" && entry?.item.malformed === true && (
        <MalformedPage channel={channel} entry={entry} onDone={onChanged} />
      )}
      {kind === "item" && entry?.item.malformed !== true && (
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
      {kind === "edit" && <EditPage {...writing} key={`${vaultId}/${itemId}`} vaultId={vaultId} itemId={itemId} />}
      {kind === "new" && shelf !== undefined && <NewPage {...writing} vaults={shelf.vaults} />}
      <div hidden={kind !== "list" && !(kind === "new" && shelf === undefined)}>
        <h1>{kind === "new" ? "New item" : "Items"}</h1>
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
      <p>
        <a href="#/items/new">New item</a>
      </p>
      <ItemList shelf={shelf} wanted={wanted} onWanted={setWanted} onChosen={onChosen} />
      <p class="after">
        <button type="button" onClick={onAgain}>
          Look again
        </button>
      </p>
    </>
  );
}
