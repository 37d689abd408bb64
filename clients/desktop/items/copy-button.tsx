// Copies a text to the clipboard, and says whether that was done.
import { useState } from "preact/hooks";

export function CopyButton({ text, name }: { text: string; name: string }) {
  const [said, setSaid] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser did not allow it"),
    );
  return (
    <>
      <button type="button" aria-label={`Copy ${name}`} onClick={copy}>
        Copy
      </button>
      <span class="soft" role="status">
        {said}
      </span>
    </>
  );
}
