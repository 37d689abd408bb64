// The approval PIN and the account password: a new one takes the place of the old one, and the account password is the proof.
import { useState } from "preact/hooks";
import { accountLimits } from "../../typescript/generated-limits.ts";
import { ChangeForm } from "./change-form.tsx";
import type { SettingProps } from "./setting.ts";
import { TypedTwice, twiceFault, UNTYPED } from "./typed-twice.tsx";

export function PinForm({ channel, standing, session }: SettingProps) {
  const [typed, setTyped] = useState(UNTYPED);
  const { account } = session;
  const hasPin = session.proof === "pin";
  return (
    <ChangeForm
      standing={standing}
      title="Approval PIN"
      button={hasPin ? "Change the PIN" : "Set the PIN"}
      needsPassword
      faultOf={() => twiceFault(typed, accountLimits.pinMin, "PIN")}
      send={(password) => channel.call("accounts.setPin", { account, password, pin: typed.first })}
      done="The new PIN holds from now on."
      onAnswered={() => setTyped(UNTYPED)}
    >
      <p class="soft">
        It answers a program's question, and opens no locked account. It has at least {accountLimits.pinMin} characters;
        eight random digits are best. A date, a word, a name, a row of keys or a pattern is refused.
      </p>
      <TypedTwice what="PIN" typed={typed} onTyped={setTyped} />
    </ChangeForm>
  );
}

export function PasswordForm({ channel, standing, session }: SettingProps) {
  const [typed, setTyped] = useState(UNTYPED);
  const { account } = session;
  return (
    <ChangeForm
      standing={standing}
      title="Account password"
      button="Change the password"
      needsPassword
      faultOf={() => twiceFault(typed, accountLimits.passwordMin, "password")}
      send={(password) => channel.call("accounts.changePassword", { account, password, newPassword: typed.first })}
      done="The new password holds from now on, on every device."
      onAnswered={() => setTyped(UNTYPED)}
    >
      <p class="soft">
        It opens the account, together with the Secret Key of the emergency kit. It has at least{" "}
        {accountLimits.passwordMin} characters. Other devices must sign in again with the new one.
      </p>
      <TypedTwice what="password" typed={typed} onTyped={setTyped} />
    </ChangeForm>
  );
}
