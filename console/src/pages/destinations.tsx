import { useState } from "preact/hooks";
import type { AttemptListed, Happening, ListPage } from "../../../src/admin-api/history.ts";
import type { PausedAnswer } from "../../../src/admin-api/paused.ts";
import { useMe } from "../api/me.ts";
import { useAnswer } from "../api/use-answer.ts";
import { destinationsSeen, type DestinationSeen } from "../logic/destinations.ts";
import { countText } from "../logic/numbers.ts";
import { durationText, momentText } from "../logic/times.ts";
import { reasonText } from "../logic/words.ts";
import { Chip } from "../parts/chip.tsx";
import { DeliveryLink } from "../parts/ids.tsx";
import { nowMs } from "../parts/now.ts";
import { Page } from "../parts/page.tsx";
import { PauseDialog, ResumeDialog } from "../parts/pause-dialogs.tsx";
import { Empty, Failure, Loading } from "../parts/state-views.tsx";
import { Ago, Moment } from "../parts/time.tsx";

const ATTEMPTS = 500;
const POLL_MS = 5_000;

/** Functions and API destinations that were called lately, and whether they are. */
export function Destinations() {
  const attempts = useAnswer<ListPage<AttemptListed>>("attempts", { query: { limit: ATTEMPTS }, pollMs: POLL_MS });
  const circuits = useAnswer<ListPage<Happening<"circuit">>>("happenings/circuit", {
    query: { limit: 200 },
    pollMs: POLL_MS,
  });
  const paused = useAnswer<PausedAnswer>("paused", { pollMs: POLL_MS });
  const [changing, setChanging] = useState<DestinationSeen>();
  const problem = attempts.problem ?? circuits.problem ?? paused.problem;
  const reload = () => {
    attempts.reload();
    circuits.reload();
    paused.reload();
  };
  const isRead = attempts.answer !== undefined && paused.answer !== undefined && circuits.answer !== undefined;
  const seen = destinationsSeen(attempts.answer?.rows ?? [], paused.answer, circuits.answer?.rows ?? []);
  const close = (isChanged: boolean) => {
    setChanging(undefined);
    if (isChanged) reload();
  };
  return (
    <Page
      title="Destinations"
      lead={`What the newest ${countText(attempts.answer?.rows.length ?? ATTEMPTS)} attempts called, what is paused, and whose circuit changed.`}
      actions={
        <button data-refresh onClick={reload}>
          Refresh
        </button>
      }
    >
      {problem && <Failure problem={problem} onRetry={reload} />}
      {!isRead && !problem && <Loading what="destinations" />}
      {isRead && seen.length === 0 && (
        <Empty title="No destination was called yet">
          <p>A function or an API destination shows here with its first attempt.</p>
        </Empty>
      )}
      <ul class="cards">
        {seen.map((each) => (
          <Destination key={each.name} seen={each} onChange={() => setChanging(each)} />
        ))}
      </ul>
      {changing &&
        (changing.pause ? (
          <ResumeDialog pause={changing.pause} onClose={close} />
        ) : (
          <PauseDialog destination={changing.name} onClose={close} />
        ))}
    </Page>
  );
}

function Destination({ seen, onChange }: { seen: DestinationSeen; onChange: () => void }) {
  const isReadOnly = useMe()?.readOnly === true;
  const { name, pause, circuits, attempts } = seen;
  const open = circuits.filter(({ state }) => state === "open");
  const failure = attempts.find((each) => each.failure !== undefined);
  const failed = attempts.filter((each) => each.failure !== undefined).length;
  const newest = attempts[0];
  return (
    <li class="card" id={name}>
      <div class="card-head">
        <h2>{name}</h2>
        {pause && <Chip tone="idle">paused</Chip>}
        {open.length > 0 && <Chip tone="bad">circuit open</Chip>}
        {!pause && open.length === 0 && newest && (
          <Chip tone={newest.failure ? "warn" : "good"}>{newest.failure ? "last call failed" : "delivering"}</Chip>
        )}
        <button
          class="end"
          disabled={isReadOnly || pause?.configured === true}
          title={pause?.configured === true ? "The configuration pauses it: change it there." : undefined}
          onClick={onChange}
        >
          {pause ? "Resume …" : "Pause …"}
          <span class="unseen"> {name}</span>
        </button>
      </div>
      <dl class="facts">
        <div>
          <dt>Attempts</dt>
          <dd class="number">{countText(attempts.length)}</dd>
        </div>
        <div>
          <dt>Failed of them</dt>
          <dd class="number">{countText(failed)}</dd>
        </div>
        <div>
          <dt>Median call</dt>
          <dd class="number">{medianText(attempts)}</dd>
        </div>
        <div>
          <dt>Last attempt</dt>
          <dd>{newest ? <Ago atMs={newest.atMs} /> : "–"}</dd>
        </div>
      </dl>
      {pause && <p class="soft">{pauseText(pause)}</p>}
      {open.map(({ router, atMs, failure: cause }) => (
        <p key={router} class="soft">
          Router {router} holds its circuit open since <Moment atMs={atMs} />
          {cause ? `: ${cause.message}` : ""}
        </p>
      ))}
      {failure?.failure && (
        <p class="soft">
          Last failure <Ago atMs={failure.atMs} />: {reasonText(failure.failure.reason)}, {failure.failure.message}{" "}
          (delivery <DeliveryLink id={failure.deliveryId} />)
        </p>
      )}
    </li>
  );
}

function medianText(attempts: readonly AttemptListed[]): string {
  const calls = attempts.filter(({ invoked }) => invoked).map(({ callMs }) => callMs);
  const median = calls.sort((a, b) => a - b)[Math.floor(calls.length / 2)];
  return median === undefined ? "–" : durationText(median);
}

function pauseText({ configured, since, by, reason }: NonNullable<DestinationSeen["pause"]>): string {
  if (configured) return "The configuration pauses it, and only a change of the configuration resumes it.";
  const at = since === undefined ? "" : ` since ${momentText(Date.parse(since), nowMs.value)}`;
  return `Paused${at}${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}.`;
}
