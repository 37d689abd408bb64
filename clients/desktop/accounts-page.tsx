// The accounts on this agent: open or locked, unlocking by password, and the lock.
import { useEffect, useState } from "preact/hooks";
import type { Methods, SessionState } from "../typescript/generated.ts";
import { hasAuthenticators } from "./authenticator.ts";
import { signed } from "./authenticator-call.ts";
import type { Channel } from "./channel.ts";
import { faultText } from "./fault-text.ts";
import { KeyButton } from "./key-button.tsx";
import { momentText } from "./moment.ts";
import { PasswordField } from "./password-field.tsx";
import type { PageProps } from "./standing.ts";
import { useStands } from "./whole.tsx";
import { Words } from "./words.tsx";

export function AccountsPage({ channel, standing }: PageProps) {
  const stands = useStands(standing);
  const [told, setTold] = useState<readonly string[]>([]);
  if (stands === undefined) return <p class="waiting">Asking the agent …</p>;
  const { sessions, openPrompts } = stands.status;
  const isLocked = sessions.some(({ state }) => state === "locked");
  const isOpen = sessions.some(({ state }) => state === "unlocked");
  return (
    <>
      <h1>{sessions.length === 1 ? "Your account" : "Your accounts"}</h1>
      {sessions.length === 0 && (
        <p>
          <Words text="There is no account yet. Run `postern init` in a terminal: it makes one." />
        </p>
      )}
      <ul class="cards">
        {sessions.map((session, at) => (
          <Account key={session.account ?? at} session={session} isOneOfSeveral={sessions.length > 1} />
        ))}
      </ul>
      {told.map((line) => (
        <p class="notice" role="status">
          {line}
        </p>
      ))}
      {openPrompts > 0 && (
        <p>
          <a href="#/questions">
            {openPrompts === 1 ? "A program waits" : `${openPrompts} programs wait`} for an answer
          </a>
        </p>
      )}
      {isLocked && (
        <Unlock channel={channel} standing={standing} isOneOfSeveral={sessions.length > 1} onTold={setTold} />
      )}
      {isOpen && <Lock channel={channel} standing={standing} isOneOfSeveral={sessions.length > 1} />}
    </>
  );
}

const idleWords = {
  tenMinutes: "after 10 minutes without use",
  eightHours: "after 8 hours without use",
  screenLock: "with the screen",
} as const;

function Account({ session, isOneOfSeveral }: { session: SessionState; isOneOfSeveral: boolean }) {
  const { state, unlockedAt, proof, idleLock, account } = session;
  const isDefault = session.default === true;
  return (
    <li>
      <p class="state" data-state={state}>
        {state === "unlocked" ? "Unlocked" : "Locked"}
        {isOneOfSeveral && isDefault && <span class="soft"> the default account</span>}
      </p>
      <dl class="facts">
        {unlockedAt !== undefined && (
          <div class="fact">
            <dt>Since</dt>
            <dd>{momentText(unlockedAt)}</dd>
          </div>
        )}
        {proof !== undefined && (
          <div class="fact">
            <dt>Approves by</dt>
            <dd>{proof === "pin" ? "PIN" : "account password"}</dd>
          </div>
        )}
        {idleLock !== undefined && (
          <div class="fact">
            <dt>Locks after</dt>
            <dd>{idleWords[idleLock]}</dd>
          </div>
        )}
        {isOneOfSeveral && account !== undefined && (
          <div class="fact">
            <dt>Id</dt>
            <dd>{account}</dd>
          </div>
        )}
      </dl>
    </li>
  );
}

type Unlocked = Methods["session.unlock"]["result"];

type Acting = PageProps & { readonly isOneOfSeveral: boolean };

function Unlock({
  channel,
  standing,
  isOneOfSeveral,
  onTold,
}: Acting & { onTold: (lines: readonly string[]) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const hasKey = useUnlockingKey(channel);
  /** Runs an unlock, and tells what it says. */
  const run = async (open: (named: { account?: string }) => Promise<Unlocked>) => {
    setBusy(true);
    setFault(undefined);
    // What was typed is for one try.
    setPassword("");
    try {
      const { wrongPinTries, wrongPasswordTries, warnings } = await open(
        name.trim() === "" ? {} : { account: name.trim() },
      );
      onTold([
        ...triesText(wrongPasswordTries, "wrong password"),
        ...triesText(wrongPinTries, "wrong PIN"),
        ...warnings,
      ]);
      await standing.read();
    } catch (error) {
      setFault(faultText(error));
    } finally {
      setBusy(false);
    }
  };
  const unlock = (event: Event) => {
    event.preventDefault();
    if (password === "") return setFault("Type the account password.");
    run((named) => channel.call("session.unlock", { ...named, password }));
  };
  const unlockByKey = () =>
    run(async (named) => {
      const { options } = await channel.call("authenticators.unlockChallenge", named);
      return channel.call("authenticators.unlock", { ...named, assertion: await signed(options) });
    });
  return (
    <form onSubmit={unlock}>
      <h2>Unlock</h2>
      {isOneOfSeveral && (
        <div class="field">
          <label for="account">Account name; empty for the default one</label>
          <input
            id="account"
            value={name}
            maxLength={64}
            autocomplete="off"
            disabled={isBusy}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </div>
      )}
      {(hasKey || isOneOfSeveral) && <KeyButton isStill={isBusy} onPressed={unlockByKey} />}
      <PasswordField value={password} fault={fault} isStill={isBusy} onTyped={setPassword} />
      <button type="submit" class="main" disabled={isBusy}>
        {isBusy ? "Unlocking …" : "Unlock"}
      </button>
    </form>
  );
}

function triesText(count: number, what: string): string[] {
  if (count === 0) return [];
  return [`${count === 1 ? `One ${what} was` : `${count} ${what}s were`} tried since the last unlock.`];
}

/** Whether an authenticator may unlock the default account in this browser. */
function useUnlockingKey(channel: Channel): boolean {
  const [hasKey, setHasKey] = useState(false);
  useEffect(() => {
    if (!hasAuthenticators()) return;
    channel.call("authenticators.unlockChallenge", {}).then(
      () => setHasKey(true),
      () => setHasKey(false),
    );
  }, [channel]);
  return hasKey;
}

function Lock({ channel, standing, isOneOfSeveral }: Acting) {
  const [fault, setFault] = useState<string>();
  const lock = () =>
    channel.call("session.lock", {}).then(
      ({ unrecorded }) => {
        if (unrecorded) setFault("It is locked, but the log has no record of it: the disk took nothing.");
        return standing.read();
      },
      () => setFault("The agent went away before the answer."),
    );
  return (
    <>
      <h2>Lock</h2>
      <p class="soft">Keys are wiped from memory, and all grants and questions end.</p>
      {fault !== undefined && (
        <p class="notice" role="alert">
          {fault}
        </p>
      )}
      <button type="button" onClick={lock}>
        {isOneOfSeveral ? "Lock all accounts" : "Lock"}
      </button>
    </>
  );
}
