// The tags: those that the item has, and a box for another one.
import { useId, useRef, useState } from "preact/hooks";
import { shown } from "../../prompt.ts";
import { withoutTag, withTag } from "./draft-changes.ts";
import { FaultLine } from "./fault-line.tsx";
import type { PartProps } from "./field-group.tsx";

export function TagsPart({ draft, faults, onChange }: Omit<PartProps, "channel" | "category">) {
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const fault = faults.get("tags");
  const faultId = fault === undefined ? undefined : `${id}-fault`;
  const add = () => {
    if (typed.trim() !== "") onChange(withTag(typed.trim()));
    setTyped("");
  };
  return (
    <fieldset class="group">
      <legend>Tags</legend>
      <ul class="tags">
        {draft.tags.map((tag) => (
          <li key={tag}>
            <bdi>{shown(tag, 60)}</bdi>{" "}
            <button
              type="button"
              class="link"
              aria-label={`Remove the tag ${shown(tag, 60)}`}
              onClick={() => {
                onChange(withoutTag(tag));
                box.current?.focus();
              }}
            >
              remove
            </button>
          </li>
        ))}
      </ul>
      <label for={id}>Another tag</label>
      <input
        id={id}
        ref={box}
        value={typed}
        autocomplete="off"
        aria-invalid={fault !== undefined}
        aria-describedby={faultId}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        // A tag that was typed and not confirmed is meant all the same.
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <FaultLine id={faultId} text={fault} />
    </fieldset>
  );
}
