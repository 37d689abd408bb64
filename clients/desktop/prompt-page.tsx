// The page of a session that was opened for one question: the question, and then how it ended.
import { useEffect } from "preact/hooks";
import { Away } from "./away.tsx";
import type { Channel } from "./channel.ts";
import { EndedPage } from "./ended.tsx";
import { keepEnding } from "./ending.ts";
import { forgetSession } from "./entrance.ts";
import { QuestionCard } from "./question-card.tsx";
import { useChannelState, useQuestion } from "./state.ts";

export function PromptPage({ channel, prompt }: { channel: Channel; prompt: string }) {
  const state = useChannelState(channel);
  const drawn = useQuestion(channel, prompt);
  const ending = drawn?.view.kind === "ended" ? drawn.view.ending : undefined;
  useEffect(() => {
    if (ending === undefined) return;
    // The session was for this question alone. Its endless request would take one of the browser's few connections to the agent.
    keepEnding(ending);
    forgetSession();
    channel.close();
  }, [ending, channel]);
  if (drawn?.view.kind === "ended") return <EndedPage ending={drawn.view.ending} why={drawn.view.why} />;
  return (
    <main class="card">
      <Away state={state} next="run the program that asked once more" />
      {drawn === undefined || drawn.view.kind === "waiting" ? (
        <p class="waiting" role="status">
          Asking the agent …
        </p>
      ) : (
        <QuestionCard
          channel={channel}
          question={drawn.question}
          view={drawn.view}
          isAway={state !== "open"}
          level={1}
        />
      )}
    </main>
  );
}
