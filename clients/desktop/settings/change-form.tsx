// The form of one change, with the account password where it is the proof. It sends one call, so a change never applies half.
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { AgentError } from "../agent-error.ts";
import { faultText } from "../fault-text.ts";
import { PasswordField } from "../password-field.tsx";
import type { Standing } from "../standing.ts";
import { Words } from "../words.tsx";

type Props = {
  readonly standing: Standing;
  readonly title: string;
  /** The words on the button. */
  readonly button: string;
  readonly needsPassword: boolean;
  /** The reason why the form cannot be sent as it is. */
  readonly faultOf?: () => string | undefined;
  /** Makes the one call. */
  readonly send: (password: string) => Promise<unknown>;
  /** The sentence once it is done. */
  readonly done: string;
  /** Called after an answer, whatever it was: what was typed is for one try. */
  readonly onAnswered?: (isDone: boolean) => void;
  readonly children: ComponentChildren;
};

type Fault = { readonly text: string; readonly isOfPassword: boolean };

export function ChangeForm(props: Props) {
  const { standing, title, button, needsPassword, faultOf, send, done, onAnswered, children } = props;
  const id = useId();
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<Fault>();
  const [told, setTold] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTold("");
    const found = faultOf?.();
    if (found !== undefined) return setFault({ text: found, isOfPassword: false });
    if (needsPassword && password === "") return setFault({ text: "Type the account password.", isOfPassword: true });
    setFault(undefined);
    setBusy(true);
    setPassword("");
    const refused = await send(password).then(() => undefined, faultFrom);
    await standing.read();
    setFault(refused);
    if (refused === undefined) setTold(done);
    onAnswered?.(refused === undefined);
    setBusy(false);
  };
  return (
    <form onSubmit={submit} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <fieldset class="plain" disabled={isBusy}>
        {children}
        {needsPassword && (
          <PasswordField
            value={password}
            fault={fault?.isOfPassword === true ? fault.text : undefined}
            isStill={isBusy}
            onTyped={setPassword}
          />
        )}
        {fault?.isOfPassword === false && (
          <p class="fault" role="alert">
            <Words text={fault.text} />
          </p>
        )}
        <button type="submit" class="main">
          {isBusy ? "Waiting for the agent …" : button}
        </button>
      </fieldset>
      <p class="said" role="status">
        {told}
      </p>
    </form>
  );
}

/** Errors whose sentence names no next step on this page. */
const ownWords: Readonly<Record<string, string>> = {
  proofRequired: "This needs the account password. Look again at how it stands, and choose once more.",
  proofRefused: "The account password is wrong.",
  locked: "The account is locked. Unlock it on the page Accounts, and try again.",
  screenUnheard: "The agent hears nothing of the screen now. Choose a time.",
};

function faultFrom(error: unknown): Fault {
  if (!(error instanceof AgentError))
    return { text: "The agent went away before the answer. This page shows how it stands.", isOfPassword: false };
  const { name, hint } = error;
  const sentence = ownWords[name] ?? faultText(error);
  // A new PIN that is guessed first comes with advice. Other errors advise commands.
  const text = name === "invalidParams" && hint !== undefined ? `${sentence} ${asSentence(hint)}` : sentence;
  return { text, isOfPassword: name === "proofRefused" };
}

const asSentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
