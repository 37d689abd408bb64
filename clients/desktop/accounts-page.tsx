// The accounts on this agent: open or locked, unlocking by password, and the lock.
import { useState } from "preact/hooks";
import type { SessionState } from "../typescript/generated.ts";
import { AgentError } from "./agent-error.ts";
import { momentText } from "./moment.ts";
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
      <h1>{sessions.length < 2 ? "Your account" : "Your accounts"}</h1>
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

const idleWords = { tenMinutes: "10 minutes", eightHours: "8 hours" } as const;

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
            <dd>{idleWords[idleLock]} without use</dd>
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
  const unlock = async (event: Event) => {
    event.preventDefault();
    if (password === "") return setFault("Type the account password.");
    setBusy(true);
    setFault(undefined);
    // What was typed is for one try.
    setPassword("");
    try {
      const named = name.trim() === "" ? {} : { account: name.trim() };
      const { wrongPinTries, wrongPasswordTries, warnings } = await channel.call("session.unlock", {
        ...named,
        password,
      });
      onTold([
        ...triesText(wrongPasswordTries, "wrong password"),
        ...triesText(wrongPinTries, "wrong PIN"),
        ...warnings,
      ]);
      await standing.read();
    } catch (error) {
      setFault(error instanceof AgentError ? faultText(error) : "The agent went away before the answer.");
    } finally {
      setBusy(false);
    }
  };
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
      <PasswordField value={password} fault={fault} isStill={isBusy} onTyped={setPassword} />
      <button type="submit" class="main" disabled={isBusy}>
        {isBusy ? "Unlocking …" : "Unlock"}
      </button>
    </form>
  );
}

type Typed = {
  readonly value: string;
  readonly fault: string | undefined;
  readonly isStill: boolean;
  readonly onTyped: (typed: string) => void;
};

function PasswordField({ value, fault, isStill, onTyped }: Typed) {
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

function triesText(count: number, what: string): string[] {
  if (count === 0) return [];
  return [`${count === 1 ? `One ${what} was` : `${count} ${what}s were`} tried since the last unlock.`];
}

function faultText({ message }: AgentError): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
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
      <p class="soft">Keys are wiped from memory, grants and questions end, and this page ends with them.</p>
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
