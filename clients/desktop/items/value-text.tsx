// A value as text: each line without reordering and invisible characters, and no more of it than a page can draw.
import { cleanText } from "../../../protocol/clean-text.ts";

/** Characters of a value on the page. The copy has all of it. */
const VALUE_MAX = 20_000;

export function ValueText({ text }: { text: string }) {
  const drawn = text.slice(0, VALUE_MAX);
  const clean = drawn.split("\n").map(cleanText).join("\n");
  return (
    <>
      <bdi class="value">{clean}</bdi>
      {clean !== drawn && <p class="soft">It has characters that this page does not show. Copy takes all of it.</p>}
      {text.length > VALUE_MAX && <p class="soft">It is longer than this page shows. Copy takes all of it.</p>}
    </>
  );
}
