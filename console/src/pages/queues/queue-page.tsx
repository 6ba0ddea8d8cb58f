import { useRoute } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import type { QueueMessage, QueueMessagesAnswer } from "../../../../src/admin-api/queues/queues.ts";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { counted } from "../../logic/text/numbers.ts";
import { shownJobs } from "../../logic/queues/jobs.ts";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { EventLink } from "../../parts/event/ids.tsx";
import { Page } from "../../parts/page.tsx";
import { Jobs, useJobs } from "../../parts/jobs.tsx";
import { nowMs } from "../../parts/now.ts";
import { Payload } from "../../parts/event/payload.tsx";
import { MoveDialog } from "./move-dialog.tsx";
import { QueueFacts } from "./queue-facts.tsx";
import { SendMessage } from "./send-message.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";

const LIMIT = 10;
const POLL_MS = 5_000;

type Read = "peek" | "receive";
type Shown = QueueMessagesAnswer & { readonly hiddenSeconds?: number };

/** A queue: what it is and has, and its first messages. */
export function QueuePage() {
  const name = useRoute().params["name"] ?? "";
  const path = `queues/${encodeURIComponent(name)}` as const;
  const described = useAnswer(path, { pollMs: POLL_MS });
  const [shown, setShown] = useState<Shown>();
  const [problem, setProblem] = useState<Problem>();
  const [reading, setReading] = useState<Read>();
  const [isMoving, setMoving] = useState(false);
  const jobs = useJobs();
  const read = async (how: Read) => {
    setReading(how);
    setProblem(undefined);
    try {
      const query = { limit: LIMIT };
      setShown(
        how === "peek"
          ? await send("POST", `${path}/peek`, { query, body: {} })
          : await send("POST", `${path}/receive`, { query, body: {} }),
      );
    } catch (error) {
      setProblem(problemFrom(error));
    }
    setReading(undefined);
    described.reload();
  };
  useEffect(() => setShown(undefined), [name]);
  const on = { kind: "queue", name } as const;
  const hidden = described.answer?.visibilityTimeoutSeconds;
  return (
    <Page
      title={name}
      lead={`A peek shows the first messages and leaves them in the queue; on RabbitMQ 3.10 it counts as a delivery of each. A receive hides them from everybody else${hidden === undefined ? "" : ` for ${hidden} s`}, and counts as a receive of each.`}
      actions={
        <>
          <GuardedButton
            action="busbar:PeekQueue"
            on={on}
            class="primary"
            data-refresh
            onClick={() => void read("peek")}
            disabled={reading !== undefined}
          >
            {shown === undefined ? `Peek at the first ${LIMIT}` : "Peek again"}
          </GuardedButton>
          <GuardedButton
            action="busbar:ReceiveMessages"
            on={on}
            onClick={() => void read("receive")}
            disabled={reading !== undefined}
          >
            {`Receive ${LIMIT}, which hides them`}
          </GuardedButton>
          <GuardedButton action="busbar:MoveMessages" on={on} onClick={() => setMoving(true)}>
            Move its messages …
          </GuardedButton>
        </>
      }
    >
      {described.answer && <QueueFacts queue={described.answer} />}
      {described.problem && <Failure problem={described.problem} onRetry={described.reload} />}
      <Jobs
        title="Moves"
        state={jobs}
        shown={(all) =>
          shownJobs(
            all.filter(({ kind, queue }) => kind === "move" && queue === name),
            nowMs.value,
          )
        }
      />
      {isMoving && (
        <MoveDialog
          queue={name}
          onClose={(isStarted) => {
            setMoving(false);
            if (isStarted) jobs.reload();
          }}
        />
      )}
      <SendMessage key={name} queue={name} onSent={described.reload} />
      {problem && <Failure problem={problem} />}
      {reading !== undefined && shown === undefined && <Loading what={name} />}
      {shown?.messages.length === 0 && <Empty title="There is no message to see" />}
      {shown && shown.messages.length > 0 && (
        <>
          <p class="soft number" role="status">
            {counted(shown.messages.length, "message")}
            {shown.end === "finished" ? ", which are all" : ", and there are more"}
            {shown.hiddenSeconds !== undefined && `. Nobody else receives them for ${shown.hiddenSeconds} s.`}
          </p>
          {shown.messages.map((message, index) => (
            <Message key={`${message.id} ${index}`} message={message} />
          ))}
        </>
      )}
    </Page>
  );
}

const EVENT_ID_HEADER = "busbar-event-id";

function Message({ message: { id, headers, body, bodyBase64 } }: { message: QueueMessage }) {
  const eventId = headers[EVENT_ID_HEADER];
  return (
    <section class="card" aria-label={`Message ${id}`}>
      <div class="card-head">
        <h2 class="mono">{id || "no id"}</h2>
        {typeof eventId === "string" && (
          <span class="soft">
            of event <EventLink id={eventId} />
          </span>
        )}
      </div>
      <Payload
        text={body}
        label={bodyBase64 === undefined ? "Body" : "Body, which is not UTF-8: its bytes that are none are replaced"}
      />
      <details>
        <summary>Headers</summary>
        <Payload text={JSON.stringify(headers)} label="Headers" />
      </details>
    </section>
  );
}
