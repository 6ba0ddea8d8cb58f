import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A text that a list is filtered by. */
export interface FilterField<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly example?: string;
}

interface FilterFormProps<Name extends string, Filter> {
  readonly fields: readonly FilterField<Name>[];
  /** What is in force. What was typed and not used is gone when it changes. */
  readonly filter: Filter;
  readonly onUse: (filter: Filter) => void;
  readonly onClear: () => void;
  /** What is chosen, and not typed, besides. */
  readonly choices?: (draft: Filter, change: (part: Partial<Filter>) => void) => ComponentChildren;
}

/** The form above a list: what is typed is used by Enter or the button. */
export function FilterForm<Name extends string, Filter extends Readonly<Partial<Record<Name, string>>>>({
  fields,
  filter,
  onUse,
  onClear,
  choices,
}: FilterFormProps<Name, Filter>) {
  const [draft, setDraft] = useState(filter);
  const inForce = JSON.stringify(filter);
  useEffect(() => setDraft(filter), [inForce]);
  const change = (part: Partial<Filter>) => setDraft((before) => ({ ...before, ...part }));
  return (
    <form
      class="filter"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        onUse(draft);
      }}
    >
      {fields.map(({ name, label, example }, index) => (
        <label key={name}>
          {label}
          <input
            value={draft[name] ?? ""}
            placeholder={example}
            autoComplete="off"
            spellcheck={false}
            {...(index === 0 ? { "data-filter": true } : {})}
            onInput={({ currentTarget }) => setDraft((before) => ({ ...before, [name]: currentTarget.value }))}
          />
        </label>
      ))}
      {choices?.(draft, change)}
      <div class="actions">
        <button class="primary" type="submit">
          Filter
        </button>
        <button type="button" onClick={onClear} disabled={inForce === "{}"}>
          Clear
        </button>
      </div>
    </form>
  );
}
