import type { Summary } from "../../../../src/admin-api/history/history.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { needsOf } from "../../logic/overview/needs.ts";
import { coverageNotes } from "../../logic/overview/coverage-notes.ts";
import { figuresOf, summaryByRouters } from "../../logic/overview/figures.ts";
import { countText } from "../../logic/text/numbers.ts";
import { EventList } from "../../parts/event/event-list.tsx";
import { NeedList } from "./need-list.tsx";
import { nowMs } from "../../parts/now.ts";
import { Page } from "../../parts/page.tsx";
import { Sparkline } from "./sparkline.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";
import { pathTo } from "../../shell/paths.ts";

const POLL_MS = 5_000;
/** Routers say what they counted every 10 s. */
const HISTORY_POLL_MS = 10_000;
const STEP_MS = 60_000;
const STEPS = 60;
const NEWEST_EVENTS = 12;

/** What needs somebody, how much goes on, and what came last. */
export function Overview() {
  const lastStepMs = Math.floor(nowMs.value / STEP_MS) * STEP_MS;
  const summary = useAnswer("summary", {
    query: { fromMs: lastStepMs - (STEPS - 1) * STEP_MS, toMs: lastStepMs + STEP_MS, stepMs: STEP_MS },
    pollMs: POLL_MS,
  });
  const history = useAnswer("routers/history", { pollMs: HISTORY_POLL_MS });
  const counted = summaryByRouters(summary.answer, history.answer);
  const events = useAnswer("events", { query: { limit: NEWEST_EVENTS }, pollMs: POLL_MS });
  return (
    <Page title="Overview" lead="What needs somebody, and what went on in the last hour.">
      <Needs />
      <section aria-labelledby="figures">
        <h2 id="figures">Last 60 minutes</h2>
        {summary.problem && <Failure problem={summary.problem} onRetry={summary.reload} />}
        <Figures summary={counted ?? summary.answer} />
        {counted && (
          <p class="soft note">Routers counted these themselves, dead letters apart: the journal has fewer events.</p>
        )}
        <CoverageNotes />
      </section>
      <section aria-labelledby="newest">
        <div class="section-head">
          <h2 id="newest">Newest events</h2>
          <a href={pathTo("events")}>All events</a>
        </div>
        {events.problem && <Failure problem={events.problem} onRetry={events.reload} />}
        {events.answer === undefined && !events.problem && <Loading what="events" />}
        {events.answer?.rows.length === 0 && <NoEvents />}
        {events.answer !== undefined && events.answer.rows.length > 0 && <EventList rows={events.answer.rows} />}
      </section>
    </Page>
  );
}

function Needs() {
  const options = { pollMs: POLL_MS };
  const newest = { query: { limit: 50 }, pollMs: POLL_MS };
  const deadLetters = useAnswer("dead-letters", options);
  const queues = useAnswer("queues", options);
  const paused = useAnswer("paused", options);
  const blocked = useAnswer("blocked-keys", options);
  const circuits = useAnswer("happenings/circuit", newest);
  const reloads = useAnswer("happenings/reload", newest);
  const routers = useAnswer("routers", options);
  const connections = useAnswer("connections", { query: { unusable: "true" }, pollMs: POLL_MS });
  const notInForce = useAnswer("not-in-force", { query: { limit: 1 }, pollMs: POLL_MS });
  const rules = useAnswer("rules", { query: { gone: "true", limit: 20 }, pollMs: POLL_MS });
  const ofRouter = { queues, pauses: paused, "blocked keys": blocked, routers, connections, rules };
  const asked = { "dead letters": deadLetters, circuits, reloads, ...ofRouter, "what is not in force": notInForce };
  const failed = Object.entries(asked).filter(([, { problem }]) => problem !== undefined);
  const isRead = Object.values(asked).every(({ answer, problem }) => answer !== undefined || problem !== undefined);
  const needs = needsOf({
    deadLetters: deadLetters.answer,
    queues: queues.answer,
    paused: paused.answer,
    blockedKeys: blocked.answer?.blockedKeys,
    circuits: circuits.answer?.rows,
    reloads: reloads.answer?.rows,
    routers: routers.answer,
    unusableConnections: connections.answer,
    notInForce: notInForce.answer,
    rulesWithGoneTargets: rules.answer,
    nowMs: nowMs.value,
  });
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">Needs you</h2>
      {failed.map(
        ([name, { problem }]) =>
          problem && <Failure key={name} problem={{ ...problem, title: `The ${name} could not be read` }} />,
      )}
      {isRead ? <NeedList needs={needs} isWhole={failed.length === 0} /> : <Loading what="what needs you" />}
    </section>
  );
}

function Figures({ summary }: { summary: Summary | undefined }) {
  return (
    <dl class="figures">
      {figuresOf(summary).map(({ name, total, values, meaning, href }) => (
        <div key={name}>
          <dt title={meaning}>{href === undefined ? name : <a href={pathTo(href)}>{name}</a>}</dt>
          <dd>
            <span class="figure number">{total === undefined ? "…" : countText(total)}</span>
            <Sparkline values={values} label={`${name} for each of the last 60 minutes`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function CoverageNotes() {
  const { answer } = useAnswer("coverage", { pollMs: POLL_MS });
  const notes = answer === undefined ? [] : coverageNotes(answer, nowMs.value);
  return (
    <>
      {notes.map((note) => (
        <p key={note} class="soft note">
          {note}
        </p>
      ))}
    </>
  );
}

function NoEvents() {
  return (
    <Empty title="No event was put yet">
      <p>
        Every event that is put on a bus shows here within a second, once the routers' configuration has{" "}
        <code>journal: {"{}"}</code>. <a href={pathTo("send")}>Send one</a>, or put one with the aws command:
      </p>
      <pre tabIndex={0} aria-label="A command that puts an event">
        {`aws events put-events --endpoint-url "$BUSBAR_URL" \\
  --entries '[{"Source":"shop.checkout","DetailType":"OrderPlaced","Detail":"{\\"total\\":120}"}]'`}
      </pre>
    </Empty>
  );
}
