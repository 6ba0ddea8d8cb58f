import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { isFifoQueue } from "../../logic/queues/message.ts";
import { Dialog } from "../../parts/dialog/dialog.tsx";
import { Failure } from "../../parts/state-views.tsx";

const RATE_MAX = 10_000;

interface MoveDialogProps {
  readonly queue: string;
  readonly onClose: (isStarted: boolean) => void;
}

/** Asks where the messages of a queue are to go, and starts the move, which the page then shows. */
export function MoveDialog({ queue, onClose }: MoveDialogProps) {
  const [destination, setDestination] = useState("");
  const [rate, setRate] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setAsking] = useState(false);
  const queues = useAnswer("queues");
  const isFifo = isFifoQueue(queue);
  const others = (queues.answer?.queues ?? []).filter(
    ({ name, origin }) => name !== queue && origin !== "busbar" && isFifoQueue(name) === isFifo,
  );
  const start = async () => {
    setAsking(true);
    setProblem(undefined);
    try {
      const query = {
        ...(destination === "" ? {} : { destination }),
        ...(rate === "" ? {} : { ratePerSecond: rate }),
      };
      await send("POST", `queues/${encodeURIComponent(queue)}/move`, { query, body: {} });
      onClose(true);
    } catch (error) {
      setProblem(problemFrom(error));
      setAsking(false);
    }
  };
  return (
    <Dialog title={`Move the messages of ${queue}`} onClose={() => onClose(false)}>
      <label>
        Where to
        <select value={destination} onChange={({ currentTarget }) => setDestination(currentTarget.value)}>
          <option value="">each to the queue that it came from</option>
          {others.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Most messages a second
        <input
          type="number"
          min={1}
          max={RATE_MAX}
          placeholder="no limit"
          value={rate}
          onInput={({ currentTarget }) => setRate(currentTarget.value)}
        />
      </label>
      <p class="soft">
        A message that moves begins anew: it has been received by nobody yet, and its retention counts from now on.
      </p>
      {problem && <Failure problem={problem} />}
      <div class="dialog-actions">
        <button onClick={() => onClose(false)}>Cancel</button>
        <button class="primary" disabled={isAsking} onClick={() => void start()}>
          Move them
        </button>
      </div>
    </Dialog>
  );
}
