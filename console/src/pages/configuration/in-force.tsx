import type { ListedConfiguration } from "../../../../src/admin-api/configuration/configurations.ts";
import type { Summary } from "../../../../src/admin-api/history/history.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { configChanges } from "../../../../src/admin-api/configuration/config-changes.ts";
import { counted, countText } from "../../logic/text/numbers.ts";
import { runningAlike } from "../../logic/destinations/routers.ts";
import { ChangeList } from "./change-list.tsx";
import { Failure, Loading } from "../../parts/state-views.tsx";
import { Moment } from "../../parts/time.tsx";

const POLL_MS = 10_000;
const MINUTE_MS = 60_000;
const MINUTES = 15;

/** Which configuration is in force on which routers, what came with it, and what went on before and after. */
export function InForce() {
  const routers = useAnswer("routers", { pollMs: POLL_MS });
  const known = useAnswer("configurations", { pollMs: POLL_MS });
  const alike = routers.answer === undefined ? [] : runningAlike(routers.answer);
  const [newest, before] = known.answer?.configurations ?? [];
  return (
    <section aria-labelledby="in-force">
      <h2 id="in-force">In force now</h2>
      {routers.problem && <Failure problem={routers.problem} onRetry={routers.reload} />}
      {routers.answer === undefined && !routers.problem && <Loading what="what is in force" />}
      {alike.length > 1 && <p>The routers run {alike.length} different configurations.</p>}
      <ul>
        {alike.map(({ digest, sinceMs, rules, routers: running }) => (
          <li key={digest}>
            <code>{digest}</code>, {counted(rules, "rule")}, since <Moment atMs={sinceMs} /> on{" "}
            {running.map(({ id }) => id).join(", ")}
          </li>
        ))}
      </ul>
      {known.problem && <Failure problem={known.problem} onRetry={known.reload} />}
      {newest && before && <Changes newest={newest} before={before} />}
    </section>
  );
}

function Changes({ newest, before }: { newest: ListedConfiguration; before: ListedConfiguration }) {
  const after = useAnswer(newest.hasDocument ? `configurations/${newest.digest}` : undefined);
  const former = useAnswer(before.hasDocument ? `configurations/${before.digest}` : undefined);
  const [old, now] = [former.answer?.document, after.answer?.document];
  const changes = old && now && configChanges(old, now);
  const changedMs = newest.inForce.at(-1)?.sinceMs ?? 0;
  return (
    <div class="came-with">
      <h3>
        What came with <code>{newest.digest}</code>, after <code>{before.digest}</code>
      </h3>
      {changes === undefined && !(newest.hasDocument && before.hasDocument) && (
        <p class="soft">One of the two is too long for the journal, so that they cannot be compared.</p>
      )}
      {changes?.length === 0 && <p class="soft">Nothing that is shown: they differ in what is hidden.</p>}
      {changes && <ChangeList changes={changes} changedMs={changedMs} />}
      <BeforeAndAfter sinceMs={changedMs} />
    </div>
  );
}

/** Rates of the 15 minutes before a configuration came into force, and of those after. */
function BeforeAndAfter({ sinceMs }: { sinceMs: number }) {
  const atMs = Math.floor(sinceMs / MINUTE_MS) * MINUTE_MS;
  const length = MINUTES * MINUTE_MS;
  const query = { fromMs: atMs - length, toMs: atMs + length, stepMs: MINUTE_MS };
  const { answer } = useAnswer("summary", { query, pollMs: MINUTE_MS });
  if (answer === undefined) return null;
  // The minute of the change is neither.
  const former = answer.steps.filter((step) => step.atMs < atMs);
  const later = answer.steps.filter((step) => step.atMs > atMs && step.atMs < Date.now() - MINUTE_MS);
  const rate = (steps: Summary["steps"], name: "accepted" | "unmatched" | "delivered" | "failed") =>
    steps.length === 0 ? "–" : countText(Math.round(steps.reduce((sum, step) => sum + step[name], 0) / steps.length));
  return (
    <p>
      A minute in the {MINUTES} minutes before and after: accepted {rate(former, "accepted")} →{" "}
      {rate(later, "accepted")}, unmatched {rate(former, "unmatched")} → {rate(later, "unmatched")}, delivered{" "}
      {rate(former, "delivered")} → {rate(later, "delivered")}, failed {rate(former, "failed")} →{" "}
      {rate(later, "failed")}.
    </p>
  );
}
