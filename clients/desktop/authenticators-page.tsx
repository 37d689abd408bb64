// The fingerprint readers and security keys: which there are, enrolling one, and removing one. Both take the account password.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Authenticator } from "../typescript/generated.ts";
import { hasAuthenticators } from "./authenticator.ts";
import { registered, signed } from "./authenticator-call.ts";
import type { Channel } from "./channel.ts";
import { faultText } from "./fault-text.ts";
import { momentText } from "./moment.ts";
import { PasswordField } from "./password-field.tsx";
import { shown } from "./prompt.ts";
import type { PageProps } from "./standing.ts";
import { Whole } from "./whole.tsx";

export function AuthenticatorsPage(props: PageProps) {
  return (
    <>
      <h1>Fingerprint and keys</h1>
      <Whole {...props} what="Which of them may approve">
        <Enrolled channel={props.channel} />
      </Whole>
    </>
  );
}

function Enrolled({ channel }: { channel: Channel }) {
  const [those, setThose] = useState<readonly Authenticator[]>();
  const [told, setTold] = useState("");
  const [fault, setFault] = useState<string>();
  const [password, setPassword] = useState("");
  const [isBusy, setBusy] = useState(false);
  const read = useCallback(
    () =>
      channel.call("authenticators.list", {}).then(
        ({ authenticators }) => setThose(authenticators),
        (error: unknown) => setFault(faultText(error)),
      ),
    [channel],
  );
  useEffect(() => void read(), [read]);
  /** Runs a change with the typed password, which is for one try. */
  const change = async (work: (password: string) => Promise<string>) => {
    if (password === "") return setFault("Type the account password.");
    setBusy(true);
    setFault(undefined);
    setTold("");
    setPassword("");
    try {
      setTold(await work(password));
    } catch (error) {
      setFault(faultText(error));
    }
    await read();
    setBusy(false);
  };
  if (those === undefined && fault === undefined) return <p class="waiting">Asking the agent …</p>;
  return (
    <>
      <p class="said" role="status">
        {told}
      </p>
      {those?.length === 0 && <p class="soft">None is enrolled. Questions are answered by the PIN or the password.</p>}
      <PasswordField value={password} fault={fault} isStill={isBusy} onTyped={setPassword} />
      <ul class="rows">
        {those?.map((one) => (
          <Row key={one.authenticator} one={one} isStill={isBusy} onRemove={() => change(removing(channel, one))} />
        ))}
      </ul>
      {hasAuthenticators() ? (
        <Enrol isStill={isBusy} onEnrol={(name) => change(enrolling(channel, name))} />
      ) : (
        <p class="soft">This browser has no fingerprint reader and takes no security key.</p>
      )}
    </>
  );
}

function Row({ one, isStill, onRemove }: { one: Authenticator; isStill: boolean; onRemove: () => void }) {
  const name = shown(one.name, 80);
  return (
    <li>
      <div class="row-text">
        <p class="row-head">
          <bdi>{name}</bdi> <span class="soft">{one.unlocks ? "approves and unlocks" : "approves"}</span>
        </p>
        <p class="soft">
          {one.lastUsedAt === undefined
            ? `enrolled ${momentText(one.createdAt)}`
            : `last used ${momentText(one.lastUsedAt)}`}
        </p>
      </div>
      <button type="button" disabled={isStill} onClick={onRemove} aria-label={`Remove ${name}`}>
        Remove
      </button>
    </li>
  );
}

function Enrol({ isStill, onEnrol }: { isStill: boolean; onEnrol: (name: string) => void }) {
  const [name, setName] = useState("Fingerprint");
  const send = (event: Event) => {
    event.preventDefault();
    if (name.trim() !== "") onEnrol(name.trim());
  };
  return (
    <form onSubmit={send}>
      <h2>Enrol one</h2>
      <p class="soft">
        The browser asks for it twice: once to make its key, and once to find out whether it can unlock.
      </p>
      <div class="field">
        <label for="authenticator">Its name</label>
        <input
          id="authenticator"
          value={name}
          maxLength={64}
          autocomplete="off"
          disabled={isStill}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </div>
      <button type="submit" class="main" disabled={isStill}>
        {isStill ? "Waiting …" : "Enrol"}
      </button>
    </form>
  );
}

const removing =
  (channel: Channel, { authenticator, name }: Authenticator) =>
  async (password: string) => {
    await channel.call("authenticators.remove", { password, authenticator });
    return `${shown(name, 80)} was removed. It approves and unlocks nothing from now on.`;
  };

const enrolling = (channel: Channel, name: string) => async (password: string) => {
  const { options } = await channel.call("authenticators.enrol", { password, name });
  const made = await channel.call("authenticators.register", { registration: await registered(options) });
  const approves = `${shown(name, 80)} approves from now on.`;
  if (made.options === undefined) return `${approves} It cannot unlock.`;
  const assertion = await signed(made.options);
  const { unlocks } = await channel.call("authenticators.enableUnlock", { assertion });
  return unlocks ? `${shown(name, 80)} approves and unlocks from now on.` : `${approves} It cannot unlock.`;
};
