// The items of all vaults, and one of them at an address of its own. The list and its search stay while an item is looked at.
import { useCallback, useRef, useState } from "preact/hooks";
import type { PlaceProps } from "../standing.ts";
import { useStands } from "../whole.tsx";
import { Closed, useAsked } from "./asked.tsx";
import { ItemList, noWish } from "./item-list.tsx";
import { readShelf } from "./shelf.ts";

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

function Items({ channel }: PlaceProps) {
  const [wanted, setWanted] = useState(noWish);
  const read = useCallback((mayAsk: boolean) => readShelf(channel, mayAsk), [channel]);
  const { reading, ask } = useAsked(read);
  const chosen = useRef("");
  return (
    <>
      <h1>Items</h1>
      {reading.kind === "reading" && <p class="waiting">Asking the agent …</p>}
      {reading.kind === "closed" && (
        <Closed fault={reading.fault} onAsk={ask}>
          Your items by title, without their values. Your PIN or your account password shows them on this page.
        </Closed>
      )}
      {reading.kind === "read" && (
        <>
          <ItemList
            shelf={reading.value}
            wanted={wanted}
            onWanted={setWanted}
            onChosen={(id) => {
              chosen.current = id;
            }}
          />
          <p class="after">
            <button type="button" onClick={ask}>
              Look again
            </button>
          </p>
        </>
      )}
    </>
  );
}
