import { useEffect, useState } from "preact/hooks";
import type { DeadLetterCountAnswer } from "../../../../src/admin-api/queues/dead-letters.ts";
import type { JobAnswer } from "../../../../src/admin-api/queues/jobs.ts";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { counted } from "../../logic/text/numbers.ts";
import { planSentences, type RedrivePlan } from "../../logic/queues/redrive.ts";
import { Dialog } from "../../parts/dialog/dialog.tsx";
import { Failure } from "../../parts/state-views.tsx";
import type { CanaryState } from "./canary.tsx";
import { Canary } from "./canary.tsx";

type Stage =
  | { readonly is: "counting" }
  | { readonly is: "planned"; readonly plan: DeadLetterCountAnswer }
  | { readonly is: "trying"; readonly job: JobAnswer; readonly others: number }
  | { readonly is: "failed"; readonly problem: Problem };

interface RedriveDialogProps {
  readonly plan: RedrivePlan;
  readonly what: string;
  readonly onClose: (isChanged: boolean) => void;
}

/**
 * Says what a redrive will do before it does it. It may redrive one first and show what becomes of it. The redrive itself is
 * a job, which the page shows.
 */
export function RedriveDialog({ plan: { queue, query }, what, onClose }: RedriveDialogProps) {
  const [to, setTo] = useState<"target" | "bus">("target");
  const [rate, setRate] = useState("");
  const [stage, setStage] = useState<Stage>({ is: "counting" });
  const [canary, setCanary] = useState<CanaryState>();
  const [isAsking, setAsking] = useState(false);
  const path = `dead-letters/${encodeURIComponent(queue)}` as const;
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      const problem = problemFrom(error);
      setStage({ is: "failed", problem });
    }
  };
  useEffect(() => {
    let isOld = false;
    setStage({ is: "counting" });
    void attempt(async () => {
      const plan = await send("POST", `${path}/count`, { query: { ...query, to }, body: {} });
      if (!isOld) setStage({ is: "planned", plan });
    });
    return () => {
      isOld = true;
    };
  }, [to]);
  const start = (bounds: { readonly limit?: number; readonly ratePerSecond?: string }) =>
    send("POST", `${path}/redrive`, { query: { ...query, to, ...bounds }, body: {} });
  const once = (work: () => Promise<void>) => {
    setAsking(true);
    void attempt(work).finally(() => setAsking(false));
  };
  const tryOne = () => once(async () => setStage({ is: "trying", job: await start({ limit: 1 }), others: count - 1 }));
  const run = () =>
    once(async () => {
      await start({ ratePerSecond: rate });
      onClose(true);
    });
  const isChanged = stage.is === "trying" || stage.is === "failed";
  const count = stage.is === "planned" ? stage.plan.selected : stage.is === "trying" ? stage.others : 0;
  const isChoosing = stage.is === "counting" || stage.is === "planned";
  const isReady = stage.is === "planned" || (stage.is === "trying" && canary !== undefined);
  return (
    <Dialog title={`Redrive ${what}`} onClose={() => onClose(isChanged)}>
      {isChoosing && (
        <fieldset class="choices">
          <legend class="unseen">Where to</legend>
          <label class="check">
            <input type="radio" name="to" checked={to === "target"} onChange={() => setTo("target")} /> to its target
          </label>
          <label class="check">
            <input type="radio" name="to" checked={to === "bus"} onChange={() => setTo("bus")} /> to its event bus
          </label>
        </fieldset>
      )}
      {stage.is !== "failed" && (
        <label>
          Most dead letters a second
          <input
            type="number"
            min={1}
            max={10_000}
            placeholder="no limit"
            value={rate}
            onInput={({ currentTarget }) => setRate(currentTarget.value)}
          />
        </label>
      )}
      <div role="status" class="sentences">
        {stage.is === "counting" && <p>Counting …</p>}
        {stage.is === "planned" && planSentences(stage.plan, to).map((text) => <p key={text}>{text}</p>)}
        {stage.is === "trying" && <Canary job={stage.job} onState={setCanary} />}
      </div>
      {stage.is === "failed" && <Failure problem={stage.problem} />}
      <div class="dialog-actions">
        <button onClick={() => onClose(isChanged)}>{isChanged ? "Close" : "Cancel"}</button>
        {stage.is === "planned" && count > 1 && (
          <button disabled={isAsking} onClick={tryOne}>
            Redrive one first
          </button>
        )}
        {stage.is !== "failed" && (
          <button class="primary" disabled={!isReady || isAsking || count === 0} onClick={run}>
            {count === 0
              ? "Redrive"
              : stage.is === "trying"
                ? `Redrive the other ${counted(count, "dead letter")}`
                : `Redrive ${counted(count, "dead letter")}`}
          </button>
        )}
      </div>
    </Dialog>
  );
}
