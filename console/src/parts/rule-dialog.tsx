import { targetPath, type ListedRule } from "../logic/rules.ts";
import { indentedExactly } from "../logic/sandbox.ts";
import { pathTo } from "../shell/paths.ts";
import { Dialog } from "./dialog.tsx";
import { OpenInSandbox } from "./open-in-sandbox.tsx";
import { Payload } from "./payload.tsx";

/** A rule with its event pattern and all of its targets. */
export function RuleDialog({ rule, onClose }: { rule: ListedRule; onClose: () => void }) {
  const { bus, name, description, state, eventPattern, hasConditions, targets } = rule;
  return (
    <Dialog title={`${bus}/${name}`} onClose={onClose}>
      {description !== undefined && <p>{description}</p>}
      {state === "DISABLED" && <p>The rule is disabled: it matches nothing.</p>}
      <Payload text={indentedExactly(eventPattern)} label="Event pattern" />
      {hasConditions && <p class="soft">Its conditions have to be met as well. The sandbox does not evaluate them.</p>}
      <ul aria-label="Targets">
        {targets.map((target) => (
          <li key={target.id}>
            {target.id} →{" "}
            <a href={pathTo(targetPath(target))} onClick={onClose}>
              {target.kind}/{target.name}
            </a>
            {target.input !== "event" && <span class="soft"> with an input of its own</span>}
          </li>
        ))}
        {targets.length === 0 && <li class="soft">It has no target.</li>}
      </ul>
      <div class="dialog-actions">
        <OpenInSandbox draft={() => ({ pattern: eventPattern, bus })} />
        <button onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}
