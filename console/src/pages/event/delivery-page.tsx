import { useRoute } from "preact-iso";
import type { DeliveryAnswer, EventWay } from "../../../../src/admin-api/history/history.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { EventLink } from "../../parts/event/ids.tsx";
import { Page } from "../../parts/page.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";
import { EventActions } from "./event-actions.tsx";
import { WayView } from "./way-view.tsx";

const POLL_MS = 2_000;

/** A delivery, with the way of its event where it is known. */
export function DeliveryPage() {
  const id = useRoute().params["id"] ?? "";
  const { answer, problem, reload } = useAnswer(`deliveries/${encodeURIComponent(id)}`, {
    pollMs: POLL_MS,
  });
  const way = answer === undefined ? undefined : wayOf(answer);
  const destination = answer?.delivery.destination;
  return (
    <Page
      title={destination === undefined ? "Delivery" : `Delivery to ${destination}`}
      lead={<Lead id={id} eventId={answer?.delivery.eventId} />}
      actions={way && <EventActions way={way} onRefresh={reload} />}
    >
      {problem !== undefined && problem.status !== 404 && <Failure problem={problem} onRetry={reload} />}
      {problem?.status === 404 && (
        <Empty title="Nothing is known of this delivery">
          <p>It is no longer kept, it was sampled away, or the id is another one.</p>
        </Empty>
      )}
      {way === undefined && problem === undefined && <Loading what="the delivery" />}
      {way && <WayView way={way} deliveryId={id} />}
    </Page>
  );
}

function Lead({ id, eventId }: { id: string; eventId: string | undefined }) {
  return (
    <>
      <span class="mono">{id}</span>
      {eventId !== undefined && (
        <>
          , of event <EventLink id={eventId} />
        </>
      )}
    </>
  );
}

/** A delivery whose event is not known is a way of its own. */
function wayOf({ delivery, event }: DeliveryAnswer): EventWay {
  return event ?? { id: delivery.eventId ?? delivery.id, deliveries: [delivery] };
}
