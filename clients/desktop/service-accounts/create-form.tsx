// The form for a new service account. A vault is typed, so the page needs no right to see the vaults.
import { useId, useState } from "preact/hooks";
import type { IssuedToken } from "../../typescript/generated.ts";
import { ChangeForm } from "../settings/change-form.tsx";
import type { PageProps } from "../standing.ts";

type Wanted = { readonly vault: string; readonly right: "read_items" | "write_items" };

const DAY_MS = 24 * 60 * 60_000;
const lives = [
  { text: "30 days", days: 30 },
  { text: "90 days", days: 90 },
  { text: "one year", days: 365 },
  { text: "without an end", days: undefined },
] as const;

const NONE: readonly Wanted[] = [{ vault: "", right: "read_items" }];

export function CreateForm({
  channel,
  standing,
  onIssued,
}: PageProps & { onIssued: (issued: IssuedToken) => Promise<void> }) {
  const id = useId();
  const [title, setTitle] = useState("");
  const [vaults, setVaults] = useState(NONE);
  const [life, setLife] = useState(1);
  const create = async (password: string) => {
    const days = lives[life]?.days;
    const asked = vaults.map(({ vault, right }) => ({ vault: vault.trim(), permissions: [right] }));
    const expiresInMs = days === undefined ? ("never" as const) : days * DAY_MS;
    const named = { password, title: title.trim(), vaults: asked, expiresInMs };
    await onIssued(await channel.call("serviceAccounts.create", named));
    setTitle("");
    setVaults(NONE);
  };
  const faultOf = () => {
    if (title.trim() === "") return "Give it a name.";
    return vaults.some(({ vault }) => vault.trim() === "") ? "Type the title of each vault." : undefined;
  };
  return (
    <div class="settings">
      <ChangeForm
        standing={standing}
        title="New service account"
        button="Make it, and show its token"
        needsPassword
        faultOf={faultOf}
        send={create}
        done="It was made."
      >
        <div class="field">
          <label for={`${id}-name`}>Name</label>
          <input
            id={`${id}-name`}
            value={title}
            maxLength={255}
            autocomplete="off"
            onInput={({ currentTarget }) => setTitle(currentTarget.value)}
          />
        </div>
        {vaults.map((wanted, at) => (
          <VaultFields
            // A row has no other name than its place.
            key={at}
            wanted={wanted}
            number={at + 1}
            onWanted={(next) => setVaults(vaults.map((one, place) => (place === at ? next : one)))}
          />
        ))}
        <p>
          <button type="button" onClick={() => setVaults([...vaults, ...NONE])}>
            Add a vault
          </button>{" "}
          {vaults.length > 1 && (
            <button type="button" onClick={() => setVaults(vaults.slice(0, -1))}>
              Take the last one away
            </button>
          )}
        </p>
        <LifeField life={life} onLife={setLife} />
      </ChangeForm>
    </div>
  );
}

function LifeField({ life, onLife }: { life: number; onLife: (life: number) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Its token lives</label>
      <select id={id} value={life} onChange={({ currentTarget }) => onLife(Number(currentTarget.value))}>
        {lives.map(({ text }, at) => (
          <option key={text} value={at}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

type VaultProps = { readonly wanted: Wanted; readonly number: number; readonly onWanted: (next: Wanted) => void };

function VaultFields({ wanted, number, onWanted }: VaultProps) {
  return (
    <div class="filter">
      <label>
        Vault {number}, by title or id
        <input
          value={wanted.vault}
          maxLength={255}
          autocomplete="off"
          onInput={({ currentTarget }) => onWanted({ ...wanted, vault: currentTarget.value })}
        />
      </label>
      <label>
        What it may do in vault {number}
        <select
          value={wanted.right}
          onChange={({ currentTarget }) => onWanted({ ...wanted, right: currentTarget.value as Wanted["right"] })}
        >
          <option value="read_items">read</option>
          <option value="write_items">read and change</option>
        </select>
      </label>
    </div>
  );
}
