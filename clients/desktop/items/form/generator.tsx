// A small panel beside a concealed field, which makes a password. The agent makes it, by the recipe that the person chooses. What was made is in
// this page's memory until the panel closes.
import { useId, useState } from "preact/hooks";
import type { PasswordRecipe } from "../../../typescript/generated.ts";
import type { Channel } from "../../channel.ts";
import { faultText } from "../../fault-text.ts";
import { ValueText } from "../value-text.tsx";
import { type Chosen, FIRST, kinds, rangeOf, recipeOf, separators, wordLists } from "./recipe.ts";
import { Select } from "./select.tsx";

type GeneratorProps = {
  readonly channel: Channel;
  /** The name of the field. */
  readonly name: string;
  readonly onMade: (password: string) => void;
};

export function Generator({ channel, name, onMade }: GeneratorProps) {
  const [chosen, setChosen] = useState(FIRST);
  const [made, setMade] = useState<string>();
  const [fault, setFault] = useState<string>();
  const make = async () => {
    const recipe = recipeOf(chosen);
    if (typeof recipe === "string") return setFault(recipe);
    setFault(undefined);
    try {
      setMade(await madeBy(channel, recipe));
    } catch (error) {
      setFault(faultText(error));
    }
  };
  const choose = (part: Partial<Chosen>) => {
    setMade(undefined);
    setFault(undefined);
    setChosen({ ...chosen, ...part });
  };
  return (
    <fieldset
      class="panel"
      onKeyDown={(event) => {
        // The return key would save the item.
        if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
        event.preventDefault();
        make();
      }}
    >
      <legend>Generate a value for {name}</legend>
      <Recipe chosen={chosen} onChosen={choose} />
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      <div role="status">{made !== undefined && <ValueText text={made} />}</div>
      <button type="button" onClick={make}>
        {made === undefined ? "Make one" : "Make another one"}
      </button>
      {made !== undefined && (
        <button type="button" onClick={() => onMade(made)}>
          Use it
        </button>
      )}
    </fieldset>
  );
}

const madeBy = async (channel: Channel, recipe: PasswordRecipe): Promise<string> =>
  (await channel.call("secrets.generatePassword", { recipe })).password;

type RecipeProps = { readonly chosen: Chosen; readonly onChosen: (part: Partial<Chosen>) => void };

function Recipe({ chosen, onChosen }: RecipeProps) {
  const id = useId();
  const { min, max } = rangeOf(chosen.kind);
  return (
    <div class="filter">
      <Select label="Kind" value={chosen.kind} options={kinds} onChosen={(kind) => onChosen({ kind })} />
      <div>
        <label for={id}>
          {chosen.kind === "Memorable" ? "Words" : "Length"}, {min} to {max}
        </label>
        <input
          id={id}
          type="number"
          min={min}
          max={max}
          value={chosen.counts[chosen.kind]}
          onInput={({ currentTarget }) =>
            onChosen({ counts: { ...chosen.counts, [chosen.kind]: currentTarget.value } })
          }
        />
      </div>
      {chosen.kind === "Random" && (
        <>
          <Tick label="digits" isOn={chosen.hasDigits} onChosen={(hasDigits) => onChosen({ hasDigits })} />
          <Tick label="symbols" isOn={chosen.hasSymbols} onChosen={(hasSymbols) => onChosen({ hasSymbols })} />
        </>
      )}
      {chosen.kind === "Memorable" && (
        <>
          <Select label="Made of" value={chosen.words} options={wordLists} onChosen={(words) => onChosen({ words })} />
          <Select
            label="Between them"
            value={chosen.separator}
            options={separators}
            onChosen={(separator) => onChosen({ separator })}
          />
          <Tick label="one in capitals" isOn={chosen.isCapital} onChosen={(isCapital) => onChosen({ isCapital })} />
        </>
      )}
    </div>
  );
}

function Tick({ label, isOn, onChosen }: { label: string; isOn: boolean; onChosen: (isOn: boolean) => void }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={isOn} onChange={({ currentTarget }) => onChosen(currentTarget.checked)} />
      {label}
    </label>
  );
}
