import type { AttemptListed } from "../../../../src/admin-api/history/history.ts";
import type { PauseAnswer } from "../../../../src/admin-api/destinations/paused.ts";
import type { RouterListAnswer } from "../../../../src/admin-api/configuration/routers.ts";
import type { ComponentProps } from "preact";
import { labelled } from "../../api/may.ts";
import { CONNECTION_STATES, connectionPath } from "../../logic/destinations/connections.ts";
import type { DestinationSeen } from "../../logic/destinations/destinations.ts";
import { addressOfFilter } from "../../logic/event/event-filter.ts";
import { countText } from "../../logic/text/numbers.ts";
import { atRouters } from "../../logic/destinations/routers.ts";
import { durationText, momentText } from "../../logic/text/times.ts";
import { reasonText } from "../../logic/text/words.ts";
import { pathTo } from "../../shell/paths.ts";
import { Chip } from "../../parts/chip.tsx";
import { Fact } from "../../parts/fact.tsx";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { DeliveryLink } from "../../parts/event/ids.tsx";
import { KeyOrder } from "./key-order.tsx";
import { nowMs } from "../../parts/now.ts";
import { Ago, Moment } from "../../parts/time.tsx";

interface DestinationCardProps extends Pick<ComponentProps<typeof KeyOrder>, "blocked" | "onSkip"> {
  readonly seen: DestinationSeen;
  /** How it is at each router; undefined until it is known. */
  readonly routers: RouterListAnswer | undefined;
  readonly onChange: () => void;
}

/** A destination: whether it is called, how its calls go, and what keeps it from being called. */
export function DestinationCard({ seen, routers, blocked, onSkip, onChange }: DestinationCardProps) {
  const { name, configured, circuits, attempts } = seen;
  const pause = configured?.pause;
  const open = circuits.filter(({ state }) => state === "open");
  const failure = attempts.find((each) => each.failure !== undefined);
  const failed = attempts.filter((each) => each.failure !== undefined).length;
  const newest = attempts[0];
  const at = routers === undefined ? [] : atRouters(routers, name);
  const holding = at.filter(({ circuit }) => circuit !== "closed").length;
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
        {configured && name.startsWith("function/") && (
          <a class="end" href={pathTo(`test?function=${encodeURIComponent(name.slice("function/".length))}`)}>
            Test<span class="unseen"> {name}</span>
          </a>
        )}
        {configured && (
          <GuardedButton
            action={pause ? "busbar:ResumeDestination" : "busbar:PauseDestination"}
            on={labelled(name)}
            class={name.startsWith("function/") ? undefined : "end"}
            disabled={pause?.configured === true}
            title={pause?.configured === true ? "The configuration pauses it: change it there." : undefined}
            onClick={onChange}
          >
            {pause ? "Resume …" : "Pause …"}
            <span class="unseen"> {name}</span>
          </GuardedButton>
        )}
      </div>
      {configured?.description !== undefined && <p class="soft">{configured.description}</p>}
      <dl class="facts">
        <Fact name="Newest attempts">{countText(attempts.length)}</Fact>
        <Fact name="Failed of them">{countText(failed)}</Fact>
        <Fact name="Median call">{medianText(attempts)}</Fact>
        <Fact name="Last attempt">{newest ? <Ago atMs={newest.atMs} /> : "–"}</Fact>
        {at.length > 0 && (
          <Fact name="In flight">{at.map(({ callsInFlight }) => countText(callsInFlight)).join(" + ")}</Fact>
        )}
        {configured && <Fact name="Calls at once">{countText(configured.concurrency)}</Fact>}
        {configured?.maximumRetryAttempts !== undefined && (
          <Fact name="Retries">{configured.maximumRetryAttempts}</Fact>
        )}
        {configured?.connection && (
          <Fact name="Connection">
            <a href={pathTo(connectionPath(configured.connection.name))}>{configured.connection.name}</a>,{" "}
            {CONNECTION_STATES[configured.connection.state].word}
          </Fact>
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
      {configured?.orderBy && <KeyOrder name={name} order={configured.orderBy} blocked={blocked} onSkip={onSkip} />}
      {pause && <p class="soft">{pauseText(pause)}</p>}
      {holding > 0 && at.length > 1 && (
        <p class="soft">
          {holding} of {at.length} routers hold it open:{" "}
          {at.map(({ router, circuit }) => `${router} ${circuit}`).join(", ")}
        </p>
      )}
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
