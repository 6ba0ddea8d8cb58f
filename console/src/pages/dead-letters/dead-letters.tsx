import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { LetterGroup } from "../../../../src/admin-api/history/history.ts";
import type { DeadLetterQueuesAnswer } from "../../../../src/admin-api/queues/dead-letters.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { countText } from "../../logic/text/numbers.ts";
import { shownJobs } from "../../logic/queues/jobs.ts";
import type { RedrivePlan } from "../../logic/queues/redrive.ts";
import { errorCodeOf, reasonText } from "../../logic/text/words.ts";
import { List, type Column } from "../../parts/list/list.tsx";
import { Jobs, useJobs } from "../../parts/jobs.tsx";
import { nowMs } from "../../parts/now.ts";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";
import { Ago } from "../../parts/time.tsx";
import { pathTo } from "../../shell/paths.ts";
import { QueueLetters } from "./queue-letters.tsx";
import { RedriveDialog } from "./redrive-dialog.tsx";

export interface ChosenRedrive extends RedrivePlan {
  readonly what: string;
}

const POLL_MS = 5_000;

/** What failed for good: how much of what kind, and what to do about it. */
export function DeadLetters() {
  const { queue, job } = useLocation().query;
  const queues = useAnswer("dead-letters", { pollMs: POLL_MS });
  const groups = useAnswer("letter-groups", { pollMs: POLL_MS });
  const jobs = useJobs();
  const [chosen, setChosen] = useState<ChosenRedrive>();
  const [round, setRound] = useState(0);
  const reload = () => {
    queues.reload();
    groups.reload();
    jobs.reload();
    setRound((before) => before + 1);
  };
  return (
    <Page
      title="Dead letters"
      lead="Deliveries that failed for good. Find out why, mend it, then redrive them."
      actions={<Refresh onRefresh={reload} />}
    >
      <Jobs
        title="Redrives and purges"
        state={jobs}
        shown={(all) =>
          shownJobs(
            all.filter(({ kind }) => kind === "redrive" || kind === "purge"),
            nowMs.value,
            job,
          )
        }
      />
      {queues.problem && <Failure problem={queues.problem} onRetry={queues.reload} />}
      {queues.answer === undefined && !queues.problem && <Loading what="the queues" />}
      {queues.answer && <QueueTabs queues={queues.answer} current={queue} />}
      {queue === undefined ? (
        <Groups groups={groups} onRedrive={setChosen} />
      ) : (
        <QueueLetters key={`${queue} ${round}`} queue={queue} onRedrive={setChosen} />
      )}
      {chosen && (
        <RedriveDialog
          plan={chosen}
          what={chosen.what}
          onClose={(isChanged) => {
            setChosen(undefined);
            if (isChanged) reload();
          }}
        />
      )}
    </Page>
  );
}

function QueueTabs({ queues, current }: { queues: DeadLetterQueuesAnswer; current: string | undefined }) {
  const link = (name: string | undefined, text: string, note: string) => (
    <li>
      <a
        href={pathTo(name === undefined ? "dead-letters" : `dead-letters?queue=${encodeURIComponent(name)}`)}
        aria-current={name === current ? "page" : undefined}
      >
        {text} <span class="number soft">{note}</span>
      </a>
    </li>
  );
  return (
    <nav aria-label="Dead-letter queues">
      <ul class="tabs">
        {link(undefined, "By kind", "")}
        {queues.queues.map((queue) => link(queue.name, queue.name, "ready" in queue ? countText(queue.ready) : "?"))}
      </ul>
    </nav>
  );
}

interface GroupsProps {
  readonly groups: ReturnType<typeof useAnswer<"letter-groups">>;
  readonly onRedrive: (chosen: ChosenRedrive) => void;
}

/** Dead letters that are alike, as one row. */
function Groups({ groups: { answer, problem, reload }, onRedrive }: GroupsProps) {
  if (problem && answer === undefined) return <Failure problem={problem} onRetry={reload} />;
  if (answer === undefined) return <Loading what="what is known of them" />;
  if (answer.groups.length === 0) {
    return (
      <Empty title="No dead letter is known of">
        <p>
          What fails for good shows here, with those of one kind as one row. A queue above that is not empty holds what
          is older than the journal.
        </p>
      </Empty>
    );
  }
  const columns: readonly Column<LetterGroup>[] = [
    { name: "Letters", width: "4.5rem", isNumber: true, cell: ({ count }) => countText(count) },
    { name: "Destination", width: "minmax(9rem, 1.2fr)", cell: ({ destination }) => destination ?? "no target" },
    {
      name: "Why",
      width: "minmax(12rem, 1.6fr)",
      cell: ({ reason }) => <span title={reason}>{reasonText(reason)}</span>,
    },
    {
      name: "Queue",
      width: "minmax(8rem, 1fr)",
      cell: ({ queue }) => (
        <a data-open href={pathTo(`dead-letters?queue=${encodeURIComponent(queue)}`)}>
          {queue}
        </a>
      ),
    },
    { name: "Newest", width: "5.5rem", cell: ({ newestAtMs }) => <Ago atMs={newestAtMs} /> },
    { name: "Oldest", width: "5.5rem", cell: ({ oldestAtMs }) => <Ago atMs={oldestAtMs} /> },
    {
      name: "Action",
      width: "6.5rem",
      isBare: true,
      cell: (group) => (
        <GuardedButton
          action="busbar:RedriveDeadLetters"
          on={{ kind: "queue", name: group.queue }}
          onClick={() => onRedrive(planOf(group))}
          aria-label={`Redrive those of ${group.destination ?? "no target"}: ${reasonText(group.reason)}`}
        >
          Redrive …
        </GuardedButton>
      ),
    },
  ];
  return (
    <>
      <List
        label="Kinds of dead letters"
        columns={columns}
        rows={answer.groups}
        keyOf={({ queue, destination, reason }) => `${queue} ${destination ?? ""} ${reason}`}
      />
      {answer.isMore && <p class="soft note">Older dead letters were not looked at.</p>}
    </>
  );
}

/** The API selects by target and error code. Several reasons have one code, so the dialog says how many it selects. */
function planOf({ queue, destination, reason }: LetterGroup): ChosenRedrive {
  const target = destination === undefined ? {} : { target: destination };
  return {
    queue,
    query: { ...target, errorCode: errorCodeOf(reason) },
    what: `dead letters ${destination === undefined ? "without a target" : `of ${destination}`} with ${errorCodeOf(reason)}`,
  };
}
