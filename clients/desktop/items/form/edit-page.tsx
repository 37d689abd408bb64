// An item that is changed. One call saves it, with the version that was read. Where somebody else was faster, the page says so and keeps the draft.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Item } from "../../../typescript/generated.ts";
import { isAgentError } from "../../agent-error.ts";
import type { Channel } from "../../channel.ts";
import { shown } from "../../prompt.ts";
import { Closed, useAsked } from "../asked.tsx";
import { categoryText } from "../shelf.ts";
import { contentOf, draftOf } from "./draft.ts";
import { merged } from "./draft-merge.ts";
import { ItemForm } from "./item-form.tsx";
import { saveFault } from "./save-fault.ts";

export type EditPageProps = {
  readonly channel: Channel;
  readonly vaultId: string;
  readonly itemId: string;
  readonly onSaved: () => void;
  /** Whether something is typed that is not saved. */
  readonly onDirty: (isDirty: boolean) => void;
};

export function EditPage(props: EditPageProps) {
  const { channel, vaultId, itemId } = props;
  const read = useCallback(
    (mayAsk: boolean) => channel.call("items.get", { vaultId, itemId, ...(mayAsk ? {} : { noWait: true }) }),
    [channel, vaultId, itemId],
  );
  const { reading, ask } = useAsked(read);
  if (reading.kind === "reading") return <p class="waiting">Asking the agent …</p>;
  if (reading.kind === "read") return <Editing {...props} item={reading.value} />;
  return (
    <>
      <h1>Edit an item</h1>
      <Closed fault={reading.fault} onAsk={ask}>
        The item with its values, to change them. Your PIN or your account password shows it on this page.
      </Closed>
    </>
  );
}

function Editing({ channel, item, onSaved, onDirty }: EditPageProps & { readonly item: Item }) {
  // The version that the draft stands on.
  const [base, setBase] = useState(item);
  const [begun, setBegun] = useState(() => draftOf(item));
  const [draft, setDraft] = useState(begun);
  const [conflict, setConflict] = useState<"open" | readonly string[]>();
  const [fault, setFault] = useState<string>();
  const isDirty = draft !== begun;
  useEffect(() => onDirty(isDirty), [isDirty]);
  // The person may type while the newer version is on its way.
  const typed = useRef(draft);
  typed.current = draft;
  const readNewer = async () => {
    try {
      const newer = await channel.call("items.get", { vaultId: item.vaultId, itemId: item.id });
      const { draft: next, both } = merged(base, typed.current, newer);
      setBase(newer);
      setDraft(next);
      setBegun(draftOf(newer));
      setConflict(both);
      setFault(undefined);
    } catch (error) {
      setFault(saveFault(error));
    }
  };
  return (
    <ItemForm
      channel={channel}
      title={`Edit ${shown(item.title, 80) || "the item"}`}
      category={item.category}
      draft={draft}
      isDirty={isDirty}
      onChange={setDraft}
      save={async (whole) => {
        await channel.call("items.put", { item: { ...base, ...contentOf(whole, base) } });
        onDirty(false);
        onSaved();
        return `#/items/${item.vaultId}/${item.id}`;
      }}
      onRefused={(error) => {
        const isConflict = isAgentError(error, "versionConflict");
        setConflict(isConflict ? "open" : undefined);
        return isConflict;
      }}
      back={`#/items/${item.vaultId}/${item.id}`}
      withFiles={new Set(item.files.map(({ sectionId }) => sectionId))}
      above={
        <>
          <p class="said">
            {categoryText(item.category)}; version {base.version}
          </p>
          <Conflict conflict={conflict} fault={fault} onRead={readNewer} />
        </>
      }
    />
  );
}

type ConflictProps = {
  readonly conflict: "open" | readonly string[] | undefined;
  readonly fault: string | undefined;
  readonly onRead: () => void;
};

function Conflict({ conflict, fault, onRead }: ConflictProps) {
  if (conflict === undefined) return null;
  if (conflict === "open")
    return (
      <div class="notice" role="alert">
        <p>
          Somebody changed this item while you were editing it. Nothing was saved, and what you typed is still here.
          Read the newer version: it fills in what you did not touch. Then save.
        </p>
        {fault !== undefined && <p class="fault">{fault}</p>}
        <button type="button" ref={focused} onClick={onRead}>
          Read the newer version
        </button>
      </div>
    );
  return (
    <div class="notice" role="status">
      <p>This is the newer version with your changes. It is not saved yet.</p>
      {conflict.length > 0 && (
        <p>
          You both changed <bdi>{shown(conflict.map((name) => shown(name, 60)).join(", "), 300)}</bdi>. Here is what you
          typed. If you save, the other text is an earlier version of the item.
        </p>
      )}
    </div>
  );
}

const focused = (button: HTMLButtonElement | null) => button?.focus();
