import type { QueueAnswer } from "../../../../src/admin-api/queues/queues.ts";
import { bytesText, counted, countText } from "../../logic/text/numbers.ts";
import { originText } from "../../logic/queues/origin.ts";
import { Fact } from "../../parts/fact.tsx";
import { Ago } from "../../parts/time.tsx";
import { pathTo } from "../../shell/paths.ts";

/** What a queue is, has, and is filled by. */
export function QueueFacts({ queue }: { readonly queue: QueueAnswer }) {
  const { redrivePolicy, messageRetentionSeconds: retention, oldestSentAtMs, countsOf } = queue;
  const ofRouter = countsOf === "router" ? ", at the router that was asked" : "";
  return (
    <section class="card" aria-label="The queue">
      {queue.description !== undefined && <p>{queue.description}</p>}
      <dl class="facts">
        <Fact name="Visible">{countText(queue.visible)}</Fact>
        <Fact name={`In flight${ofRouter}`}>{countText(queue.inFlight)}</Fact>
        <Fact name={`Delayed${ofRouter}`}>{countText(queue.delayed)}</Fact>
        <Fact name="Oldest message">
          {oldestSentAtMs === undefined ? <span class="soft">not known</span> : <Ago atMs={oldestSentAtMs} />}
        </Fact>
        <Fact name="Read by">
          {counted(queue.consumers, "AMQP consumer")}, {counted(queue.waitingPolls, "long poll")}
          {ofRouter}
        </Fact>
        <Fact name="Visibility time-out">{queue.visibilityTimeoutSeconds} s</Fact>
        <Fact name="Delay">{queue.delaySeconds} s</Fact>
        <Fact name="Retention">{retention === undefined ? "keeps everything" : `${countText(retention)} s`}</Fact>
        <Fact name="Largest message">{bytesText(queue.maximumMessageBytes)}</Fact>
        <Fact name="Dead-letter queue">
          {redrivePolicy === undefined ? (
            <span class="soft">none</span>
          ) : (
            <>
              <a href={pathTo(`queues/${encodeURIComponent(redrivePolicy.queue)}`)}>{redrivePolicy.queue}</a> after{" "}
              {counted(redrivePolicy.maxReceiveCount, "receive")}
            </>
          )}
        </Fact>
        <Fact name="Filled by">
          <Fillers queue={queue} />
        </Fact>
        <Fact name="From">{originText(queue)}</Fact>
      </dl>
    </section>
  );
}

type Filler = QueueAnswer["filledBy"][number];

const FILLER_WORDS: Readonly<Record<Filler["kind"], string>> = {
  rule: "rule",
  schedule: "schedule",
  "function-records": "records of function",
  "dead-letters": "dead letters of",
};

function Fillers({ queue: { filledBy, filledByMore } }: { readonly queue: QueueAnswer }) {
  if (filledBy.length === 0) return <span class="soft">nothing in the configuration</span>;
  return (
    <>
      {filledBy.map((filler, index) => (
        <span key={`${filler.kind} ${filler.name}`}>
          {index > 0 && ", "}
          {FILLER_WORDS[filler.kind]} <FillerName filler={filler} />
        </span>
      ))}
      {filledByMore > 0 && `, and ${countText(filledByMore)} more`}
    </>
  );
}

function FillerName({ filler: { kind, name } }: { readonly filler: Filler }) {
  if (kind !== "rule") return <>{name}</>;
  return <a href={pathTo(`rules/graph?focus=${encodeURIComponent(`rule/${name}`)}`)}>{name}</a>;
}
