// For how many days the log keeps its records. Fewer remove older ones, and so it needs the account password in any case.
import { useId, useState } from "preact/hooks";
import { logDays as limits } from "../../typescript/generated-limits.ts";
import { ChangeForm } from "./change-form.tsx";
import type { SettingProps } from "./setting.ts";

const faultOf = (typed: string) =>
  /^\d{1,6}$/.test(typed) && Number(typed) >= limits.min && Number(typed) <= limits.max
    ? undefined
    : `Type a number of days from ${limits.min} to ${limits.max}.`;

export function LogDaysForm({ channel, standing, session }: SettingProps) {
  const id = useId();
  const [draft, setDraft] = useState<string>();
  const { account, logDays: present = limits.usual } = session;
  const typed = (draft ?? String(present)).trim();
  return (
    <ChangeForm
      standing={standing}
      title="The log"
      button="Save the days"
      needsPassword
      faultOf={() => faultOf(typed)}
      send={(password) => channel.call("accounts.setLogDays", { account, logDays: Number(typed), password })}
      done="Saved. The log keeps its records for so long."
      onAnswered={(isDone) => isDone && setDraft(undefined)}
    >
      <div class="field">
        <label for={id}>Days for which it keeps records</label>
        <input
          id={id}
          inputMode="numeric"
          autocomplete="off"
          value={draft ?? String(present)}
          onInput={({ currentTarget }) => setDraft(currentTarget.value)}
        />
      </div>
      <p class="soft">Fewer days remove older records at once. Nothing else removes any.</p>
    </ChangeForm>
  );
}
