import type { AttemptListed } from "../../../src/admin-api/history.ts";
import type { PauseAnswer } from "../../../src/admin-api/paused.ts";
import { useMe } from "../api/me.ts";
import type { DestinationSeen } from "../logic/destinations.ts";
import { addressOfFilter } from "../logic/event-filter.ts";
import { countText } from "../logic/numbers.ts";
import { durationText, momentText } from "../logic/times.ts";
import { reasonText } from "../logic/words.ts";
import { pathTo } from "../shell/paths.ts";
import { Chip } from "./chip.tsx";
import { Fact } from "./fact.tsx";
import { DeliveryLink } from "./ids.tsx";
import { nowMs } from "./now.ts";
import { Ago, Moment } from "./time.tsx";

/** A destination: whether it is called, how its calls go, and what keeps it from being called. */
export function DestinationCard({ seen, onChange }: { seen: DestinationSeen; onChange: () => void }) {
  const isReadOnly = useMe()?.readOnly === true;
  const { name, configured, circuits, attempts } = seen;
  const pause = configured?.pause;
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
        {!configured && <Chip tone="idle">not in the configuration</Chip>}
        {configured && (
          <button
            class="end"
            disabled={isReadOnly || pause?.configured === true}
            title={pause?.configured === true ? "The configuration pauses it: change it there." : undefined}
            onClick={onChange}
          >
            {pause ? "Resume …" : "Pause …"}
            <span class="unseen"> {name}</span>
          </button>
        )}
      </div>
      {configured?.description !== undefined && <p class="soft">{configured.description}</p>}
      <dl class="facts">
        <Fact name="Newest attempts">{countText(attempts.length)}</Fact>
        <Fact name="Failed of them">{countText(failed)}</Fact>
        <Fact name="Median call">{medianText(attempts)}</Fact>
        <Fact name="Last attempt">{newest ? <Ago atMs={newest.atMs} /> : "–"}</Fact>
        {configured && <Fact name="Calls at once">{countText(configured.concurrency)}</Fact>}
        {configured?.maximumRetryAttempts !== undefined && (
          <Fact name="Retries">{configured.maximumRetryAttempts}</Fact>
        )}
        <Fact name="Events">
          <a href={pathTo(`events${addressOfFilter({ destination: name })}`)}>
            all<span class="unseen"> of {name}</span>
          </a>
          {", "}
          <a href={pathTo(`events${addressOfFilter({ destination: name, outcome: "failed" })}`)}>
            failed<span class="unseen"> of {name}</span>
          </a>
        </Fact>
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

function pauseText({ configured, since, by, reason }: PauseAnswer): string {
  if (configured) return "The configuration pauses it, and only a change of the configuration resumes it.";
  const at = since === undefined ? "" : ` since ${momentText(Date.parse(since), nowMs.value)}`;
  return `Paused${at}${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}.`;
}
