// The questions that wait for an answer, of every program.

import type { Channel } from "./channel.ts";
import { endings } from "./ending.ts";
import { QuestionCard } from "./question-card.tsx";
import type { PageProps } from "./standing.ts";
import { useChannelState, useQuestion } from "./state.ts";
import { useStands, Whole } from "./whole.tsx";

export function QuestionsPage(props: PageProps) {
  return (
    <>
      <h1>Questions</h1>
      <Whole {...props} what="What other programs ask for">
        <Open {...props} />
      </Whole>
    </>
  );
}

function Open({ channel, standing }: PageProps) {
  const prompts = useStands(standing)?.prompts ?? [];
  if (prompts.length === 0) return <p class="soft">No program waits for an answer.</p>;
  return (
    <>
      {prompts.map(({ prompt }) => (
        <One key={prompt} channel={channel} prompt={prompt} />
      ))}
    </>
  );
}

function One({ channel, prompt }: { channel: Channel; prompt: string }) {
  const state = useChannelState(channel);
  const drawn = useQuestion(channel, prompt);
  if (drawn === undefined || drawn.view.kind === "waiting") return null;
  if (drawn.view.kind === "ended")
    return (
      <p class="notice" role="status">
        {endings[drawn.view.ending].title}.
      </p>
    );
  return (
    <QuestionCard channel={channel} question={drawn.question} view={drawn.view} isAway={state !== "open"} level={2} />
  );
}
