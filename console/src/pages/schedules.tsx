import { useState } from "preact/hooks";
import type { ScheduleListAnswer } from "../../../src/admin-api/configuration/schedules.ts";
import { useNamedPages } from "../api/use-pages.ts";
import { targetPath } from "../logic/rules/rules.ts";
import { clockText, dateText, durationText } from "../logic/text/times.ts";
import { Chip } from "../parts/chip.tsx";
import { Dialog } from "../parts/dialog/dialog.tsx";
import type { Column } from "../parts/list/list.tsx";
import { OpenButton } from "../parts/list/open-button.tsx";
import { PagedList } from "../parts/list/paged-list.tsx";
import { Page } from "../parts/page.tsx";
import { Refresh } from "../parts/refresh.tsx";
import { Empty } from "../parts/state-views.tsx";
import { Ago } from "../parts/time.tsx";
import { pathTo } from "../shell/paths.ts";

type ListedSchedule = ScheduleListAnswer["schedules"][number];

const PAGE_ROWS = 100;
/** A firing that is later than this is marked. */
const LATE_MS = 10_000;

const columnsOf = (open: (schedule: ListedSchedule) => void): readonly Column<ListedSchedule>[] => [
  {
    name: "Schedule",
    width: "minmax(9rem, 1.4fr)",
    cell: (schedule) => <OpenButton name={schedule.name} onOpen={() => open(schedule)} />,
  },
  {
    name: "Expression",
    width: "minmax(11rem, 1.6fr)",
    cell: ({ scheduleExpression }) => <code>{scheduleExpression}</code>,
  },
  { name: "Time zone", width: "minmax(7rem, 1fr)", cell: (schedule) => schedule.scheduleExpressionTimezone },
  {
    name: "Target",
    width: "minmax(9rem, 1.4fr)",
    cell: ({ target }) => <a href={pathTo(targetPath(target))}>{`${target.kind}/${target.name}`}</a>,
  },
  { name: "Next", width: "8rem", cell: (schedule) => <Next schedule={schedule} /> },
  { name: "Last fired", width: "7.5rem", cell: ({ last }) => <Last last={last} /> },
  { name: "Late", width: "minmax(7.5rem, 0.8fr)", isBare: true, cell: ({ last }) => <Lateness last={last} /> },
];

/** The schedules in force: when each is due next, and when it was fired last. */
export function Schedules() {
  const pages = useNamedPages("schedules", { limit: PAGE_ROWS });
  const [opened, setOpened] = useState<ListedSchedule>();
  return (
    <Page
      title="Schedules"
      lead="What is called or filled at certain times, and when that is. By name."
      actions={<Refresh onRefresh={pages.reload} isReading={pages.isLoading} />}
    >
      <PagedList
        label="Schedules"
        noun="schedule"
        pages={pages}
        columns={columnsOf(setOpened)}
        keyOf={({ name }) => name}
        empty={<Empty title="The configuration has no schedules" />}
      />
      {opened && <ScheduleDialog schedule={opened} onClose={() => setOpened(undefined)} />}
    </Page>
  );
}

function Next({ schedule: { state, due } }: { schedule: ListedSchedule }) {
  const [next] = due;
  if (next !== undefined) return <Ago atMs={next.atMs} />;
  return <Chip tone="idle">{state === "DISABLED" ? "disabled" : "never"}</Chip>;
}

interface LastProps {
  readonly last: ListedSchedule["last"] | undefined;
}

function Last({ last }: LastProps) {
  return last === undefined ? <span class="soft">not known</span> : <Ago atMs={last.dueMs} />;
}

function Lateness({ last }: LastProps) {
  const lateMs = last === undefined ? 0 : last.firedAtMs - last.dueMs;
  return lateMs < LATE_MS ? null : <Chip tone="warn">{`${durationText(lateMs)} late`}</Chip>;
}

/** A schedule with its next times, in the reader's zone and in its own. */
function ScheduleDialog({ schedule, onClose }: { schedule: ListedSchedule; onClose: () => void }) {
  const { name, description, state, scheduleExpression, scheduleExpressionTimezone: zone, due, target } = schedule;
  return (
    <Dialog title={name} onClose={onClose}>
      {description !== undefined && <p>{description}</p>}
      {state === "DISABLED" && <p>The schedule is disabled: it is never due.</p>}
      <p>
        <code>{scheduleExpression}</code> in {zone} → {target.kind}/{target.name}
      </p>
      {state === "ENABLED" && due.length === 0 && <p class="soft">It is not due any more.</p>}
      <ol aria-label="Next times">
        {due.map(({ atMs, local }) => (
          <li key={atMs}>
            <time class="number" dateTime={new Date(atMs).toISOString()}>
              {dateText(atMs)} {clockText(atMs)}
            </time>{" "}
            <span class="soft">
              {local.replace("T", " ")} in {zone}
            </span>
          </li>
        ))}
      </ol>
      <div class="dialog-actions">
        <button onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}
