import { useEffect } from "preact/hooks";
import type { JobAnswer } from "../../../../src/admin-api/queues/jobs.ts";
import { useAnswer } from "../../api/use-answer.ts";
import type { Outcome } from "../../logic/queues/jobs.ts";
import { canaryOutcome, hasEnded, jobSentences } from "../../logic/queues/jobs.ts";
import { deliveryPath } from "../../shell/paths.ts";

const POLL_MS = 1_000;

/** What became of the one dead letter that is redriven before the others; undefined until its job has ended. */
export type CanaryState = Outcome | "nothing redriven";

interface CanaryProps {
  readonly job: JobAnswer;
  readonly onState: (state: CanaryState) => void;
}

/** Follows a redrive of one dead letter to its end, and then its delivery by the journal. */
export function Canary({ job: started, onState }: CanaryProps) {
  const asked = useAnswer(`jobs/${encodeURIComponent(started.id)}`, {
    pollMs: (job) => (job && hasEnded(job) ? undefined : POLL_MS),
  });
  const job = asked.answer ?? started;
  const [id] = job.firstIds;
  const way = useAnswer(id === undefined ? undefined : `deliveries/${encodeURIComponent(id)}`, {
    pollMs: POLL_MS,
  });
  const outcome = way.answer === undefined ? "waiting" : canaryOutcome(way.answer, Date.parse(job.startedAt));
  const state: CanaryState | undefined = id !== undefined ? outcome : hasEnded(job) ? "nothing redriven" : undefined;
  useEffect(() => {
    if (state !== undefined) onState(state);
  }, [state]);
  return (
    <>
      {state === undefined && <p>One dead letter is being redriven …</p>}
      {state === "nothing redriven" && jobSentences(job).map((text) => <p key={text}>{text}</p>)}
      {id !== undefined && (
        <p>
          One was redriven: delivery <a href={deliveryPath(id)}>{id}</a>.
        </p>
      )}
      {state === "waiting" && <p>What becomes of it is not known yet. You need not wait for it.</p>}
      {state === "delivered" && <p>It was delivered. Now the others.</p>}
      {state === "failed again" && <p class="bad-text">It failed again. The others will most likely fail as well.</p>}
    </>
  );
}
