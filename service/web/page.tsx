// The page's screens: the first question, then the item or the reason why there is none. Only a click on Show spends a view.
import { useEffect, useState } from "preact/hooks";
import type { ShareContent } from "../../protocol/item/item-share.ts";
import { type Ending, endingOf, endings } from "./ending.ts";
import { Item } from "./item.tsx";
import type { Share } from "./share.ts";

type Facts = { readonly oneTime: boolean; readonly expiresAt: string };

type View =
  | { kind: "asking" }
  | ({ kind: "ready" | "opening" } & Facts)
  | { kind: "shown"; content: ShareContent; oneTime: boolean }
  | { kind: "ended"; ending: Ending; again: () => void };

/** Calls `over` with the reason when the link can open nothing more. */
export function Page({ share, over }: { share: Share; over: (ending: Ending) => void }) {
  const [view, setView] = useState<View>({ kind: "asking" });

  const end = (error: unknown, again: () => void) => {
    const ending = endingOf(error);
    if (endings[ending].over) over(ending);
    setView({ kind: "ended", ending, again });
  };
  const ask = () => {
    setView({ kind: "asking" });
    share.state().then(
      (facts) => setView({ kind: "ready", ...facts }),
      (error: unknown) => end(error, ask),
    );
  };
  const open = (facts: Facts) => {
    setView({ ...facts, kind: "opening" });
    share.open().then(
      (content) => {
        if (facts.oneTime) over("usedUp");
        setView({ kind: "shown", content, oneTime: facts.oneTime });
      },
      (error: unknown) => end(error, () => open(facts)),
    );
  };
  useEffect(ask, []);

  if (view.kind === "asking")
    return (
      <p class="waiting" role="status">
        Asking the server …
      </p>
    );
  if (view.kind === "ended") return <Ended ending={view.ending} again={view.again} />;
  if (view.kind === "shown") return <Item share={share} content={view.content} oneTime={view.oneTime} />;
  return <Ready facts={view} isOpening={view.kind === "opening"} open={() => open(view)} />;
}

function Ready({ facts, isOpening, open }: { facts: Facts; isOpening: boolean; open: () => void }) {
  return (
    <>
      <h1>Somebody shared an item with you</h1>
      <p>It is encrypted. Its key is in the link that you followed, and stays in this browser.</p>
      {facts.oneTime && (
        <p class="notice">
          <strong>It can be shown once.</strong> After that this link opens nothing more, so have a safe place ready for
          what you need of it.
        </p>
      )}
      <button type="button" class="main" onClick={open} disabled={isOpening}>
        {isOpening ? "Opening …" : "Show"}
      </button>
      <p class="small">
        The link works until{" "}
        <time dateTime={facts.expiresAt}>
          {new Date(facts.expiresAt).toLocaleString("en", { dateStyle: "long", timeStyle: "short" })}
        </time>
        .
      </p>
    </>
  );
}

export function Ended({ ending, again }: { ending: Ending; again?: () => void }) {
  const { title, text, again: mayHelp } = endings[ending];
  return (
    <div role="alert" data-ending={ending}>
      <h1>{title}</h1>
      <p>{text}</p>
      {mayHelp && again && (
        <button type="button" class="main" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
