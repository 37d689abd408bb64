// The field for the PIN or the account password, with the fault of the last try.
import type { RefObject } from "preact";
import { useId } from "preact/hooks";
import type { AskedProof } from "./proof.ts";

type Field = {
  readonly proof: AskedProof;
  readonly typed: string;
  readonly fault: string | undefined;
  readonly isStill: boolean;
  readonly field: RefObject<HTMLInputElement | null>;
  readonly onTyped: (typed: string) => void;
  readonly onPassword: () => void;
};

export function ProofField({ proof, typed, fault, isStill, field, onTyped, onPassword }: Field) {
  // Several questions may stand on one page.
  const id = useId();
  const faultId = `${id}-fault`;
  const what = proof.kind === "pin" ? "Approval PIN" : "Account password";
  const of = proof.isOneOfSeveral ? " of the account that it named" : "";
  return (
    <div class="field">
      <label for={id}>
        {what}
        {of}
      </label>
      <input
        id={id}
        ref={field}
        type="password"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={typed}
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
      {proof.orPassword && (
        <button type="button" class="link" onClick={onPassword}>
          It has no PIN: give its password
        </button>
      )}
    </div>
  );
}
