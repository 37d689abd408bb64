// The field for the account password, with the fault of the last try.

type Typed = {
  readonly value: string;
  readonly fault: string | undefined;
  readonly isStill: boolean;
  readonly onTyped: (typed: string) => void;
};

export function PasswordField({ value, fault, isStill, onTyped }: Typed) {
  return (
    <div class="field">
      <label for="password">Account password</label>
      <input
        id="password"
        type="password"
        autocomplete="off"
        value={value}
        disabled={isStill}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : "unlock-fault"}
        onInput={({ currentTarget }) => onTyped(currentTarget.value)}
      />
      {fault !== undefined && (
        <p class="fault" id="unlock-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
