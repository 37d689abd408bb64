// The form of an item, new or changed. It draws a draft and says what is wrong with it; who uses it sends it.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ItemCategory } from "../../../typescript/generated.ts";
import type { Channel } from "../../channel.ts";
import type { Draft } from "./draft.ts";
import { type Change, withText } from "./draft-changes.ts";
import { type FaultPlace, type Faults, faultFromAgent, faultsOf } from "./draft-faults.ts";
import { FaultLine } from "./fault-line.tsx";
import { FieldGroup } from "./field-group.tsx";
import { LeaveQuestion, useLeaving } from "./leaving.tsx";
import { saveFault } from "./save-fault.ts";
import { SectionsPart } from "./sections-part.tsx";
import { SitesPart } from "./sites-part.tsx";
import { TagsPart } from "./tags-part.tsx";
import { mayHaveSites } from "./usual-fields.ts";

type ItemFormProps = {
  readonly channel: Channel;
  readonly title: string;
  readonly category: ItemCategory;
  readonly draft: Draft;
  readonly isDirty: boolean;
  readonly onChange: (change: Change) => void;
  /** The draft as it is sent. */
  readonly sent?: (draft: Draft) => Draft;
  /** A fault beside those of the draft. */
  readonly moreFaults?: () => readonly (readonly [FaultPlace, string])[];
  /** Sends the draft. The page that it leads to is the answer. */
  readonly save: (draft: Draft) => Promise<string>;
  /** Whether the error has a part of the page to itself. */
  readonly onRefused?: (error: unknown) => boolean;
  /** Where the person goes who gives up. */
  readonly back: string;
  readonly withFiles?: ReadonlySet<string>;
  /** What stands above the title, and below the notes. */
  readonly above?: ComponentChildren;
  readonly below?: (faults: Faults) => ComponentChildren;
};

const NO_FILES: ReadonlySet<string> = new Set();
const NO_FAULTS: Faults = new Map();

export function ItemForm(props: ItemFormProps) {
  const { channel, title, category, draft, isDirty, onChange, back, withFiles = NO_FILES, above, below } = props;
  const headId = useId();
  const leaving = useLeaving(isDirty);
  const { form, faults, refusal, isBusy, submit } = useSaving(props, leaving.release);
  const part = { channel, category, draft, faults, onChange };
  return (
    <form ref={form} class="item-form" aria-labelledby={headId} autocomplete="off" noValidate onSubmit={submit}>
      <h1 id={headId}>{title}</h1>
      <LeaveQuestion leaving={leaving} />
      {above}
      <fieldset class="plain" disabled={isBusy}>
        <TextPart
          name="Title"
          text={draft.title}
          fault={faults.get("title")}
          onTyped={(text) => onChange(withText("title", text))}
        />
        <FieldGroup {...part} group="" name="" />
        <SectionsPart {...part} withFiles={withFiles} />
        {(mayHaveSites(category) || draft.sites.length > 0) && <SitesPart {...part} />}
        <TextPart
          name="Notes"
          text={draft.notes}
          fault={faults.get("notes")}
          isLong
          onTyped={(text) => onChange(withText("notes", text))}
        />
        <TagsPart {...part} />
        {below?.(faults)}
        {faults.size > 0 && (
          <p class="fault" role="alert">
            {faults.size === 1 ? "One part needs another look" : `${faults.size} parts need another look`}. Nothing was
            saved yet.
          </p>
        )}
        {refusal !== undefined && (
          <p class="notice" role="alert">
            {refusal}
          </p>
        )}
        <p class="form-acts">
          <button type="submit" class="main">
            {isBusy ? "Saving …" : "Save"}
          </button>{" "}
          <a href={back}>Cancel</a>
        </p>
      </fieldset>
    </form>
  );
}

/** The sending of the form, and what is said of it. */
function useSaving({ draft, sent = (same) => same, save, moreFaults, onRefused }: ItemFormProps, release: () => void) {
  const form = useRef<HTMLFormElement>(null);
  const [faults, setFaults] = useState(NO_FAULTS);
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  // The first part with a fault takes the focus. A box that is disabled could not.
  useEffect(() => {
    if (faults.size > 0 && !isBusy) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [faults, isBusy]);
  const submit = async (event: Event) => {
    event.preventDefault();
    const whole = sent(draft);
    const found = new Map([...faultsOf(whole), ...(moreFaults?.() ?? [])]);
    setFaults(found);
    setRefusal(undefined);
    if (found.size > 0) return;
    setBusy(true);
    try {
      const next = await save(whole);
      release();
      location.hash = next;
    } catch (error) {
      setBusy(false);
      if (onRefused?.(error) === true) return;
      const atField = error instanceof Error ? faultFromAgent(whole, error.message) : undefined;
      if (atField === undefined) setRefusal(saveFault(error));
      else setFaults(new Map([[atField.place, atField.text]]));
    }
  };
  return { form, faults, refusal, isBusy, submit };
}

type TextPartProps = {
  readonly name: string;
  readonly text: string;
  readonly fault: string | undefined;
  readonly isLong?: boolean;
  readonly onTyped: (text: string) => void;
};

function TextPart({ name, text, fault, isLong = false, onTyped }: TextPartProps) {
  const id = useId();
  const faultId = fault === undefined ? undefined : `${id}-fault`;
  const Box = isLong ? "textarea" : "input";
  return (
    <div class="form-field">
      <label for={id}>{name}</label>
      <Box
        id={id}
        value={text}
        autocomplete="off"
        aria-invalid={fault !== undefined}
        aria-describedby={faultId}
        onInput={({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
          onTyped(currentTarget.value)
        }
      />
      <FaultLine id={faultId} text={fault} />
    </div>
  );
}
