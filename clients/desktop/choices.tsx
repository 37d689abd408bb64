// How much and for how long a yes is. Only what fits the question is offered; the agent says so, and looks nothing up for it.
import { useEffect, useState } from "preact/hooks";
import { alone, choiceWords, lengths, widths, withLength, withWidth, withWriting } from "./choice.ts";
import type { Asking, Question } from "./question.ts";

type Fitting = Readonly<Record<keyof typeof alone, boolean>>;

/** The choices that fit a question. Undefined until the agent has said so. */
function useFitting(question: Question, prompt: string): Fitting | undefined {
  const [fitting, setFitting] = useState<Fitting>();
  useEffect(() => {
    const tried = Object.entries(alone).map(async ([name, choice]) => [name, await question.fits(choice)] as const);
    Promise.all(tried).then((found) => setFitting(Object.fromEntries(found) as Fitting));
  }, [question, prompt]);
  return fitting;
}

export function Choices({ question, view, isStill }: { question: Question; view: Asking; isStill: boolean }) {
  const { choice, prompt } = view;
  const fitting = useFitting(question, prompt.prompt);
  // The process of such a question can be held to no grant, so a yes is for one request, whatever is chosen.
  const offered = widths.filter(([key]) => key === "asked" || fitting?.[key] === true);
  const durations = lengths.filter(([key]) => key !== "application" || fitting?.application === true);
  const length = choice.holder !== undefined ? "application" : (choice.lasts ?? "usual");
  return (
    <fieldset class="choices" disabled={isStill}>
      <legend class="unseen">How much, and for how long</legend>
      {offered.length > 1 && (
        <label>
          How much
          <select
            value={choice.width ?? "asked"}
            onChange={({ currentTarget }) => question.choose(withWidth(choice, currentTarget.value))}
          >
            {offered.map(([key, words]) => (
              <option value={key}>{words}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        For how long
        <select
          value={length}
          onChange={({ currentTarget }) => question.choose(withLength(choice, currentTarget.value))}
        >
          {durations.map(([key, words]) => (
            <option value={key}>{words}</option>
          ))}
        </select>
      </label>
      {fitting?.write === true && (
        <label class="tick">
          <input
            type="checkbox"
            checked={choice.verb === "write"}
            onChange={({ currentTarget }) => question.choose(withWriting(choice, currentTarget.checked))}
          />
          change it too
        </label>
      )}
      {prompt.offered !== undefined && choiceWords(prompt.offered) !== choiceWords(choice) && (
        <button type="button" class="link" onClick={() => question.choose(prompt.offered ?? {})}>
          Choose {choiceWords(prompt.offered)}
        </button>
      )}
    </fieldset>
  );
}
