// The opened content of an item. A seal proves the writer and nothing more: whoever has the keys of a vault can seal anything. So the content is
// checked before anybody relies on its form.
import type { Static, TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { ItemDetailsContent, ItemOverviewContent } from "../../protocol/item/item.ts";

export type Overview = Static<typeof ItemOverviewContent>;
export type Details = Static<typeof ItemDetailsContent>;

const decoder = new TextDecoder();

/** A reader of one part of an item. It answers undefined for any other content. */
function readerOf<S extends TSchema>(schema: S): (content: Uint8Array) => Static<S> | undefined {
  let validator: Validator | undefined;
  return (content) => {
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(content));
    } catch {
      // The error is dropped, since it quotes the content.
      return undefined;
    }
    validator ??= Compile(schema as TSchema);
    return validator.Check(value) ? (value as Static<S>) : undefined;
  };
}

export const overviewIn = readerOf(ItemOverviewContent);
export const detailsIn = readerOf(ItemDetailsContent);
