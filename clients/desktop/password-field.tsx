// The field for the account password, with the fault of the last try.
import { useId } from "preact/hooks";

type Typed = {
  readonly value: string;
  readonly fault: string | undefined;
  readonly isStill: boolean;
  readonly onTyped: (typed: string) => void;
};

export function PasswordField({ value, fault, isStill, onTyped }: Typed) {
  // A page may have several forms.
  const id = useId();
  const faultId = `${id}-fault`;
  return (
    <div class="field">
      <label for={id}>Account password</label>
      <input
        id={id}
        type="password"
        autocomplete="off"
        value={value}
        disabled={isStill}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : faultId}
        onInput={({ currentTarget }) => onTyped(currentTarget.value)}
      />
      {fault !== undefined && (
        <p class="fault" id={faultId} role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
