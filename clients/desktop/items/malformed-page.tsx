// An item that cannot be read, since what is sealed as its content is none. It can be deleted.
import type { Channel } from "../channel.ts";
import { shown } from "../prompt.ts";
import { ItemActs } from "./item-acts.tsx";
import type { Entry } from "./shelf.ts";

type MalformedProps = { readonly channel: Channel; readonly entry: Entry; readonly onDone: () => void };

export function MalformedPage({ channel, entry: { item, vault }, onDone }: MalformedProps) {
  return (
    <>
      <h1>An item that cannot be read</h1>
      <p>
        A program with access to <bdi>{shown(vault, 60)}</bdi> sealed something there that is no item. Its id is{" "}
        {item.id}. Write it again with that program, or delete it. The other items are not touched.
      </p>
      <ItemActs channel={channel} item={item} onDone={onDone} />
    </>
  );
}
