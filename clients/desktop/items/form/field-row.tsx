// One field of the form: its name, its value, and what can be done with it.
import { useId, useState } from "preact/hooks";
import type { ItemField, ItemFieldType } from "../../../typescript/generated.ts";
import type { Channel } from "../../channel.ts";
import { shown } from "../../prompt.ts";
import type { DraftField } from "./draft.ts";
import { type Change, withField, withoutField } from "./draft-changes.ts";
import { FaultLine } from "./fault-line.tsx";
import { Generator } from "./generator.tsx";
import { ValueInput } from "./value-input.tsx";

/** Kinds whose values whoever stands behind the person should not read. */
const concealed: ReadonlySet<ItemFieldType> = new Set(["Concealed", "Totp", "SshKey", "CreditCardNumber"]);

type FieldRowProps = {
  readonly channel: Channel;
  readonly one: DraftField;
  readonly fault: string | undefined;
  readonly onChange: (change: Change) => void;
  /** The field is gone, and the focus with it. */
  readonly onRemoved: () => void;
};

export function FieldRow({ channel, one: { key, field }, fault, onChange, onRemoved }: FieldRowProps) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  const [isRenaming, setRenaming] = useState(false);
  const isSecret = concealed.has(field.fieldType);
  const name = shown(field.title, 80) || "(no name)";
  const faultId = fault === undefined ? undefined : `${id}-fault`;
  const change = (next: (field: ItemField) => ItemField) => onChange(withField(key, next));
  return (
    <div class="form-field">
      <label for={id}>
        <bdi>{name}</bdi>
      </label>
      <div class="value-row">
        <ValueInput id={id} field={field} isHidden={isSecret && !isShown} faultId={faultId} onChanged={change} />
        {isSecret && (
          <button type="button" aria-label={`${isShown ? "Hide" : "Show"} ${name}`} onClick={() => setShown(!isShown)}>
            {isShown ? "Hide" : "Show"}
          </button>
        )}
      </div>
      <FaultLine id={faultId} text={fault} />
      <div class="small-acts">
        {field.fieldType === "Concealed" && (
          <Generator
            channel={channel}
            name={name}
            onMade={(value) => {
              change((before) => ({ ...before, value }));
              setShown(true);
            }}
          />
        )}
        {/* A private key has the name that the official programs look for. */}
        {field.fieldType !== "SshKey" && field.fieldType !== "Unsupported" && (
          <button
            type="button"
            aria-label={`Rename ${name}`}
            aria-expanded={isRenaming}
            onClick={() => setRenaming(!isRenaming)}
          >
            Rename
          </button>
        )}
        <button
          type="button"
          aria-label={`Remove ${name}`}
          onClick={() => {
            onChange(withoutField(key));
            onRemoved();
          }}
        >
          Remove
        </button>
      </div>
      {isRenaming && (
        <NameInput
          label="Name of the field"
          value={field.title}
          onTyped={(title) => change((before) => ({ ...before, title }))}
          onDone={() => setRenaming(false)}
        />
      )}
    </div>
  );
}

type NameProps = {
  readonly label: string;
  readonly value: string;
  readonly onTyped: (text: string) => void;
  readonly onDone: () => void;
};

/** A box for a name. It takes the focus, and the return key closes it. */
export function NameInput({ label, value, onTyped, onDone }: NameProps) {
  return (
    <label>
      {label}
      <input
        ref={focusedOnce}
        value={value}
        autocomplete="off"
        onInput={({ currentTarget }) => onTyped(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          onDone();
        }}
      />
    </label>
  );
}

const focusedOnce = (input: HTMLInputElement | null) => input?.focus();
