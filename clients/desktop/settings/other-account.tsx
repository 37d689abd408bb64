// The way to the settings of another account. A right to one account shows no other one, so its own password is asked.
import { useState } from "preact/hooks";
import { faultText } from "../fault-text.ts";
import { PasswordField } from "../password-field.tsx";
import type { PageProps } from "../standing.ts";

/** `onShown` is given the id of the account. */
export function OtherAccount({ channel, standing, onShown }: PageProps & { onShown: (account: string) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const show = async (event: Event) => {
    event.preventDefault();
    const account = name.trim();
    if (account === "" || password === "") return setFault("Type the name of the account and its password.");
    const proof = { kind: "password", password } as const;
    setPassword("");
    setFault(undefined);
    setBusy(true);
    const known = idsOf(standing);
    try {
      await channel.call("prompts.attach", { account, proof });
      await standing.read();
      const found = idsOf(standing).find((id) => !known.includes(id));
      if (found !== undefined) onShown(found);
    } catch (error) {
      setFault(faultText(error));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={show} aria-labelledby="other-account">
      <h2 id="other-account">Another account</h2>
      <div class="field">
        <label for="other-name">Account name</label>
        <input
          id="other-name"
          value={name}
          maxLength={64}
          autocomplete="off"
          disabled={isBusy}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </div>
      <PasswordField value={password} fault={fault} isStill={isBusy} onTyped={setPassword} />
      <button type="submit" disabled={isBusy}>
        {isBusy ? "Asking …" : "Show its settings"}
      </button>
    </form>
  );
}

const idsOf = ({ stands }: PageProps["standing"]): string[] =>
  (stands?.status.sessions ?? []).flatMap(({ account }) => (account === undefined ? [] : [account]));
