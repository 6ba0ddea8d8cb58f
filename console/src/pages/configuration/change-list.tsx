import { useAnswer } from "../../api/use-answer.ts";
import type { ConfigChange } from "../../../../src/admin-api/configuration/config-changes.ts";
import { counted } from "../../logic/text/numbers.ts";
import { matchedPerMinute, windowsAround } from "../../logic/rules/rule-rates.ts";
import { nowMs } from "../../parts/now.ts";

const POLL_MS = 60_000;
const CHANGES_SHOWN = 100;

interface ChangeListProps {
  readonly changes: readonly ConfigChange[];
  /** When the first router took them over. */
  readonly changedMs: number;
}

/** What changed, entry by entry, and what each rule matched before it and after. */
export function ChangeList({ changes, changedMs }: ChangeListProps) {
  const hasRules = changes.some(({ rule }) => rule !== undefined);
  const { before, after } = windowsAround(changedMs, nowMs.value);
  const flows = hasRules ? "flows" : undefined;
  const former = useAnswer(flows, { query: { atMs: before.atMs } }).answer;
  const later = useAnswer(after.minutes < 1 ? undefined : flows, {
    query: { atMs: after.atMs },
    pollMs: POLL_MS,
  }).answer;
  return (
    <>
      <ul class="misses">
        {changes.slice(0, CHANGES_SHOWN).map(({ what, kind, parts, rule }) => (
          <li key={what}>
            <strong>{what}</strong> {kind === "changed" ? "" : `was ${kind}`}
            {parts.map((part) => (
              <div key={part}>
                <code>{part}</code>
              </div>
            ))}
            {rule !== undefined && (former ?? later) !== undefined && (
              <div class="soft">
                matched a minute: {matchedPerMinute(former, before, rule) ?? "not known"} →{" "}
                {matchedPerMinute(later, after, rule) ?? "not known yet"}
              </div>
            )}
          </li>
        ))}
      </ul>
      {changes.length > CHANGES_SHOWN && (
        <p class="soft">{counted(changes.length - CHANGES_SHOWN, "other change")} left out.</p>
      )}
      {hasRules && (
        <p class="soft note">
          What rules matched is that of the hour before and the hour after, without the ten minutes in which the change
          came.
        </p>
      )}
    </>
  );
}
