// A new secret, typed twice: nobody sees what is typed, and a slip would lock its person out.
import { useId } from "preact/hooks";

export type Twice = { readonly first: string; readonly second: string };

export const UNTYPED: Twice = { first: "", second: "" };

/** The reason why it cannot be taken. `what` is as in "PIN". */
export function twiceFault({ first, second }: Twice, lengthMin: number, what: string): string | undefined {
  if ([...first].length < lengthMin) return `The new ${what} needs at least ${lengthMin} characters.`;
  if (first !== second) return `The two are not the same. Type the new ${what} again.`;
  return undefined;
}

type Props = { readonly what: string; readonly typed: Twice; readonly onTyped: (typed: Twice) => void };

export function TypedTwice({ what, typed, onTyped }: Props) {
  return (
    <>
      <Secret label={`New ${what}`} value={typed.first} onTyped={(first) => onTyped({ ...typed, first })} />
      <Secret
        label={`New ${what}, once more`}
        value={typed.second}
        onTyped={(second) => onTyped({ ...typed, second })}
      />
    </>
  );
}

function Secret({ label, value, onTyped }: { label: string; value: string; onTyped: (typed: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="password"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onTyped(currentTarget.value)}
      />
    </div>
  );
}
