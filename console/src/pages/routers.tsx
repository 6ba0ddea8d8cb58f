import type { ListedRouter } from "../../../src/admin-api/configuration/routers.ts";
import { useAnswer } from "../api/use-answer.ts";
import { bytesText, countText } from "../logic/text/numbers.ts";
import { runningAlike } from "../logic/destinations/routers.ts";
import { durationText } from "../logic/text/times.ts";
import { Chip } from "../parts/chip.tsx";
import { Fact } from "../parts/fact.tsx";
import { Page } from "../parts/page.tsx";
import { Refresh } from "../parts/refresh.tsx";
import { Failure, Loading } from "../parts/state-views.tsx";
import { Moment } from "../parts/time.tsx";

const POLL_MS = 5_000;

/** The routers at the broker side by side: what each runs, and how it is. */
export function Routers() {
  const { answer, problem, reload } = useAnswer("routers", { pollMs: POLL_MS });
  const alike = answer === undefined ? [] : runningAlike(answer);
  const usual = alike[0]?.digest;
  return (
    <Page
      title="Routers"
      lead="What each router at the broker runs, and how it is. Each says so every 10 seconds."
      actions={<Refresh onRefresh={reload} />}
    >
      {problem && <Failure problem={problem} onRetry={reload} />}
      {answer === undefined && !problem && <Loading what="the routers" />}
      {alike.length > 1 && <p class="above-cards">The routers run {alike.length} different configurations.</p>}
      <ul class="cards">
        {answer?.routers.map((router) => (
          <RouterCard
            key={router.id}
            router={router}
            nowMs={answer.nowMs}
            isOther={alike.length > 1 && router.configuration.digest !== usual}
          />
        ))}
      </ul>
    </Page>
  );
}

interface RouterCardProps {
  readonly router: ListedRouter;
  /** Of the router that answered. */
  readonly nowMs: number;
  /** Whether most routers run another configuration. */
  readonly isOther: boolean;
}

function RouterCard({ router, nowMs, isOther }: RouterCardProps) {
  const { id, version, startedAtMs, configuration, broker, puts, bytesInFlight, counts, countedMs } = router;
  const rate = (count: number) => `${countText(Math.round((count / countedMs) * 1_000))}/s`;
  return (
    <li class="card">
      <div class="card-head">
        <h2>{id}</h2>
        {router.silent ? (
          <Chip tone="bad">{`silent for ${durationText(nowMs - router.seenAtMs)}`}</Chip>
        ) : (
          <Chip tone={router.ready ? "good" : "warn"}>{router.ready ? "ready" : "not ready"}</Chip>
        )}
        {isOther && <Chip tone="warn">another configuration</Chip>}
        {broker !== "connected" && <Chip tone="bad">{`broker ${broker}`}</Chip>}
      </div>
      <dl class="facts">
        <Fact name="Version">{version}</Fact>
        <Fact name="Up for">{durationText(nowMs - startedAtMs)}</Fact>
        <Fact name="Configuration">
          <code>{configuration.digest}</code>
        </Fact>
        <Fact name="In force since">
          <Moment atMs={configuration.sinceMs} />
        </Fact>
        <Fact name="Rules">{countText(configuration.rules)}</Fact>
        <Fact name="Accepted">{rate(counts.accepted)}</Fact>
        <Fact name="Delivered">{rate(counts.delivered)}</Fact>
        <Fact name="Failing">{rate(counts.failing)}</Fact>
        <Fact name="Puts waiting">{`${countText(puts.waiting)} of ${countText(puts.admitted)}`}</Fact>
        <Fact name="In flight">{`${bytesText(bytesInFlight.used)} of ${bytesText(bytesInFlight.max)}`}</Fact>
        <Fact name="Event loop lag">{durationText(router.eventLoopLagMs)}</Fact>
        <Fact name="CPU">{`${Math.round(router.cpu * 100)} %`}</Fact>
        <Fact name="Memory">{bytesText(router.rssBytes)}</Fact>
        <Fact name="Live tails">{countText(router.taps)}</Fact>
        <Fact name="Journal lost">{countText(router.journalLost)}</Fact>
      </dl>
    </li>
  );
}
