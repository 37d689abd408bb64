// A choice among a few, each with its words.

type SelectProps<Value extends string> = {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly onChosen: (value: Value) => void;
  readonly id?: string;
};

export function Select<Value extends string>({ label, value, options, onChosen, id }: SelectProps<Value>) {
  return (
    <label>
      {label}
      <select id={id} value={value} onChange={({ currentTarget }) => onChosen(currentTarget.value as Value)}>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
