import type { EventFacts, EventWay } from "../../../../src/admin-api/history/history.ts";
import { useMe } from "../../api/me.ts";
import type { EventTrace } from "../../logic/event/trace-link.ts";
import { traceOfWay } from "../../logic/event/trace-link.ts";
import { bodyOf, lanesOf } from "../../logic/event/lanes.ts";
import { bytesText } from "../../logic/text/numbers.ts";
import { patternLike } from "../../logic/event/sandbox.ts";
import { sentenceOf } from "../../logic/text/sentence.ts";
import { StateChip } from "../../parts/chip.tsx";
import { Fact } from "../../parts/fact.tsx";
import { DeliveryLink } from "../../parts/event/ids.tsx";
import { nowMs } from "../../parts/now.ts";
import { OpenInSandbox } from "../../parts/event/open-in-sandbox.tsx";
import { Payload } from "../../parts/event/payload.tsx";
import { Moment } from "../../parts/time.tsx";
import { Lanes } from "./lanes-view.tsx";
import { DeliveryDetails } from "./delivery-details.tsx";
import { NotDelivered } from "./not-delivered.tsx";

/** All that is known of an event. `deliveryId` is the delivery that was asked for. */
export function WayView({ way, deliveryId }: { way: EventWay; deliveryId?: string }) {
  const body = bodyOf(way);
  const lanes = lanesOf(way);
  const me = useMe();
  return (
    <>
      <div class="sentence">
        {way.outcome && <StateChip state={way.outcome} />}
        <p>{sentenceOf(way, nowMs.value)}</p>
      </div>
      {way.event && <Facts event={way.event} trace={traceOfWay(way, me?.traceUrl)} />}
      {way.parent && (
        <p>
          It is the {way.parent.condition} record of delivery <DeliveryLink id={way.parent.deliveryId} />.
        </p>
      )}
      {lanes.length > 0 && (
        <section aria-labelledby="lanes">
          <h2 id="lanes">Its way</h2>
          <Lanes way={way} lanes={lanes} />
          <div class="deliveries">
            {lanes.map(({ delivery, depth }) => (
              <DeliveryDetails
                key={delivery.id}
                delivery={delivery}
                depth={depth}
                isOpen={delivery.id === deliveryId || (deliveryId === undefined && delivery.state !== "delivered")}
              />
            ))}
          </div>
        </section>
      )}
      <section aria-labelledby="elsewhere">
        <h2 id="elsewhere">Not delivered to</h2>
        <NotDelivered key={way.id} body={body} way={way} />
      </section>
      {body !== undefined && (
        <section aria-labelledby="body">
          <h2 id="body">Event</h2>
          <Payload text={body} label="The event's JSON, after redaction" />
          <OpenInSandbox
            draft={() => ({ event: body, pattern: patternLike(body), bus: way.event?.bus ?? "default" })}
          />
        </section>
      )}
    </>
  );
}

function Facts({ event, trace }: { event: EventFacts; trace: EventTrace | undefined }) {
  return (
    <dl class="facts">
      <Fact name="Source">{event.source}</Fact>
      <Fact name="Bus">{event.bus}</Fact>
      <Fact name="Accepted">
        <Moment atMs={event.atMs} />
      </Fact>
      <Fact name="Size">{bytesText(event.bytes)}</Fact>
      <Fact name={event.ruleCount === 1 ? "Matched rule" : "Matched rules"}>{rulesText(event)}</Fact>
      {event.principal !== undefined && <Fact name="Put by">{event.principal}</Fact>}
      <Fact name="Router">{event.router}</Fact>
      {trace !== undefined && (
        <Fact name="Trace">
          {trace.url === undefined ? (
            trace.traceId
          ) : (
            <a href={trace.url} target="_blank" rel="noreferrer">
              {trace.traceId}
            </a>
          )}
        </Fact>
      )}
    </dl>
  );
}

function rulesText({ rules, ruleCount, bus }: EventFacts): string {
  if (ruleCount === 0) return "none";
  const names = rules.map((each) => (each.bus === bus ? each.rule : `${each.bus}/${each.rule}`)).join(", ");
  return ruleCount > rules.length ? `${names} and ${ruleCount - rules.length} more` : names;
}
