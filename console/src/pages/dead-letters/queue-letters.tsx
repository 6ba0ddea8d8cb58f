import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import type { DeadLetterListAnswer, ListedDeadLetter } from "../../../../src/admin-api/queues/dead-letters.ts";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { counted } from "../../logic/text/numbers.ts";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { List, type Column } from "../../parts/list/list.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";
import { Ago } from "../../parts/time.tsx";
import { deliveryPath } from "../../shell/paths.ts";
import type { ChosenRedrive } from "./dead-letters.tsx";

const LIMIT = 200;

/** What is in a dead-letter queue now, read from the broker. */
export function QueueLetters({ queue, onRedrive }: { queue: string; onRedrive: (chosen: ChosenRedrive) => void }) {
  const { id } = useLocation().query;
  const [answer, setAnswer] = useState<DeadLetterListAnswer>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    send("POST", `dead-letters/${encodeURIComponent(queue)}/list`, { query: { limit: LIMIT, id }, body: {} }).then(
      setAnswer,
      (error: unknown) => setProblem(problemFrom(error)),
    );
  }, [queue, id]);
  if (problem) return <Failure problem={problem} />;
  if (answer === undefined) return <Loading what={queue} />;
  if (answer.deadLetters.length === 0) {
    return (
      <Empty title={id === undefined ? `${queue} holds no dead letter` : `${id} is not in ${queue}`}>
        <p>{id === undefined ? "Nothing failed for good, or it was redriven." : "It was redriven or purged since."}</p>
      </Empty>
    );
  }
  return (
    <>
      <List
        label={`Dead letters in ${queue}`}
        columns={columnsOf(queue, onRedrive)}
        rows={answer.deadLetters}
        keyOf={(letter, index) => `${letter.id} ${index}`}
      />
      <div class="more">
        <span class="soft number" role="status">
          {counted(answer.deadLetters.length, "dead letter")}
          {answer.end === "finished" ? "" : `, of the first ${counted(answer.looked, "message")} in the queue`}
        </span>
        <GuardedButton
          action="busbar:RedriveDeadLetters"
          on={{ kind: "queue", name: queue }}
          onClick={() =>
            onRedrive({
              queue,
              query: id === undefined ? {} : { id },
              what: id === undefined ? `everything in ${queue}` : "one dead letter",
            })
          }
        >
          {id === undefined ? "Redrive all …" : "Redrive it …"}
        </GuardedButton>
      </div>
    </>
  );
}

function columnsOf(queue: string, onRedrive: (chosen: ChosenRedrive) => void): readonly Column<ListedDeadLetter>[] {
  return [
    {
      name: "Time",
      width: "5.5rem",
      isBare: true,
      cell: ({ time }) => (time === undefined ? "–" : <Ago atMs={Date.parse(time)} />),
    },
    {
      name: "Destination",
      width: "minmax(9rem, 1.2fr)",
      cell: ({ id, destination, target }) => (
        <a data-open href={deliveryPath(id)} title={`Delivery ${id}`}>
          {destination ?? target ?? "no target"}
        </a>
      ),
    },
    { name: "Rule", width: "minmax(7rem, 0.8fr)", cell: ({ rule }) => rule ?? "–" },
    {
      name: "Error",
      width: "minmax(12rem, 2fr)",
      cell: ({ errorCode, errorMessage }) => (
        <span title={errorMessage}>
          <code>{errorCode}</code> {errorMessage}
        </span>
      ),
    },
    { name: "Attempts", width: "4.5rem", isNumber: true, cell: ({ attempts }) => attempts },
    { name: "Redriven", width: "4.5rem", isNumber: true, cell: ({ redriven }) => redriven },
    {
      name: "Action",
      width: "6.5rem",
      isBare: true,
      cell: ({ id }) => (
        <GuardedButton
          action="busbar:RedriveDeadLetters"
          on={{ kind: "queue", name: queue }}
          disabled={id === ""}
          aria-label={`Redrive delivery ${id}`}
          onClick={() => onRedrive({ queue, query: { id }, what: "one dead letter" })}
        >
          Redrive …
        </GuardedButton>
      ),
    },
  ];
}
