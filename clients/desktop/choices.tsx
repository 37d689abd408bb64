// How much and for how long a yes is. Only what fits the question is offered; the agent says so, and looks nothing up for it.
import { useEffect, useState } from "preact/hooks";
import {
  alone,
  choiceWords,
  chosenWords,
  lengthOf,
  lengths,
  widths,
  withLength,
  withWidth,
  withWriting,
} from "./choice.ts";
import type { Asking, Question } from "./question.ts";

type Fitting = Readonly<Record<keyof typeof alone, boolean>>;

/**
 * The choices that fit a question. Undefined until the agent has said so. It is asked once the person looks at them: a choice that does not fit is
 * refused, and the log of the account has a record of that.
 */
function useFitting(question: Question, prompt: string, isWanted: boolean): Fitting | undefined {
  const [fitting, setFitting] = useState<Fitting>();
  useEffect(() => {
    if (!isWanted) return;
    const tried = Object.entries(alone).map(async ([name, choice]) => [name, await question.fits(choice)] as const);
    Promise.all(tried).then((found) => setFitting(Object.fromEntries(found) as Fitting));
  }, [question, prompt, isWanted]);
  return fitting;
}

export function Choices({ question, view, isStill }: { question: Question; view: Asking; isStill: boolean }) {
  const { choice, prompt } = view;
  const [isOpen, setOpen] = useState(Object.keys(choice).length > 0);
  const fitting = useFitting(question, prompt.prompt, isOpen);
  const offered = widths.filter(([key]) => key === "asked" || fitting?.[key] === true);
  const durations = lengths.filter(([key]) => key !== "application" || fitting?.application === true);
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {chosenWords(choice)} <span class="soft">– more, or longer</span>
      </summary>
      <fieldset class="choices" disabled={isStill}>
        <legend class="unseen">How much, and for how long</legend>
        {offered.length > 1 && (
          <Select
            label="How much"
            value={choice.width ?? "asked"}
            options={offered}
            onChosen={(key) => question.choose(withWidth(choice, key))}
          />
        )}
        <Select
          label="For how long"
          value={lengthOf(choice)}
          options={durations}
          onChosen={(key) => question.choose(withLength(choice, key))}
        />
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
    </details>
  );
}

type Options = readonly (readonly [string, string])[];

function Select(props: { label: string; value: string; options: Options; onChosen: (key: string) => void }) {
  const { label, value, options, onChosen } = props;
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => onChosen(currentTarget.value)}>
        {options.map(([key, words]) => (
          <option value={key}>{words}</option>
        ))}
      </select>
    </label>
  );
}
