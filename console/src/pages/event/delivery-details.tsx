import type { AttemptWay, DeliveryWay } from "../../../../src/admin-api/history/history.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { counted } from "../../logic/text/numbers.ts";
import { durationText } from "../../logic/text/times.ts";
import { reasonText } from "../../logic/text/words.ts";
import { Chip, StateChip } from "../../parts/chip.tsx";
import { DeliveryLink, EventLink, JobLink } from "../../parts/event/ids.tsx";
import { List, type Column } from "../../parts/list/list.tsx";
import { Payload } from "../../parts/event/payload.tsx";
import { Moment } from "../../parts/time.tsx";
import { pathTo } from "../../shell/paths.ts";

interface DeliveryDetailsProps {
  readonly delivery: DeliveryWay;
  readonly depth: number;
  readonly isOpen: boolean;
}

/** A delivery's lane as text: its attempts, and what came of them. */
export function DeliveryDetails({ delivery, depth, isOpen }: DeliveryDetailsProps) {
  const { id, origin, destination, state, attempts, parent, parked, suspected } = delivery;
  return (
    <details class="delivery" open={isOpen} style={{ marginInlineStart: `${Math.min(depth, 4) * 0.9}rem` }}>
      <summary>
        <strong>{destination ?? origin?.target ?? "Unknown target"}</strong>
        <StateChip state={state} />
        <span class="soft">
          {origin
            ? `rule ${origin.bus}/${origin.rule}, target ${origin.target}`
            : parent
              ? `${parent.condition} record`
              : ""}
          {attempts.length > 0 ? `, ${counted(attempts.length, "attempt")}` : ""}
        </span>
      </summary>
      <p class="soft">
        Delivery <DeliveryLink id={id} />
      </p>
      {attempts.length > 0 && <AttemptTable attempts={attempts} />}
      {attempts.length === 0 && <p class="soft">{withoutAttempts(delivery)}</p>}
      {suspected.length > 0 && (
        <p>
          A router may have died of it: since <Moment atMs={suspected[0]?.atMs ?? 0} /> it is tried with no other beside
          it.
        </p>
      )}
      {parked.map(({ atMs, queue, reason }) => (
        <p key={atMs}>
          <Moment atMs={atMs} />: parked in {queue}, since {reasonText(reason)}.
        </p>
      ))}
      <Consequences delivery={delivery} />
      <Answers attempts={attempts} />
    </details>
  );
}

/** What the target answered: the last time at once, the times before when they are asked for. */
function Answers({ attempts }: { attempts: readonly AttemptWay[] }) {
  const answered = attempts.flatMap(({ attempt, answer }) =>
    answer === undefined ? [] : [<Payload key={attempt} text={answer} label={`Answer to attempt ${attempt}`} />],
  );
  return (
    <>
      {answered.at(-1)}
      {answered.length > 1 && (
        <details>
          <summary>{counted(answered.length - 1, "earlier answer")}</summary>
          {answered.slice(0, -1).reverse()}
        </details>
      )}
    </>
  );
}

function withoutAttempts({ destination, state }: DeliveryWay): string {
  if (destination?.startsWith("queue/") === true) return "A queue takes it at once: there is nothing to try.";
  return state === "waiting" ? "It waits for its first attempt." : "No attempt is known.";
}

/** Redrives, records and dead letters, with where each leads. */
function Consequences({ delivery: { id, letters, redrives, records } }: { delivery: DeliveryWay }) {
  const { answer } = useAnswer(redrives.some(({ jobId }) => jobId !== undefined) ? "jobs" : undefined);
  const all = [
    ...letters.map(({ atMs, queue, reason }) => ({
      atMs,
      text: (
        <>
          dead letter in{" "}
          <a href={`${pathTo("dead-letters")}?queue=${encodeURIComponent(queue)}&id=${encodeURIComponent(id)}`}>
            {queue}
          </a>
          , since {reasonText(reason)}
        </>
      ),
    })),
    ...redrives.map(({ atMs, to, queue, jobId }) => ({
      atMs,
      text: (
        <>
          redriven from {queue} to its {to}
          {jobId !== undefined && <ByJob id={jobId} isListed={answer?.jobs.some((job) => job.id === jobId) === true} />}
        </>
      ),
    })),
    ...records.map(({ atMs, condition, to, id: recordId }) => ({
      atMs,
      text: (
        <>
          {condition} record to {to}:{" "}
          {to.startsWith("event-bus/") ? <EventLink id={recordId} /> : <DeliveryLink id={recordId} />}
        </>
      ),
    })),
  ].sort((a, b) => a.atMs - b.atMs);
  return (
    <ul class="consequences">
      {all.map(({ atMs, text }, index) => (
        <li key={index}>
          <Moment atMs={atMs} /> {text}
        </li>
      ))}
    </ul>
  );
}

/** Jobs that ended long ago are not listed, and those that the caller may not see. */
function ByJob({ id, isListed }: { id: string; isListed: boolean }) {
  return <> by job {isListed ? <JobLink id={id} /> : <span class="mono">{id}</span>}</>;
}

const COLUMNS: readonly Column<AttemptWay>[] = [
  { name: "#", width: "2rem", isBare: true, isNumber: true, cell: ({ attempt }) => attempt },
  { name: "Began", width: "6.5rem", cell: ({ startedAtMs }) => <Moment atMs={startedAtMs} /> },
  {
    name: "Took",
    width: "5rem",
    isNumber: true,
    cell: ({ callMs, invoked }) => (invoked ? durationText(callMs) : "not called"),
  },
  {
    name: "Result",
    width: "8rem",
    isBare: true,
    cell: ({ failure, verdict }) =>
      failure === undefined ? (
        <Chip tone="good">succeeded</Chip>
      ) : (
        <Chip tone={verdict === "failed" ? "bad" : "warn"}>{verdict === "failed" ? "gave up" : "failed"}</Chip>
      ),
  },
  { name: "Status", width: "4rem", isNumber: true, cell: ({ statusCode }) => statusCode ?? "–" },
  {
    name: "Why",
    width: "minmax(12rem, 1fr)",
    cell: ({ failure }) =>
      failure === undefined ? (
        "–"
      ) : (
        <span title={failure.message}>{`${reasonText(failure.reason)}: ${failure.message}`}</span>
      ),
  },
  {
    name: "Next try",
    width: "7rem",
    cell: ({ nextAtMs, verdict }) =>
      nextAtMs === undefined ? verdict === "failed" ? "none" : "–" : <Moment atMs={nextAtMs} />,
  },
];

function AttemptTable({ attempts }: { attempts: readonly AttemptWay[] }) {
  return (
    <List
      label="Attempts"
      columns={COLUMNS}
      rows={attempts}
      keyOf={({ startedAtMs }, index) => `${startedAtMs} ${index}`}
      isWrapped
    />
  );
}
