// The fields of one section, or those of none, with the way to add another one.
import { useId, useState } from "preact/hooks";
import type { ItemCategory, ItemFieldType } from "../../../typescript/generated.ts";
import { itemLimits } from "../../../typescript/generated-limits.ts";
import type { Channel } from "../../channel.ts";
import { type Draft, newField } from "./draft.ts";
import { type Change, withMoreFields } from "./draft-changes.ts";
import type { Faults } from "./draft-faults.ts";
import { FieldRow } from "./field-row.tsx";
import { Select } from "./select.tsx";

export type PartProps = {
  readonly channel: Channel;
  readonly draft: Draft;
  readonly category: ItemCategory;
  readonly faults: Faults;
  readonly onChange: (change: Change) => void;
};

type Addable = Exclude<ItemFieldType, "Unsupported">;

const kinds: readonly (readonly [Addable, string])[] = [
  ["Text", "text"],
  ["Concealed", "concealed"],
  ["Totp", "one-time password"],
  ["Url", "address of a website"],
  ["Email", "email"],
  ["Phone", "phone"],
  ["Date", "date"],
  ["MonthYear", "month and year"],
  ["Address", "postal address"],
  ["CreditCardNumber", "card number"],
  ["CreditCardType", "kind of card"],
  ["Menu", "one of a few words"],
  ["Reference", "another item"],
  ["SshKey", "private key"],
];

/** `group` is the section's key; empty for the fields of none. `name` is the section as a screen reader says it. */
export function FieldGroup({ group, name, ...props }: PartProps & { group: string; name: string }) {
  const { channel, draft, faults, onChange } = props;
  const addId = useId();
  const focusAdding = () => document.getElementById(addId)?.focus();
  return (
    <>
      {draft.fields
        .filter((one) => one.group === group)
        .map((one) => (
          <FieldRow
            key={one.key}
            channel={channel}
            one={one}
            fault={faults.get(`field/${one.key}`)}
            onChange={onChange}
            onRemoved={focusAdding}
          />
        ))}
      <AddField {...props} group={group} name={name} id={addId} />
    </>
  );
}

function AddField({ group, name, id, draft, category, onChange }: PartProps & Record<"group" | "name" | "id", string>) {
  const [kind, setKind] = useState<Addable>("Text");
  const [title, setTitle] = useState("");
  const [fault, setFault] = useState<string>();
  const hasKey = draft.fields.some(({ field }) => field.fieldType === "SshKey");
  const offered = kinds.filter(([type]) => type !== "SshKey" || (category === "SshKey" && group === "" && !hasKey));
  const add = () => {
    if (draft.fields.length >= itemLimits.fields)
      return setFault(`An item may have ${itemLimits.fields} fields. Remove one first.`);
    if (title.trim() === "" && kind !== "SshKey") return setFault("Write the name of the new field first.");
    setFault(undefined);
    setTitle("");
    onChange(withMoreFields(newField(kind, title.trim(), group)));
  };
  return (
    <details class="adding">
      <summary id={id}>Add a field{name !== "" && <span class="unseen"> to {name}</span>}</summary>
      <div class="filter">
        <label>
          Name of the new field
          <input
            value={title}
            autocomplete="off"
            onInput={({ currentTarget }) => setTitle(currentTarget.value)}
            onKeyDown={(event) => {
              // The return key would save the item.
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
        </label>
        <Select label="Its kind" value={kind} options={offered} onChosen={setKind} />
        <button type="button" onClick={add}>
          Add it
        </button>
      </div>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </details>
  );
}
