import { useState } from "preact/hooks";
import type { PauseAnswer } from "../../../src/admin-api/paused.ts";
import { useMe } from "../api/me.ts";
import { ApiError, type Problem } from "../api/problem.ts";
import { send } from "../api/request.ts";
import { Dialog } from "./dialog.tsx";
import { Failure } from "./state-views.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly button: string;
  readonly work: () => Promise<unknown>;
  readonly onClose: (isChanged: boolean) => void;
  readonly children: preact.ComponentChildren;
}

/** Asks before something is done, and says why it was not. */
function Confirm({ title, button, work, onClose, children }: ConfirmProps) {
  const [problem, setProblem] = useState<Problem>();
  const [isWorking, setWorking] = useState(false);
  const run = async () => {
    setWorking(true);
    try {
      await work();
      onClose(true);
    } catch (error) {
      setProblem(error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) });
      setWorking(false);
    }
  };
  return (
    <Dialog title={title} onClose={() => onClose(false)}>
      {children}
      {problem && <Failure problem={problem} />}
      <div class="dialog-actions">
        <button onClick={() => onClose(false)}>Cancel</button>
        <button class="primary" disabled={isWorking} onClick={() => void run()}>
          {button}
        </button>
      </div>
    </Dialog>
  );
}

interface PauseDialogProps {
  readonly destination: string;
  readonly onClose: (isChanged: boolean) => void;
}

export function PauseDialog({ destination, onClose }: PauseDialogProps) {
  const by = useMe()?.principal;
  const [reason, setReason] = useState("");
  return (
    <Confirm
      title={`Pause ${destination}`}
      button="Pause"
      work={() => send("PUT", pausePath(destination), { query: { reason, by } })}
      onClose={onClose}
    >
      <p>
        No router calls it any more. Calls that have begun go on. What comes for it waits in its queue, and the waiting
        counts towards the age at which an event expires.
      </p>
      <label>
        Reason
        <input value={reason} maxLength={256} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
      </label>
    </Confirm>
  );
}

export function ResumeDialog({ pause, onClose }: { pause: PauseAnswer; onClose: (isChanged: boolean) => void }) {
  return (
    <Confirm
      title={`Resume ${pause.destination}`}
      button="Resume"
      work={() => send("DELETE", pausePath(pause.destination))}
      onClose={onClose}
    >
      <p>Everything that waits for it is delivered at once, as fast as its concurrency and rate allow.</p>
      {pause.reason !== undefined && <p class="soft">It was paused for this reason: {pause.reason}</p>}
    </Confirm>
  );
}

/** `function/NAME`: the slash stays one. */
function pausePath(destination: string): string {
  return `paused/${destination.split("/").map(encodeURIComponent).join("/")}`;
}
