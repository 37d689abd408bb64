// A question that this page itself raised. It is drawn in place of the page, which waits unseen: what the person has typed there stays.
import type { Channel } from "./channel.ts";
import { QuestionCard } from "./question-card.tsx";
import { useChannelState, useQuestion } from "./state.ts";

export function OwnQuestion({ channel, prompt }: { channel: Channel; prompt: string }) {
  const state = useChannelState(channel);
  const drawn = useQuestion(channel, prompt);
  if (drawn === undefined || drawn.view.kind === "waiting" || drawn.view.kind === "ended")
    return <p class="waiting">Asking the agent …</p>;
  return (
    <QuestionCard channel={channel} question={drawn.question} view={drawn.view} isAway={state !== "open"} level={2} />
  );
}
