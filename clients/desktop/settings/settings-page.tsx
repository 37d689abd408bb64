// The settings of an account on this device. Each form changes one of them by one call, and shows what the agent says of it.
import { useState } from "preact/hooks";
import type { SessionState } from "../../typescript/generated.ts";
import type { PageProps } from "../standing.ts";
import { useStands, Whole } from "../whole.tsx";
import { ApproversForm } from "./approvers-form.tsx";
import { IdleLockForm } from "./idle-lock-form.tsx";
import { LogDaysForm } from "./log-days-form.tsx";
import { OtherAccount } from "./other-account.tsx";
import { PasswordForm, PinForm } from "./secret-forms.tsx";
import type { OpenSession } from "./setting.ts";

const isOpen = (session: SessionState): session is OpenSession =>
  session.state === "unlocked" && session.account !== undefined;

export function SettingsPage(props: PageProps) {
  return (
    <>
      <h1>Settings</h1>
      <Whole {...props} what="How an account locks, and where it asks,">
        <Chosen {...props} />
      </Whole>
    </>
  );
}

function Chosen({ channel, standing }: PageProps) {
  const stands = useStands(standing);
  const [chosen, setChosen] = useState<string>();
  const sessions = stands?.status.sessions ?? [];
  const open = sessions.filter(isOpen);
  const session = open.find(({ account }) => account === chosen) ?? open.find((one) => one.default === true) ?? open[0];
  if (session === undefined) return <p class="waiting">Asking the agent …</p>;
  const setting = { channel, standing, session, hearsScreen: stands?.status.hearsScreen === true };
  return (
    <div class="settings">
      {open.length > 1 && <Chooser open={open} account={session.account} onChosen={setChosen} />}
      <div key={session.account}>
        <IdleLockForm {...setting} />
        <ApproversForm {...setting} />
        <section>
          <h2>Fingerprint and keys</h2>
          <p>
            <a href="#/keys">Enrol or remove a fingerprint reader or a security key</a>
          </p>
        </section>
        <PinForm {...setting} />
        <PasswordForm {...setting} />
        <LogDaysForm {...setting} />
      </div>
      {open.length < sessions.length && <OtherAccount channel={channel} standing={standing} onShown={setChosen} />}
    </div>
  );
}

type ChooserProps = {
  readonly open: readonly OpenSession[];
  readonly account: string;
  readonly onChosen: (account: string) => void;
};

function Chooser({ open, account, onChosen }: ChooserProps) {
  return (
    <div class="field">
      <label for="settings-account">Account</label>
      <select id="settings-account" value={account} onChange={({ currentTarget }) => onChosen(currentTarget.value)}>
        {open.map((one) => (
          <option key={one.account} value={one.account}>
            {one.default === true ? `${one.account} (the default account)` : one.account}
          </option>
        ))}
      </select>
    </div>
  );
}
