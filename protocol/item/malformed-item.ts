// An item whose seal is right, and whose content is no item's. Any program with the keys of its vault can seal such a thing, an old or a broken one
// too. It must not take the other items of a list with it.
import { PosternError } from "../errors.ts";
import type { OverviewContent } from "./item.ts";

/** The overview that lists show for it. It has the form of every overview, since programs read it that know of no malformed items. */
export const MALFORMED_OVERVIEW: OverviewContent = {
  title: "(an item that cannot be read)",
  category: "Unsupported",
  tags: [],
  websites: [],
};

/** Thrown where such an item is asked for by itself. It says nothing of the content, which could be a secret. */
export class MalformedItem extends PosternError {
  readonly item: string;
  readonly state: "active" | "archived";

  constructor(item: string, state: "active" | "archived") {
    super("sealBroken", item, {
      text: "what is sealed as this item is none",
      hint: "a program with access to its vault wrote it; delete it by its id, or write it again with that program",
    });
    this.item = item;
    this.state = state;
  }
}
