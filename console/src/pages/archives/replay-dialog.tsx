import { useState } from "preact/hooks";
import type { ReplayCountAnswer } from "../../../../src/admin-api/replays/replays.ts";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { countSentences, draftOf, type ReplayDraft, selectionOf } from "../../logic/replays/replay.ts";
import { counted } from "../../logic/text/numbers.ts";
import { Dialog } from "../../parts/dialog/dialog.tsx";
import { TextField } from "../../parts/form/text-field.tsx";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { Failure } from "../../parts/state-views.tsx";

type Stage =
  | { readonly is: "drafting" | "counting" | "starting" }
  | { readonly is: "counted"; readonly count: ReplayCountAnswer }
  | { readonly is: "failed"; readonly problem: Problem };

interface ReplayDialogProps {
  readonly archive: string;
  readonly onClose: (isStarted: boolean) => void;
}

/** Says what a replay will do before it is started. The replay itself is a job, which the page of replays shows. */
export function ReplayDialog({ archive, onClose }: ReplayDialogProps) {
  const [draft, setDraft] = useState(() => draftOf(archive, Date.now()));
  const [rate, setRate] = useState("");
  const [stage, setStage] = useState<Stage>({ is: "drafting" });
  const on = { kind: "archive", name: archive } as const;
  const path = `archives/${encodeURIComponent(archive)}/replays` as const;
  // What was counted is not what would be started any more.
  const change = (part: Partial<ReplayDraft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setStage({ is: "drafting" });
  };
  const ask = async (is: "counting" | "starting", work: () => Promise<void>) => {
    setStage({ is });
    try {
      await work();
    } catch (error) {
      setStage({ is: "failed", problem: problemFrom(error) });
    }
  };
  const count = () =>
    void ask("counting", async () => {
      const counted = await send("POST", `${path}/count`, { query: selectionOf(draft), body: {} });
      setStage({ is: "counted", count: counted });
    });
  const start = () =>
    void ask("starting", async () => {
      const ratePerSecond = rate === "" ? {} : { ratePerSecond: rate };
      await send("POST", path, { query: { ...selectionOf(draft), ...ratePerSecond }, body: {} });
      onClose(true);
    });
  const isBusy = stage.is === "counting" || stage.is === "starting";
  return (
    <Dialog title={`Replay ${archive}`} onClose={() => onClose(false)}>
      <TextField label="Name" value={draft.name} onInput={(name) => change({ name })} />
      <TextField
        label="Events from"
        value={draft.from}
        example="2026-01-31T12:00:00Z"
        onInput={(from) => change({ from })}
      />
      <TextField label="Events to" value={draft.to} example="2026-01-31T13:00:00Z" onInput={(to) => change({ to })} />
      <TextField label="Only these rules" value={draft.rules} example="all" onInput={(rules) => change({ rules })} />
      <label class="check">
        <input
          type="checkbox"
          checked={draft.onlyUndelivered}
          onChange={({ currentTarget }) => change({ onlyUndelivered: currentTarget.checked })}
        />
        only where the journal has no success
      </label>
      {draft.onlyUndelivered && (
        <label class="check">
          <input
            type="checkbox"
            checked={draft.unknownToo}
            onChange={({ currentTarget }) => change({ unknownToo: currentTarget.checked })}
          />
          and where it cannot say
        </label>
      )}
      <label>
        Most events a second
        <input
          type="number"
          min={1}
          max={10_000}
          placeholder="no limit"
          value={rate}
          onInput={({ currentTarget }) => setRate(currentTarget.value)}
        />
      </label>
      <div role="status" class="sentences">
        {stage.is === "counting" && <p>Counting …</p>}
        {stage.is === "counted" && countSentences(stage.count).map((text) => <p key={text}>{text}</p>)}
      </div>
      {stage.is === "failed" && <Failure problem={stage.problem} />}
      <div class="dialog-actions">
        <button onClick={() => onClose(false)}>Cancel</button>
        <GuardedButton action="busbar:CountReplay" on={on} disabled={isBusy} onClick={count}>
          Count
        </GuardedButton>
        <GuardedButton
          action="events:StartReplay"
          on={on}
          class="primary"
          disabled={stage.is !== "counted" || stage.count.events === 0}
          onClick={start}
        >
          {stage.is === "counted" && stage.count.events > 0
            ? `Replay ${counted(stage.count.events, "event")}`
            : "Replay"}
        </GuardedButton>
      </div>
    </Dialog>
  );
}
