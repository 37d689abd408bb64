// The sections of the form: each with its fields, another name, and its end; and a new one.
import { useId, useState } from "preact/hooks";
import { itemLimits } from "../../../typescript/generated-limits.ts";
import { shown } from "../../prompt.ts";
import { type DraftSection, drawnSections } from "./draft.ts";
import { withNewSection, withoutSection, withSectionTitle } from "./draft-changes.ts";
import { FaultLine } from "./fault-line.tsx";
import { FieldGroup, type PartProps } from "./field-group.tsx";
import { NameInput } from "./field-row.tsx";

type SectionsProps = PartProps & {
  /** The ids of sections that hold files. The service keeps files and sections apart, so such a section cannot go. */
  readonly withFiles: ReadonlySet<string>;
};

export function SectionsPart({ withFiles, ...props }: SectionsProps) {
  const newId = useId();
  const [title, setTitle] = useState("");
  const [fault, setFault] = useState<string>();
  const { draft, onChange } = props;
  const add = () => {
    if (draft.sections.length >= itemLimits.sections)
      return setFault(`An item may have ${itemLimits.sections} sections. Remove one first.`);
    if (title.trim() === "") return setFault("Write the name of the new section first.");
    setFault(undefined);
    setTitle("");
    onChange(withNewSection(title.trim()));
  };
  return (
    <>
      {drawnSections(draft).map((one) => (
        <Section
          {...props}
          key={one.key}
          one={one}
          hasFiles={withFiles.has(one.key)}
          onRemoved={() => document.getElementById(newId)?.focus()}
        />
      ))}
      <div class="filter">
        <label>
          Name of a new section
          <input
            id={newId}
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
        <button type="button" onClick={add}>
          Add the section
        </button>
      </div>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}

type SectionProps = PartProps & {
  readonly one: DraftSection;
  readonly hasFiles: boolean;
  readonly onRemoved: () => void;
};

function Section({ one: { key, section }, hasFiles, onRemoved, ...props }: SectionProps) {
  const [isRenaming, setRenaming] = useState(false);
  const name = shown(section.title, 80) || "(no name)";
  return (
    <fieldset class="group">
      <legend>
        <bdi>{name}</bdi>
      </legend>
      <div class="small-acts">
        <button
          type="button"
          class="link"
          aria-label={`Rename the section ${name}`}
          aria-expanded={isRenaming}
          onClick={() => setRenaming(!isRenaming)}
        >
          Rename
        </button>
        {!hasFiles && (
          <button
            type="button"
            class="link"
            aria-label={`Remove the section ${name}`}
            onClick={() => {
              props.onChange(withoutSection(key));
              onRemoved();
            }}
          >
            Remove
          </button>
        )}
        <span class="soft">{hasFiles ? "It holds files, so it stays." : "Without it, its fields stay."}</span>
      </div>
      {isRenaming && (
        <NameInput
          label="Name of the section"
          value={section.title}
          onTyped={(title) => props.onChange(withSectionTitle(key, title))}
          onDone={() => setRenaming(false)}
        />
      )}
      <FaultLine id={undefined} text={props.faults.get(`section/${key}`)} />
      <FieldGroup {...props} group={key} name={name} />
    </fieldset>
  );
}
