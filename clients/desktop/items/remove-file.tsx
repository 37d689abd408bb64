// Removes a file from its item. The item's earlier versions keep it, but the page does not lead there, so it asks once more.
import { useState } from "preact/hooks";
import type { Item } from "../../typescript/generated.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";

type RemoveProps = {
  readonly channel: Channel;
  readonly item: Item;
  readonly place: { readonly sectionId: string; readonly fieldId: string };
  readonly name: string;
  readonly onItem: (item: Item) => void;
};

export function RemoveFile({ channel, item, place, name, onItem }: RemoveProps) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const remove = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      const { vaultId, id: itemId, version } = item;
      onItem(await channel.call("files.delete", { vaultId, itemId, version, ...place }));
    } catch (error) {
      setFault(faultText(error));
    } finally {
      setBusy(false);
      setAsking(false);
    }
  };
  if (isAsking)
    return (
      <div role="alert" class="row-question">
        <p>
          Remove <bdi>{name}</bdi> from the item?
        </p>
        <button type="button" ref={(button) => button?.focus()} onClick={() => setAsking(false)} disabled={isBusy}>
          Keep it
        </button>
        <button type="button" class="bad" onClick={remove} disabled={isBusy}>
          Remove it
        </button>
      </div>
    );
  return (
    <>
      <button type="button" class="bad" aria-label={`Remove ${name}`} onClick={() => setAsking(true)}>
        Remove …
      </button>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}
