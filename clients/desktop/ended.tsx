// The end of a question or of a session, alone on its page.
import { useEffect, useRef } from "preact/hooks";
import { type Ending, endings } from "./ending.ts";
import { Words } from "./words.tsx";

export function EndedPage({ ending, why }: { ending: Ending; why?: string | undefined }) {
  return (
    <main class="card ended">
      <Ended ending={ending} why={why} />
    </main>
  );
}

export function Ended({ ending, why }: { ending: Ending; why?: string | undefined }) {
  const { title, text, tone } = endings[ending];
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – Postern`;
    // A screen reader goes on from here, since the button with the focus is gone.
    heading.current?.focus();
  }, [title]);
  return (
    <div role="alert" data-ending={ending} data-tone={tone}>
      <h1 tabIndex={-1} ref={heading}>
        {title}
      </h1>
      {why !== undefined && <p>{why}</p>}
      <p>
        <Words text={text} />
      </p>
    </div>
  );
}
