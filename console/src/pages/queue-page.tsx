import { useRoute } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import type { QueueMessage, QueueMessagesAnswer } from "../../../src/admin-api/queues.ts";
import { ApiError, type Problem } from "../api/problem.ts";
import { send } from "../api/request.ts";
import { counted } from "../logic/numbers.ts";
import { EventLink } from "../parts/ids.tsx";
import { Page } from "../parts/page.tsx";
import { Payload } from "../parts/payload.tsx";
import { Empty, Failure, Loading } from "../parts/state-views.tsx";

const LIMIT = 10;

/** The first messages of a queue. They stay in it. */
export function QueuePage() {
  const name = useRoute().params["name"] ?? "";
  const [answer, setAnswer] = useState<QueueMessagesAnswer>();
  const [problem, setProblem] = useState<Problem>();
  const [isPeeking, setPeeking] = useState(false);
  const peek = async () => {
    setPeeking(true);
    setProblem(undefined);
    try {
      const query = { limit: LIMIT };
      setAnswer(
        await send<QueueMessagesAnswer>("POST", `queues/${encodeURIComponent(name)}/peek`, { query, body: {} }),
      );
    } catch (error) {
      setProblem(error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) });
    }
    setPeeking(false);
  };
  useEffect(() => setAnswer(undefined), [name]);
  return (
    <Page
      title={name}
      lead="A peek shows the first messages and leaves them in the queue. On RabbitMQ 3.10 it counts as a delivery of each."
      actions={
        <button class="primary" data-refresh onClick={() => void peek()} disabled={isPeeking}>
          {answer === undefined ? `Peek at the first ${LIMIT}` : "Peek again"}
        </button>
      }
    >
      {problem && <Failure problem={problem} />}
      {isPeeking && answer === undefined && <Loading what={name} />}
      {answer?.messages.length === 0 && <Empty title="The queue is empty" />}
      {answer && answer.messages.length > 0 && (
        <>
          <p class="soft number" role="status">
            {counted(answer.messages.length, "message")}
            {answer.end === "finished" ? ", which are all" : ", and there are more"}
          </p>
          {answer.messages.map((message, index) => (
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
