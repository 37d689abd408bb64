// One item: its fields, addresses, notes, tags and files.
import { useCallback, useState } from "preact/hooks";
import type { Item } from "../../typescript/generated.ts";
import type { Channel } from "../channel.ts";
import { momentText } from "../moment.ts";
import { shown } from "../prompt.ts";
import { Closed, useAsked } from "./asked.tsx";
import { ChangedElsewhere } from "./changed-elsewhere.tsx";
import { CopyButton } from "./copy-button.tsx";
import { ItemActs } from "./item-acts.tsx";
import { ItemFields } from "./item-fields.tsx";
import { ItemFiles } from "./item-files.tsx";
import { ItemShare } from "./item-share.tsx";
import { categoryText, type Entry } from "./shelf.ts";
import { ValueText } from "./value-text.tsx";

type ItemPageProps = {
  readonly channel: Channel;
  readonly vaultId: string;
  readonly itemId: string;
  /** The item's row, where the list was read. */
  readonly entry: Entry | undefined;
  /** Whether the list was read, and has no such item. */
  readonly isGone: boolean;
  /** Whether the person chose the item on the list, so that a question is expected. */
  readonly isChosen: boolean;
  /** The item is another one now, or is gone. */
  readonly onChanged: () => void;
};

export function ItemPage({ channel, vaultId, itemId, entry, isGone, isChosen, onChanged }: ItemPageProps) {
  const readItem = useCallback(
    (mayAsk: boolean) => channel.call("items.get", { vaultId, itemId, ...(mayAsk ? {} : { noWait: true }) }),
    [channel, vaultId, itemId],
  );
  const { reading, ask } = useAsked(readItem, isChosen);
  const [written, setWritten] = useState<Item>();
  const item = reading.kind === "read" ? newest(reading.value, written) : undefined;
  return (
    <>
      <p class="ways">
        <a href="#/items">All items</a>
        {reading.kind === "read" && <a href={`#/items/${vaultId}/${itemId}/edit`}>Edit</a>}
      </p>
      {reading.kind === "reading" && <p class="waiting">Asking the agent …</p>}
      {reading.kind === "closed" && (
        <>
          <h1>
            <bdi>{entry === undefined ? "An item" : shown(entry.item.title, 120)}</bdi>
          </h1>
          <Closed fault={reading.fault} onAsk={ask}>
            The item with its values. Your PIN or your account password shows it on this page.
          </Closed>
        </>
      )}
      {item !== undefined && (
        <>
          <ChangedElsewhere item={item} entry={entry} isGone={isGone} onAgain={ask} />
          <Shown channel={channel} item={item} entry={entry} readItem={readItem} onItem={setWritten} />
          {entry === undefined ? (
            <p class="said">To archive or delete the item, choose it on the list of all items.</p>
          ) : (
            <ItemActs channel={channel} item={item} state={entry.item.state} onDone={onChanged} />
          )}
        </>
      )}
    </>
  );
}

/** The version that was read, or a later one that this page wrote. */
const newest = (read: Item, written: Item | undefined) =>
  written !== undefined && written.version > read.version ? written : read;

type ShownProps = Pick<ItemPageProps, "channel" | "entry"> & {
  readonly item: Item;
  readonly onItem: (item: Item) => void;
  readonly readItem: (mayAsk: boolean) => Promise<Item>;
};

function Shown({ channel, item, entry, readItem, onItem }: ShownProps) {
  const { title, category, websites, notes, tags, version, updatedAt } = item;
  return (
    <>
      <h1>
        <bdi>{shown(title, 256) || "(no title)"}</bdi>
      </h1>
      <p class="said">
        {categoryText(category)}
        {entry !== undefined && (
          <>
            {" in "}
            <bdi>{shown(entry.vault, 60)}</bdi>
            {entry.item.state === "archived" && ", archived"}
          </>
        )}
        ; version {version}, changed {momentText(updatedAt)}
      </p>
      <ItemFields channel={channel} item={item} readItem={readItem} />
      {websites.length > 0 && (
        <>
          <h2>Addresses</h2>
          <ul class="rows">
            {websites.map(({ url, label }, at) => (
              <li key={`${at} ${url}`}>
                <p>
                  {label !== "" && <bdi class="soft">{shown(label, 60)} </bdi>}
                  <Address url={url} />
                </p>
              </li>
            ))}
          </ul>
        </>
      )}
      {notes !== "" && (
        <>
          <h2>Notes</h2>
          <ValueText text={notes} />
          <p>
            <CopyButton text={notes} name="the notes" />
          </p>
        </>
      )}
      {tags.length > 0 && (
        <>
          <h2>Tags</h2>
          <ul class="tags">
            {tags.map((tag) => (
              <li key={tag}>
                <bdi>{shown(tag, 60)}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      <ItemFiles channel={channel} item={item} onItem={onItem} />
      <ItemShare channel={channel} item={item} />
    </>
  );
}

/** An https address without blanks, backslashes and a user's name before the host, which hides where it leads. */
const PLAIN_HTTPS = /^https:\/\/[^\s\\@]+$/i;

/**
 * Whoever may write to the vault chose the address. Another scheme could run something. So only a plain https address is a link, and only where it is
 * drawn as it is.
 */
function Address({ url }: { url: string }) {
  const drawn = shown(url);
  if (drawn !== url || !PLAIN_HTTPS.test(url) || !URL.canParse(url)) return <bdi>{drawn}</bdi>;
  return (
    <a href={url} target="_blank" rel="noreferrer noopener">
      <bdi>{drawn}</bdi>
    </a>
  );
}
