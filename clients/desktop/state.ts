// What changes outside of the page, for its components: the state of the channel, a question, the time.
import { useEffect, useState } from "preact/hooks";
import type { Channel, ChannelState } from "./channel.ts";
import { openQuestion, type Question, type QuestionView } from "./question.ts";

export function useChannelState(channel: Channel): ChannelState {
  const [state, setState] = useState(channel.state);
  useEffect(() => channel.onState(setState), [channel]);
  return state;
}

/** A question for as long as it is drawn. */
export function useQuestion(channel: Channel, prompt: string): { question: Question; view: QuestionView } | undefined {
  const [drawn, setDrawn] = useState<{ question: Question; view: QuestionView }>();
  useEffect(() => {
    const question = openQuestion(channel, prompt);
    question.onView((view) => setDrawn({ question, view }));
    return question.close;
  }, [channel, prompt]);
  return drawn;
}

const TICK_MS = 1_000;

/** Milliseconds until a time of the agent's clock, anew each second. Below zero after it. */
export function useLeftMs(channel: Channel, until: string): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return Date.parse(until) - now - channel.aheadMs;
}
