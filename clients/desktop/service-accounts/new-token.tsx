// A new token, shown this once.
import { useEffect, useRef, useState } from "preact/hooks";
import type { IssuedToken } from "../../typescript/generated.ts";
import { momentText } from "../moment.ts";

export function NewToken({ issued, onDone }: { issued: IssuedToken; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [told, setTold] = useState("");
  useEffect(() => heading.current?.focus(), []);
  const copy = () =>
    navigator.clipboard.writeText(issued.token).then(
      () => setTold("Copied. Other programs can read the clipboard: paste it soon, and copy something else then."),
      () => setTold("The browser did not let it be copied. Mark the text, and copy it by the keyboard."),
    );
  return (
    <section class="notice">
      <h2 tabIndex={-1} ref={heading}>
        The new token
      </h2>
      <p>
        It is shown this once, and gone when you leave this page. A program that has it needs no approval.{" "}
        {issued.expiresAt === undefined ? "It has no end." : `It ends ${momentText(issued.expiresAt)}.`}
      </p>
      <p class="token">
        <code>{issued.token}</code>
      </p>
      <button type="button" onClick={copy}>
        Copy
      </button>{" "}
      <button type="button" onClick={onDone}>
        Done
      </button>
      <p class="said" role="status">
        {told}
      </p>
    </section>
  );
}
