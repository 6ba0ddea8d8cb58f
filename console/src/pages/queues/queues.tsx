import type { QueueListAnswer } from "../../../../src/admin-api/queues/queues.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { originText } from "../../logic/queues/origin.ts";
import { countText } from "../../logic/text/numbers.ts";
import { Chip } from "../../parts/chip.tsx";
import { List, type Column } from "../../parts/list/list.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { Failure, Loading } from "../../parts/state-views.tsx";
import { pathTo } from "../../shell/paths.ts";

type ListedQueue = QueueListAnswer["queues"][number];

const POLL_MS = 5_000;

const COLUMNS: readonly Column<ListedQueue>[] = [
  {
    name: "Queue",
    width: "minmax(12rem, 2fr)",
    cell: ({ name }) => (
      <a data-open href={pathTo(`queues/${encodeURIComponent(name)}`)}>
        {name}
      </a>
    ),
  },
  {
    name: "Waiting",
    width: "7rem",
    isNumber: true,
    cell: (queue) => ("ready" in queue ? countText(queue.ready) : "–"),
  },
  {
    name: "Consumers",
    width: "7rem",
    isNumber: true,
    cell: (queue) => ("consumers" in queue ? countText(queue.consumers) : "–"),
  },
  {
    name: "From",
    width: "minmax(8rem, 1fr)",
    cell: originText,
  },
  {
    name: "State",
    width: "minmax(10rem, 2fr)",
    isBare: true,
    cell: (queue) => ("problem" in queue ? <Refused problem={queue.problem} /> : stateOf(queue)),
  },
];

function Refused({ problem }: { problem: string }) {
  return (
    <span title={problem}>
      <Chip tone="warn">refused</Chip> {problem}
    </span>
  );
}

function stateOf({ ready, consumers }: { readonly ready: number; readonly consumers: number }): string {
  if (ready === 0) return "empty";
  return consumers === 0 ? "nobody consumes it" : "being consumed";
}

/** The queues of the configuration, and Busbar's two for what failed. */
export function Queues() {
  const { answer, problem, reload } = useAnswer("queues", { pollMs: POLL_MS });
  return (
    <Page title="Queues" lead="What waits in each queue, and who takes it." actions={<Refresh onRefresh={reload} />}>
      {problem && <Failure problem={problem} onRetry={reload} />}
      {answer === undefined && !problem && <Loading what="queues" />}
      {answer && <List label="Queues" columns={COLUMNS} rows={answer.queues} keyOf={({ name }) => name} />}
    </Page>
  );
}
