import { useRoute } from "preact-iso";
import { Page } from "../../parts/page.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";
import { pathTo } from "../../shell/paths.ts";
import { EventActions } from "./event-actions.tsx";
import { WayView } from "./way-view.tsx";
import { useWay } from "./use-way.ts";

/** One event's way: where it went, what came of it, and why it did not go elsewhere. */
export function EventPage() {
  const id = useRoute().params["id"] ?? "";
  const { answer: way, problem, reload } = useWay(id);
  const type = way?.event?.type;
  return (
    <Page
      title={type ?? "Event"}
      tab={type ?? `Event ${id}`}
      lead={<span class="mono">{id}</span>}
      actions={way && <EventActions way={way} onRefresh={reload} />}
    >
      {problem !== undefined && problem.status !== 404 && <Failure problem={problem} onRetry={reload} />}
      {problem?.status === 404 && <Unknown id={id} />}
      {way === undefined && problem === undefined && <Loading what="the event's way" />}
      {way && <WayView way={way} />}
    </Page>
  );
}

function Unknown({ id }: { id: string }) {
  return (
    <Empty title="Nothing is known of this event">
      <p>
        It was just put and is not in the index yet, it was sampled away, it is no longer kept, or the id is another
        one. What failed for good may still be among the <a href={pathTo("dead-letters")}>dead letters</a>; search their
        headers for <code>{id}</code>.
      </p>
    </Empty>
  );
}
