import { useEffect, useState } from "preact/hooks";
import type { DeadLetterCountAnswer, RedriveAnswer } from "../../../../src/admin-api/dead-letters.ts";
import { ApiError, type Problem } from "../../api/problem.ts";
import { lines, send } from "../../api/request.ts";
import { counted } from "../../logic/numbers.ts";
import { planSentences, resultSentences, type RedrivePlan } from "../../logic/redrive.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failure } from "../../parts/state-views.tsx";

type RedriveLine = Partial<RedriveAnswer> & { readonly redriven: number };

type Stage =
  | { readonly is: "counting" }
  | { readonly is: "planned"; readonly plan: DeadLetterCountAnswer }
  | { readonly is: "running"; readonly redriven: number }
  | { readonly is: "done"; readonly result: RedriveAnswer }
  | { readonly is: "failed"; readonly problem: Problem };

interface RedriveDialogProps {
  readonly plan: RedrivePlan;
  readonly what: string;
  readonly onClose: (isChanged: boolean) => void;
}

/** Says what a redrive will do before it does it, and then how far it is. */
export function RedriveDialog({ plan: { queue, query }, what, onClose }: RedriveDialogProps) {
  const [to, setTo] = useState<"target" | "bus">("target");
  const [rate, setRate] = useState("");
  const [stage, setStage] = useState<Stage>({ is: "counting" });
  const path = `dead-letters/${encodeURIComponent(queue)}`;
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      const problem = error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) };
      setStage({ is: "failed", problem });
    }
  };
  useEffect(() => {
    let isOld = false;
    setStage({ is: "counting" });
    void attempt(async () => {
      const plan = await send<DeadLetterCountAnswer>("POST", `${path}/count`, { query: { ...query, to }, body: {} });
      if (!isOld) setStage({ is: "planned", plan });
    });
    return () => {
      isOld = true;
    };
  }, [to]);
  const run = () =>
    attempt(async () => {
      setStage({ is: "running", redriven: 0 });
      let last: RedriveLine | undefined;
      await lines(`${path}/redrive`, { ...query, to, ratePerSecond: rate }, (line) => {
        last = line as RedriveLine;
        setStage({ is: "running", redriven: last.redriven });
      });
      if (last?.end === undefined) throw new Error("The answer broke off. Some may have been redriven.");
      setStage({ is: "done", result: last as RedriveAnswer });
    });
  const isRunning = stage.is === "running";
  const close = () => {
    if (!isRunning) onClose(stage.is === "done" || stage.is === "failed");
  };
  const count = stage.is === "planned" ? stage.plan.selected : 0;
  return (
    <Dialog title={`Redrive ${what}`} onClose={close}>
      {(stage.is === "counting" || stage.is === "planned") && (
        <>
          <fieldset class="choices">
            <legend class="unseen">Where to</legend>
            <label class="check">
              <input type="radio" name="to" checked={to === "target"} onChange={() => setTo("target")} /> to its target
            </label>
            <label class="check">
              <input type="radio" name="to" checked={to === "bus"} onChange={() => setTo("bus")} /> to its event bus
            </label>
          </fieldset>
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
        </>
      )}
      <div role="status" class="sentences">
        {stage.is === "counting" && <p>Counting …</p>}
        {stage.is === "planned" && planSentences(stage.plan, to).map((text) => <p key={text}>{text}</p>)}
        {stage.is === "running" && <p>{counted(stage.redriven, "dead letter")} redriven so far …</p>}
        {stage.is === "done" && resultSentences(stage.result).map((text) => <p key={text}>{text}</p>)}
      </div>
      {stage.is === "failed" && <Failure problem={stage.problem} />}
      <div class="dialog-actions">
        <button onClick={close} disabled={isRunning}>
          {stage.is === "done" || stage.is === "failed" ? "Close" : "Cancel"}
        </button>
        {stage.is !== "done" && stage.is !== "failed" && (
          <button class="primary" disabled={count === 0} onClick={() => void run()}>
            {count === 0 ? "Redrive" : `Redrive ${counted(count, "dead letter")}`}
          </button>
        )}
      </div>
    </Dialog>
  );
}
