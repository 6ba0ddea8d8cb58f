import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { isFifoQueue, problemOfMessage, sentMessage } from "../../logic/queues/message.ts";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { TextField } from "../../parts/form/text-field.tsx";
import { Failure } from "../../parts/state-views.tsx";

interface SendMessageProps {
  readonly queue: string;
  readonly onSent: () => void;
}

const NO_MESSAGE = { body: "", attributes: "", delay: "", group: "", deduplicationId: "" };

/** Sends one message to a queue. */
export function SendMessage({ queue, onSent }: SendMessageProps) {
  const [message, setMessage] = useState(NO_MESSAGE);
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const [isTried, setTried] = useState(false);
  const [sent, setSent] = useState<string>();
  const change = (part: Partial<typeof NO_MESSAGE>) => setMessage((before) => ({ ...before, ...part }));
  const mistake = problemOfMessage(message, queue);
  const post = async () => {
    setTried(true);
    if (mistake !== undefined) return;
    setSending(true);
    setProblem(undefined);
    setSent(undefined);
    try {
      const body = sentMessage(message, queue);
      const { id } = await send("POST", `queues/${encodeURIComponent(queue)}/messages`, { body });
      setSent(id);
      setTried(false);
      onSent();
    } catch (error) {
      setProblem(problemFrom(error));
    }
    setSending(false);
  };
  return (
    <details class="card">
      <summary>Send a message</summary>
      <form
        class="form entry"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void post();
        }}
      >
        <label class="wide">
          Body
          <textarea
            rows={5}
            value={message.body}
            aria-describedby="message-mistake"
            onInput={({ currentTarget }) => change({ body: currentTarget.value })}
          />
        </label>
        <label class="wide">
          Attributes, one name=value a line
          <textarea
            rows={2}
            value={message.attributes}
            aria-describedby="message-mistake"
            onInput={({ currentTarget }) => change({ attributes: currentTarget.value })}
          />
        </label>
        {isFifoQueue(queue) ? (
          <>
            <TextField label="Message group" value={message.group} onInput={(group) => change({ group })} />
            <TextField
              label="Deduplication id"
              value={message.deduplicationId}
              example="one of its own"
              onInput={(deduplicationId) => change({ deduplicationId })}
            />
          </>
        ) : (
          <TextField
            label="Delay in seconds"
            value={message.delay}
            example="as the queue has it"
            onInput={(delay) => change({ delay })}
          />
        )}
        <p id="message-mistake" class={isTried && mistake !== undefined ? "bad-text wide" : "soft wide"} role="status">
          {isTried && mistake !== undefined ? mistake : sent === undefined ? "" : `Sent as message ${sent}.`}
        </p>
        {problem && <Failure problem={problem} />}
        <div class="actions wide">
          <GuardedButton
            action="busbar:SendMessages"
            on={{ kind: "queue", name: queue }}
            type="submit"
            disabled={isSending}
          >
            Send
          </GuardedButton>
        </div>
      </form>
    </details>
  );
}
