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
  const [open, setOpen] = useState<Act>();
  const isSecret = concealed.has(field.fieldType);
  const name = shown(field.title, 80) || "(no name)";
  const faultId = fault === undefined ? undefined : `${id}-fault`;
  const change = (next: (field: ItemField) => ItemField) => onChange(withField(key, next));
  return (
    <div class="form-field field-row">
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
      <FieldActs
        name={name}
        fieldType={field.fieldType}
        open={open}
        onOpen={(act) => setOpen(act === open ? undefined : act)}
        onRemove={() => {
          onChange(withoutField(key));
          onRemoved();
        }}
      />
      {open === "generate" && (
        <Generator
          channel={channel}
          name={name}
          onMade={(value) => {
            change((before) => ({ ...before, value }));
            setShown(true);
            setOpen(undefined);
          }}
        />
      )}
      {open === "rename" && (
        <NameInput
          label="Name of the field"
          value={field.title}
          onTyped={(title) => change((before) => ({ ...before, title }))}
          onDone={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

/** What opens below a field. */
type Act = "generate" | "rename";

type ActsProps = {
  readonly name: string;
  readonly fieldType: ItemFieldType;
  readonly open: Act | undefined;
  readonly onOpen: (act: Act) => void;
  readonly onRemove: () => void;
};

function FieldActs({ name, fieldType, open, onOpen, onRemove }: ActsProps) {
  return (
    <div class="small-acts">
      {fieldType === "Concealed" && (
        <button
          type="button"
          class="link"
          aria-label={`Generate a value for ${name}`}
          aria-expanded={open === "generate"}
          onClick={() => onOpen("generate")}
        >
          Generate …
        </button>
      )}
      {/* A private key has the name that the official programs look for. */}
      {fieldType !== "SshKey" && fieldType !== "Unsupported" && (
        <button
          type="button"
          class="link"
          aria-label={`Rename ${name}`}
          aria-expanded={open === "rename"}
          onClick={() => onOpen("rename")}
        >
          Rename
        </button>
      )}
      <button type="button" class="link" aria-label={`Remove ${name}`} onClick={onRemove}>
        Remove
      </button>
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
