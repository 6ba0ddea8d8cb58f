import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { useMe } from "../../../api/me.ts";
import { type Problem, problemFrom } from "../../../api/problem.ts";
import { changeRule } from "../../../api/rule-changes.ts";
import {
  awsCommands,
  problemOfRule,
  requestsOf,
  type KeptRule,
  type RuleText,
} from "../../../logic/rules/rule-text.ts";
import { rulesPath } from "../../../logic/rules/rules.ts";
import { CopyButton } from "../../../parts/copy.tsx";
import { GuardedButton } from "../../../parts/guarded-button.tsx";
import { Failure } from "../../../parts/state-views.tsx";
import { pathTo } from "../../../shell/paths.ts";
import { fillSandbox, sandboxDraft } from "../../../shell/sandbox-draft.ts";
import { AgainstEvents } from "../../sandbox/against-events.tsx";
import { PatternAgainstEvent, useReads } from "../../sandbox/pattern-against-event.tsx";
import { RuleFields } from "./rule-fields.tsx";
import { TargetFields } from "./target-fields.tsx";

interface RuleFormProps {
  /** The rule as it was read; undefined for a new one. */
  readonly kept: KeptRule | undefined;
  readonly initial: RuleText;
}

/** A rule's members, its pattern with an event beside it, and its targets. Saved whole, with as few requests as it needs. */
export function RuleForm({ kept, initial }: RuleFormProps) {
  const { route } = useLocation();
  const [text, setText] = useState(initial);
  const [isTried, setTried] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const change = (part: Partial<RuleText>) => setText((before) => ({ ...before, ...part }));
  const { event } = sandboxDraft.value;
  const reads = useReads(event, text.pattern);
  const { readOfPattern } = reads;
  const isPatternWrong = text.pattern.trim() !== "" && !readOfPattern.ok;
  const mistake = problemOfRule(text) ?? (isPatternWrong ? `The pattern ${readOfPattern.reason}` : undefined);
  const save = async () => {
    setTried(true);
    if (mistake !== undefined) return;
    setSaving(true);
    setProblem(undefined);
    const of = { bus: text.bus.trim(), name: text.name.trim() };
    try {
      await changeRule(of, requestsOf(kept, text));
      route(pathTo(rulesPath({ bus: of.bus, rule: of.name })));
    } catch (error) {
      setProblem(problemFrom(error));
      setSaving(false);
    }
  };
  return (
    <form
      noValidate
      onSubmit={(submitted) => {
        submitted.preventDefault();
        void save();
      }}
    >
      <RuleFields text={text} isNew={kept === undefined} onChange={change} />
      <PatternAgainstEvent
        event={event}
        pattern={text.pattern}
        reads={reads}
        onEvent={(typed) => fillSandbox({ event: typed })}
        onPattern={(pattern) => change({ pattern })}
      />
      <AgainstEvents pattern={readOfPattern.ok ? readOfPattern.pattern : undefined} bus={text.bus.trim()} />
      <TargetFields targets={text.targets} onChange={(targets) => change({ targets })} />
      <p id="rule-mistake" class="bad-text" role="status">
        {isTried ? mistake : ""}
      </p>
      {problem && <Failure problem={problem} />}
      <SaveActions text={text} kept={kept} isWhole={mistake === undefined} isSaving={isSaving} />
    </form>
  );
}

interface SaveActionsProps extends Pick<RuleFormProps, "kept"> {
  readonly text: RuleText;
  readonly isWhole: boolean;
  readonly isSaving: boolean;
}

function SaveActions({ text, kept, isWhole, isSaving }: SaveActionsProps) {
  const [bus, name] = [text.bus.trim(), text.name.trim()];
  // Before there is a name, the policies cannot be asked about the rule.
  const on = useMe() !== undefined && name !== "" ? ({ kind: "rule", bus, name } as const) : undefined;
  const commands = isWhole ? awsCommands(requestsOf(kept, text), text) : "";
  return (
    <div class="actions">
      <GuardedButton action="events:PutRule" on={on} class="primary" type="submit" disabled={isSaving}>
        {isSaving ? "Saving …" : "Save the rule"}
      </GuardedButton>
      {commands !== "" && <CopyButton text={() => `${commands}\n`}>Copy as aws commands</CopyButton>}
      <a href={pathTo(rulesPath(name === "" ? {} : { bus, rule: name }))}>Leave it as it is</a>
    </div>
  );
}
