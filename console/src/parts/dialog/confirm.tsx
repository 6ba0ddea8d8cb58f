import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { Dialog } from "./dialog.tsx";
import { Failure } from "../state-views.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly button: string;
  readonly work: () => Promise<unknown>;
  readonly onClose: (isChanged: boolean) => void;
  readonly children: ComponentChildren;
}

/** Asks before something is done, and says why it was not. */
export function Confirm({ title, button, work, onClose, children }: ConfirmProps) {
  const [problem, setProblem] = useState<Problem>();
  const [isWorking, setWorking] = useState(false);
  const run = async () => {
    setWorking(true);
    try {
      await work();
      onClose(true);
    } catch (error) {
      setProblem(problemFrom(error));
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
