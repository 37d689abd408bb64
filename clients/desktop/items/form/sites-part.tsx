// The addresses at which a login is filled in.
import { useId } from "preact/hooks";
import type { AutofillBehavior } from "../../../typescript/generated.ts";
import { itemLimits } from "../../../typescript/generated-limits.ts";
import type { DraftSite } from "./draft.ts";
import { withNewSite, withoutSite, withSite } from "./draft-changes.ts";
import { FaultLine } from "./fault-line.tsx";
import type { PartProps } from "./field-group.tsx";
import { Select } from "./select.tsx";

const behaviors: readonly (readonly [AutofillBehavior, string])[] = [
  ["AnywhereOnWebsite", "anywhere on the website"],
  ["ExactDomain", "on this domain alone"],
  ["Never", "never"],
];

export function SitesPart({ draft, faults, onChange }: Omit<PartProps, "channel" | "category">) {
  const addId = useId();
  return (
    <fieldset class="group">
      <legend>Addresses</legend>
      {draft.sites.map((one, at) => (
        <Site
          key={one.key}
          one={one}
          name={`address ${at + 1}`}
          fault={faults.get(`site/${one.key}`)}
          onChange={onChange}
          onRemoved={() => document.getElementById(addId)?.focus()}
        />
      ))}
      <button
        type="button"
        id={addId}
        disabled={draft.sites.length >= itemLimits.websites}
        onClick={() => onChange(withNewSite)}
      >
        Add an address
      </button>
    </fieldset>
  );
}

type SiteProps = Pick<PartProps, "onChange"> & {
  readonly one: DraftSite;
  readonly name: string;
  readonly fault: string | undefined;
  readonly onRemoved: () => void;
};

function Site({ one: { key, site }, name, fault, onChange, onRemoved }: SiteProps) {
  const id = useId();
  const faultId = fault === undefined ? undefined : `${id}-fault`;
  return (
    <fieldset class="plain">
      <legend class="unseen">{name}</legend>
      <div class="filter">
        <label class="wide">
          Address
          <input
            value={site.url}
            inputMode="url"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={fault !== undefined}
            aria-describedby={faultId}
            onInput={({ currentTarget }) => onChange(withSite(key, { url: currentTarget.value }))}
          />
        </label>
        <label>
          Label
          <input
            value={site.label}
            autocomplete="off"
            onInput={({ currentTarget }) => onChange(withSite(key, { label: currentTarget.value }))}
          />
        </label>
        <Select
          label="Fill in"
          value={site.autofillBehavior}
          options={behaviors}
          onChosen={(autofillBehavior) => onChange(withSite(key, { autofillBehavior }))}
        />
        <button
          type="button"
          aria-label={`Remove ${name}`}
          onClick={() => {
            onChange(withoutSite(key));
            onRemoved();
          }}
        >
          Remove
        </button>
      </div>
      <FaultLine id={faultId} text={fault} />
    </fieldset>
  );
}
