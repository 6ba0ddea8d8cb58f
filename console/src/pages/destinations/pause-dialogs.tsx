import { useState } from "preact/hooks";
import type { PauseAnswer } from "../../../../src/admin-api/destinations/paused.ts";
import { useMe } from "../../api/me.ts";
import { send } from "../../api/request.ts";
import { Confirm } from "../../parts/dialog/confirm.tsx";

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
function pausePath(destination: string) {
  return `paused/${destination.split("/").map(encodeURIComponent).join("/")}` as `paused/${string}/${string}`;
}
