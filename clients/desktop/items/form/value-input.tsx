// The value of a field while it is changed. A concealed one is hidden until the person asks for it. A value of several lines is never put into a
// box of one line: the browser would take its line ends out without a word.
import { useEffect, useRef } from "preact/hooks";
import type { AddressFieldDetails, ItemField, ItemFieldType } from "../../../typescript/generated.ts";

export type ValueProps = {
  readonly id: string;
  readonly field: ItemField;
  readonly isHidden: boolean;
  /** The id of the sentence about a fault. Undefined where there is none. */
  readonly faultId: string | undefined;
  readonly onChanged: (change: (field: ItemField) => ItemField) => void;
};

/** The keys that a small screen offers for a kind. The box itself stays one of text: another one changes what is typed into it. */
const KEYS: Partial<Record<ItemFieldType, "email" | "tel" | "url" | "numeric">> = {
  Email: "email",
  Phone: "tel",
  Url: "url",
  CreditCardNumber: "numeric",
};

const PATTERNS: Partial<Record<ItemFieldType, string>> = {
  Date: "YYYY-MM-DD",
  MonthYear: "MM/YYYY",
  Totp: "the site's secret, or otpauth://totp/…",
  Reference: "the id of another item",
  SshKey: "-----BEGIN OPENSSH PRIVATE KEY-----",
};

export function ValueInput(props: ValueProps) {
  const { field } = props;
  if (field.fieldType === "Unsupported")
    return (
      <output id={props.id} class="soft">
        This page cannot change a field of this kind. It stays as it is.
      </output>
    );
  if (field.fieldType === "Address") return <AddressInput {...props} />;
  return <TextInput {...props} />;
}

const textLines = (text: string): number => text.split("\n").length;
const LINES_MAX = 12;

function TextInput({ id, field, isHidden, faultId, onChanged }: ValueProps) {
  const { fieldType, value } = field;
  const hasLines = value.includes("\n");
  // A box of several lines stays one, whatever is taken out of it.
  const isTall = useRef(false);
  isTall.current ||= hasLines || fieldType === "SshKey";
  const wasPasted = useRef(false);
  // The box became another one under the person's hands.
  useEffect(() => {
    if (wasPasted.current) document.getElementById(id)?.focus();
    wasPasted.current = false;
  }, [hasLines, id]);
  const put = (text: string) => onChanged((before) => ({ ...before, value: text }));
  const paste = (event: ClipboardEvent & { readonly currentTarget: HTMLInputElement }) => {
    const text = event.clipboardData?.getData("text/plain").replaceAll("\r\n", "\n") ?? "";
    if (!text.trimEnd().includes("\n")) return;
    event.preventDefault();
    wasPasted.current = true;
    const { selectionStart, selectionEnd } = event.currentTarget;
    put(value.slice(0, selectionStart ?? 0) + text + value.slice(selectionEnd ?? value.length));
  };
  const plain = {
    id,
    value,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: false,
    placeholder: PATTERNS[fieldType],
    "aria-invalid": faultId !== undefined,
    "aria-describedby": faultId,
  } as const;
  if (hasLines && isHidden)
    return (
      <output id={id} class="soft" tabIndex={-1}>
        hidden, {textLines(value)} lines
      </output>
    );
  if (isTall.current && !isHidden)
    return (
      <textarea
        {...plain}
        rows={Math.min(LINES_MAX, textLines(value) + 1)}
        onInput={({ currentTarget }) => put(currentTarget.value)}
      />
    );
  const box = {
    ...plain,
    onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => put(currentTarget.value),
    onPaste: paste,
  };
  return isHidden ? (
    <input key={id} {...box} type="password" />
  ) : (
    <input key={id} {...box} type="text" inputMode={KEYS[fieldType]} />
  );
}

const PARTS: readonly [keyof AddressFieldDetails, string][] = [
  ["street", "Street"],
  ["zip", "Postal code"],
  ["city", "City"],
  ["state", "State"],
  ["country", "Country"],
];

const NOWHERE: AddressFieldDetails = { street: "", city: "", country: "", zip: "", state: "" };

function AddressInput({ id, field, faultId, onChanged }: ValueProps) {
  const content = (field.details?.type === "Address" ? field.details.content : null) ?? NOWHERE;
  const put = (part: keyof AddressFieldDetails, text: string) =>
    // The agent makes the one line of it.
    onChanged((before) => ({
      ...before,
      details: { type: "Address", content: { ...content, [part]: text } },
    }));
  return (
    <div class="address">
      {PARTS.map(([part, label], at) => (
        <label key={part}>
          {label}
          <input
            id={at === 0 ? id : undefined}
            value={content[part]}
            autocomplete="off"
            spellcheck={false}
            aria-invalid={faultId !== undefined}
            aria-describedby={faultId}
            onInput={({ currentTarget }) => put(part, currentTarget.value)}
          />
        </label>
      ))}
    </div>
  );
}
