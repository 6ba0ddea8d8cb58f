import { useMemo } from "preact/hooks";
import { targetArn } from "../../../../../src/domain/arn.ts";
import { labelled } from "../../../api/may.ts";
import { useMe } from "../../../api/me.ts";
import { useAnswer } from "../../../api/use-answer.ts";
import { NO_TARGET, TARGETS_MAX, type TargetText } from "../../../logic/rules/rule-text.ts";
import { TextField } from "../../../parts/form/text-field.tsx";

const ARNS = "known-arns";

interface TargetFieldsProps {
  readonly targets: readonly TargetText[];
  readonly onChange: (targets: readonly TargetText[]) => void;
}

/** Where the rule sends what it matches. */
export function TargetFields({ targets, onChange }: TargetFieldsProps) {
  const arns = useKnownArns();
  const change = (index: number, part: Partial<TargetText>) =>
    onChange(targets.map((target, at) => (at === index ? { ...target, ...part } : target)));
  return (
    <section aria-labelledby="rule-targets">
      <div class="section-head">
        <h2 id="rule-targets">Targets</h2>
        <button
          type="button"
          disabled={targets.length >= TARGETS_MAX}
          onClick={() => onChange([...targets, { ...NO_TARGET, id: freeId(targets) }])}
        >
          Add a target
        </button>
      </div>
      <datalist id={ARNS}>
        {arns.map((arn) => (
          <option key={arn} value={arn} />
        ))}
      </datalist>
      {targets.length === 0 && <p class="soft">It has none: what it matches goes nowhere.</p>}
      <ol class="target-fields">
        {targets.map((target, index) => (
          <li key={index} class="form">
            <TargetRow
              target={target}
              onChange={(part) => change(index, part)}
              onRemove={() => onChange(targets.filter((_, at) => at !== index))}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

interface TargetRowProps {
  readonly target: TargetText;
  readonly onChange: (part: Partial<TargetText>) => void;
  readonly onRemove: () => void;
}

function TargetRow({ target: { id, arn, others }, onChange, onRemove }: TargetRowProps) {
  return (
    <>
      <TextField label="Id" value={id} onInput={(text) => onChange({ id: text })} />
      <TextField
        label="ARN"
        value={arn}
        example="arn:aws:lambda:us-east-1:000000000000:function:NAME"
        list={ARNS}
        onInput={(text) => onChange({ arn: text })}
      />
      <label>
        Other members, JSON: InputPath, InputTransformer, RetryPolicy, DeadLetterConfig …
        <textarea
          value={others}
          rows={Math.min(12, others.split("\n").length)}
          spellcheck={false}
          onInput={({ currentTarget }) => onChange({ others: currentTarget.value })}
        />
      </label>
      <button type="button" class="quiet" onClick={onRemove}>
        Remove<span class="unseen"> target {id}</span>
      </button>
    </>
  );
}

/** The ARNs of what the configuration has, to choose from. Any other can be typed. */
function useKnownArns(): readonly string[] {
  const me = useMe();
  const destinations = useAnswer("destinations").answer?.destinations;
  const queues = useAnswer("queues").answer?.queues;
  return useMemo(() => {
    if (me === undefined) return [];
    const named = (destinations ?? []).map(({ destination }) => targetArn(me, labelled(destination)));
    const ofUsers = (queues ?? []).filter(({ name }) => !name.startsWith("busbar."));
    return [...named, ...ofUsers.map(({ name }) => targetArn(me, { kind: "queue", name }))];
  }, [me, destinations, queues]);
}

/** The first number that is no id yet. */
function freeId(targets: readonly TargetText[]): string {
  const ids = new Set(targets.map(({ id }) => id));
  let number = 1;
  while (ids.has(String(number))) number++;
  return String(number);
}
