// Links to copies of the item: a new one, which is shown this once, and those that there are. The service sends no mail, so nobody can be named: a
// link is for everybody who has it.
import { useCallback, useId, useState } from "preact/hooks";
import type { Item, Methods } from "../../typescript/generated.ts";
import { isAgentError } from "../agent-error.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";
import { momentText } from "../moment.ts";
import { Closed, useAsked } from "./asked.tsx";
import { CopyButton } from "./copy-button.tsx";

type Made = Methods["items.shares.create"]["result"] & { readonly version: number; readonly oneTimeOnly: boolean };
type Share = Methods["shares.list"]["result"]["shares"][number];
type Duration = NonNullable<Methods["items.shares.create"]["params"]["params"]["expireAfter"]>;

const durations: readonly (readonly [Duration, string])[] = [
  ["OneHour", "one hour"],
  ["OneDay", "one day"],
  ["SevenDays", "7 days"],
  ["FourteenDays", "14 days"],
  ["ThirtyDays", "30 days"],
];

type ShareProps = { readonly channel: Channel; readonly item: Item };

export function ItemShare({ channel, item }: ShareProps) {
  const [made, setMade] = useState<Made>();
  const { vaultId, id: itemId } = item;
  const read = useCallback(
    async (mayAsk: boolean) => {
      const { shares } = await channel.call("shares.list", mayAsk ? {} : { noWait: true });
      return shares.filter((share) => share.itemId === itemId && share.vaultId === vaultId);
    },
    [channel, vaultId, itemId],
  );
  const links = useAsked(read);
  return (
    <section aria-label="Share">
      <h2>Share</h2>
      {made === undefined ? (
        <ShareForm
          channel={channel}
          item={item}
          onMade={(next) => {
            setMade(next);
            links.again();
          }}
        />
      ) : (
        <NewLink made={made} onDone={() => setMade(undefined)} />
      )}
      <h3>Its links</h3>
      {links.reading.kind === "reading" && <p class="waiting">Asking the agent …</p>}
      {links.reading.kind === "closed" && (
        <Closed fault={links.reading.fault} onAsk={links.ask} button="Show its links">
          The list of links is for you only. Your PIN or your account password shows it.
        </Closed>
      )}
      {links.reading.kind === "read" && <Links channel={channel} shares={links.reading.value} onEnded={links.again} />}
    </section>
  );
}

function ShareForm({ channel, item, onMade }: ShareProps & { onMade: (made: Made) => void }) {
  const id = useId();
  const [expireAfter, setExpireAfter] = useState<Duration>("SevenDays");
  const [oneTimeOnly, setOneTimeOnly] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const make = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      const { vaultId, id: itemId, version } = item;
      // The version is the one that the person sees: a link must not give away what somebody wrote meanwhile.
      const named = { vaultId, itemId, version, params: { expireAfter, oneTimeOnly } };
      onMade({ ...(await channel.call("items.shares.create", named)), version, oneTimeOnly });
    } catch (error) {
      setFault(shareFault(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="filter" onSubmit={make}>
      <label for={`${id}-life`}>
        The link works for
        <select
          id={`${id}-life`}
          value={expireAfter}
          onChange={({ currentTarget }) => setExpireAfter(currentTarget.value as Duration)}
        >
          {durations.map(([duration, text]) => (
            <option key={duration} value={duration}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label class="tick">
        <input
          type="checkbox"
          checked={oneTimeOnly}
          onChange={({ currentTarget }) => setOneTimeOnly(currentTarget.checked)}
        />
        it can be opened once
      </label>
      <button type="submit" disabled={isBusy}>
        Make a link
      </button>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

function shareFault(error: unknown): string {
  if (!isAgentError(error, "sharingUnavailable")) return faultText(error);
  return "The service of this account has no public address, so a link could not be opened anywhere.";
}

function NewLink({ made, onDone }: { made: Made; onDone: () => void }) {
  const { url, expiresAt, version, oneTimeOnly } = made;
  return (
    <div class="notice">
      <p>
        Everybody with this link sees a copy of the item as it is now, with its values and files (version {version}).{" "}
        {oneTimeOnly ? "It can be opened once, " : "It can be opened "}until {momentText(expiresAt)}. It is shown this
        once: nobody can look it up later.
      </p>
      <p class="token">
        <code>{url}</code>
      </p>
      <CopyButton text={url} name="the link" />{" "}
      <button type="button" onClick={onDone}>
        Done
      </button>
    </div>
  );
}

const states: Readonly<Record<Share["state"], string>> = {
  open: "works",
  usedUp: "was opened, and works no more",
  expired: "has expired",
  revoked: "was ended",
};

type LinksProps = { readonly channel: Channel; readonly shares: readonly Share[]; readonly onEnded: () => void };

function Links({ channel, shares, onEnded }: LinksProps) {
  const [fault, setFault] = useState<string>();
  const end = async (shareId: string) => {
    setFault(undefined);
    try {
      await channel.call("shares.revoke", { shareId });
      onEnded();
    } catch (error) {
      setFault(faultText(error));
    }
  };
  if (shares.length === 0) return <p>No link to it was made.</p>;
  return (
    <>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      <ul class="rows">
        {shares.map(({ shareId, createdAt, expiresAt, views, oneTimeOnly, state }) => (
          <li key={shareId}>
            <div class="row-text">
              <p>
                A link of {momentText(createdAt)} {states[state]}
              </p>
              <p class="soft">
                opened {views === 1 ? "once" : `${views} times`}
                {oneTimeOnly && ", can be opened once"}
                {state === "open" && `, until ${momentText(expiresAt)}`}
              </p>
            </div>
            {state === "open" && (
              <button
                type="button"
                class="bad"
                aria-label={`End it, the link of ${momentText(createdAt)}`}
                onClick={() => end(shareId)}
              >
                End it
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
