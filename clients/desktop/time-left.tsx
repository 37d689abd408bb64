// The time until the question ends. The agent's clock decides; the page only shows it.
import { useEffect } from "preact/hooks";
import type { Channel } from "./channel.ts";
import type { Prompt } from "./prompt.ts";
import { useLeftMs } from "./state.ts";

/** Seconds at which a screen reader is told. */
const SPOKEN_S = [60, 30, 10];

export function TimeLeft({ channel, prompt, onOver }: { channel: Channel; prompt: Prompt; onOver: () => void }) {
  const leftS = Math.max(0, Math.ceil(useLeftMs(channel, prompt.expiresAt) / 1_000));
  const isOver = leftS === 0;
  // Whether it is over is the agent's to say. Its notice may have been lost.
  useEffect(() => {
    if (isOver) onOver();
  }, [isOver, onOver]);
  return (
    <p class="left">
      <span role="timer">{timeText(leftS)} left</span>
      <span class="unseen" role="status">
        {SPOKEN_S.includes(leftS) ? `${leftS} seconds left` : ""}
      </span>
    </p>
  );
}

export const timeText = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
