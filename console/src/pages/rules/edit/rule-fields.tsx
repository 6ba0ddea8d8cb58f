import type { RuleText } from "../../../logic/rules/rule-text.ts";
import { TextField } from "../../../parts/form/text-field.tsx";

interface RuleFieldsProps {
  readonly text: RuleText;
  /** Whether the rule can still be named. */
  readonly isNew: boolean;
  readonly onChange: (part: Partial<RuleText>) => void;
}

/** What a rule says besides its pattern and its targets. */
export function RuleFields({ text, isNew, onChange }: RuleFieldsProps) {
  return (
    <div class="form entry">
      <TextField
        label="Name"
        value={text.name}
        example="big-orders"
        isFixed={!isNew}
        onInput={(name) => onChange({ name })}
      />
      <TextField label="Bus" value={text.bus} example="default" isFixed={!isNew} onInput={(bus) => onChange({ bus })} />
      <TextField
        label="Description"
        value={text.description}
        example="what it is for"
        onInput={(description) => onChange({ description })}
      />
      <TextField
        label="Schedule, on the default bus"
        value={text.schedule}
        example="rate(5 minutes)"
        onInput={(schedule) => onChange({ schedule })}
      />
      <label>
        State
        <select
          value={text.isEnabled ? "enabled" : "disabled"}
          onChange={({ currentTarget }) => onChange({ isEnabled: currentTarget.value === "enabled" })}
        >
          <option>enabled</option>
          <option>disabled</option>
        </select>
      </label>
    </div>
  );
}
