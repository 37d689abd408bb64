// When the account locks by itself. A longer time needs the account password. A shorter one only narrows access.
import { useState } from "preact/hooks";
import type { IdleLock } from "../../typescript/generated.ts";
import { ChangeForm } from "./change-form.tsx";
import type { SettingProps } from "./setting.ts";

/** From the shortest to the longest, as the agent counts them. With the screen, the twelve hours after each unlock are the limit. */
const choices: readonly { readonly value: IdleLock; readonly text: string }[] = [
  { value: "tenMinutes", text: "after ten minutes without use" },
  { value: "eightHours", text: "after eight hours without use" },
  { value: "screenLock", text: "when the screen is locked" },
];

const rankOf = (wanted: IdleLock) => choices.findIndex(({ value }) => value === wanted);

export function IdleLockForm({ channel, standing, session, hearsScreen }: SettingProps) {
  const [chosen, setChosen] = useState<IdleLock>();
  const { account } = session;
  const present = session.idleLock ?? "tenMinutes";
  const wanted = chosen ?? present;
  const isLonger = rankOf(wanted) > rankOf(present);
  return (
    <ChangeForm
      standing={standing}
      title="Lock by itself"
      button="Save when it locks"
      needsPassword={isLonger}
      send={(password) =>
        channel.call("accounts.setIdleLock", { account, idleLock: wanted, ...(isLonger ? { password } : {}) })
      }
      done="Saved. It locks so from now on."
      onAnswered={(isDone) => isDone && setChosen(undefined)}
    >
      <div role="radiogroup" aria-label="The account locks">
        {choices
          .filter(({ value }) => value !== "screenLock" || hearsScreen || present === value)
          .map(({ value, text }) => (
            <label class="tick" key={value}>
              <input
                type="radio"
                name={`idle-${account}`}
                checked={value === wanted}
                onChange={() => setChosen(value)}
              />
              {text}
            </label>
          ))}
      </div>
      <p class="soft">
        In any case it locks twelve hours after its unlock, and when the machine sleeps.
        {!hearsScreen && " The agent hears nothing of this machine's screen, so only a time can lock it."}
      </p>
    </ChangeForm>
  );
}
