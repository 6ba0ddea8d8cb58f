import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { deleteRule, switchRule } from "../../api/rule-changes.ts";
import { editPath, targetPath, type ListedRule } from "../../logic/rules/rules.ts";
import { isGettingPast, pastSentence, type RulePast } from "../../logic/rules/rule-past.ts";
import { indentedExactly } from "../../logic/event/sandbox.ts";
import { pathTo } from "../../shell/paths.ts";
import { Confirm } from "../../parts/dialog/confirm.tsx";
import { Dialog } from "../../parts/dialog/dialog.tsx";
import { OpenInSandbox } from "../../parts/event/open-in-sandbox.tsx";
import { Payload } from "../../parts/event/payload.tsx";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { Failure } from "../../parts/state-views.tsx";
import { Ago, Moment } from "../../parts/time.tsx";

interface RuleDialogProps {
  readonly rule: ListedRule;
  /** @param isChanged whether the rule is not what it was. */
  readonly onClose: (isChanged?: boolean) => void;
}

/** A rule with its event pattern and all of its targets, and what can be done to it. */
export function RuleDialog({ rule, onClose }: RuleDialogProps) {
  const { bus, name, description, state, eventPattern, scheduleExpression, past, hasConditions, targets, place } = rule;
  const { createdAtMs, changedAtMs } = rule;
  const [isDeleting, setDeleting] = useState(false);
  const isManaged = targets.some(({ kind }) => kind === "archive");
  const close = () => onClose();
  if (isDeleting) return <DeleteDialog rule={rule} onClose={onClose} />;
  return (
    <Dialog title={`${bus}/${name}`} onClose={close}>
      {description !== undefined && <p>{description}</p>}
      {state === "DISABLED" && <p>The rule is disabled: it matches nothing.</p>}
      {scheduleExpression !== undefined && (
        <p>
          Its targets get an event of its own at <code>{scheduleExpression}</code>.
        </p>
      )}
      {past !== undefined && <Past past={past} onLeave={close} />}
      {eventPattern !== undefined && <Payload text={indentedExactly(eventPattern)} label="Event pattern" />}
      {hasConditions && <p class="soft">Its conditions have to be met as well. The sandbox does not evaluate them.</p>}
      <ul aria-label="Targets">
        {targets.map((target) => (
          <li key={target.id}>
            {target.id} →{" "}
            {target.isGone === true ? (
              <>
                {target.kind}/{target.name}, which does not exist: each delivery becomes a dead letter
              </>
            ) : (
              <a href={pathTo(targetPath(target))} onClick={close}>
                {target.kind}/{target.name}
              </a>
            )}
            {target.delaySeconds !== undefined && <span class="soft"> after {target.delaySeconds} s</span>}
            {target.batch !== undefined && <span class="soft"> in batches of up to {target.batch.size}</span>}
            {target.input !== "event" && <span class="soft"> with an input of its own</span>}
          </li>
        ))}
        {targets.length === 0 && <li class="soft">It has no target.</li>}
      </ul>
      {isManaged && <p class="soft">It brings events to the archive, which manages it: nobody else changes it.</p>}
      {place !== undefined && !isManaged && (
        <p class="soft">
          A file has it, and it is changed there: <code>{place}</code>
        </p>
      )}
      {createdAtMs !== undefined && changedAtMs !== undefined && (
        <p class="soft">
          Made over the API <Ago atMs={createdAtMs} />, last changed <Ago atMs={changedAtMs} />.{" "}
          <a href={pathTo("audit")} onClick={close}>
            The audit
          </a>{" "}
          says by whom.
        </p>
      )}
      <div class="dialog-actions">
        {place === undefined && !isManaged && (
          <RuleActions rule={rule} onDelete={() => setDeleting(true)} onClose={onClose} />
        )}
        {eventPattern !== undefined && <OpenInSandbox draft={() => ({ pattern: eventPattern, bus })} />}
        <button onClick={close}>Close</button>
      </div>
    </Dialog>
  );
}

/** How far a rule is with what it gets before anything new. */
function Past({ past, onLeave }: { readonly past: RulePast; readonly onLeave: () => void }) {
  const { readTo } = past;
  return (
    <p>
      {pastSentence(past)}
      {readTo !== undefined && isGettingPast(past) && (
        <>
          {" "}
          Read so far: what was accepted until <Moment atMs={Date.parse(readTo)} />.
        </>
      )}{" "}
      <a href={pathTo("replays")} onClick={onLeave}>
        Replays
      </a>
    </p>
  );
}

/** What can be done to a rule that was made over the API. */
function RuleActions({ rule, onDelete, onClose }: RuleDialogProps & { readonly onDelete: () => void }) {
  const { bus, name, state } = rule;
  const [problem, setProblem] = useState<Problem>();
  const on = { kind: "rule", bus, name } as const;
  const isOn = state === "ENABLED";
  const turn = () =>
    switchRule(rule, !isOn).then(
      () => onClose(true),
      (error: unknown) => setProblem(problemFrom(error)),
    );
  return (
    <>
      {problem && <Failure problem={problem} />}
      <a class="button" href={pathTo(editPath(rule))} onClick={() => onClose()}>
        Edit
      </a>
      <GuardedButton action={isOn ? "events:DisableRule" : "events:EnableRule"} on={on} onClick={() => void turn()}>
        {isOn ? "Disable" : "Enable"}
      </GuardedButton>
      <GuardedButton action="events:DeleteRule" on={on} onClick={onDelete}>
        Delete
      </GuardedButton>
    </>
  );
}

function DeleteDialog({ rule, onClose }: RuleDialogProps) {
  return (
    <Confirm
      title={`Delete ${rule.bus}/${rule.name}`}
      button="Delete the rule"
      work={() => deleteRule(rule)}
      onClose={onClose}
    >
      <p>
        Its targets are removed first. What it has matched already is delivered all the same; nothing that comes later
        is.
      </p>
    </Confirm>
  );
}
