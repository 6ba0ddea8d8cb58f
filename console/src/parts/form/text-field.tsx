interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  /** What could be typed. */
  readonly example?: string;
  readonly isFixed?: boolean;
  /** The id of a list of values to choose from. */
  readonly list?: string;
  readonly onInput: (text: string) => void;
}

/** One line of text for a name or an id, with its label. */
export function TextField({ label, value, example, isFixed = false, list, onInput }: TextFieldProps) {
  return (
    <label>
      {label}
      <input
        value={value}
        placeholder={example}
        readOnly={isFixed}
        list={list}
        autoComplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
    </label>
  );
}
